//go:build !linux

package main

import "time"

var start = time.Now()

// cpuTime is time that passed, for want of a better clock.
func cpuTime() time.Duration { return time.Since(start) }
