package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is the CPU time of this process.
func cpuTime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		panic(err) // Linux has that clock
	}
	return time.Duration(ts.Nano())
}
