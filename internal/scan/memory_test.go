package scan_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// watchMemory looks at this process and all that descend from it again and again,
// until peak is called, which gives the most bytes that they held at one time. Pages
// that processes share are counted once, where the system tells.
func watchMemory(every time.Duration) (peak func() int64) {
	done, result := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		for {
			most = max(most, treeMemory(os.Getpid()))
			select {
			case <-done:
				result <- most
				return
			case <-time.After(every):
			}
		}
	}()
	return func() int64 {
		close(done)
		return <-result
	}
}

// treeMemory is what a process and all that descend from it hold now.
func treeMemory(root int) int64 {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		_, rest, _ := bytes.Cut(text, []byte(") "))
		var state string
		var parent int
		if _, err := fmt.Sscan(string(rest), &state, &parent); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	total, queue := int64(0), []int{root}
	for ; len(queue) > 0; queue = queue[1:] {
		total += held(queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return total
}

// held is the proportional share of a process in bytes, or all that is resident
// where the share cannot be read.
func held(pid int) int64 {
	for _, source := range []struct{ file, line string }{{"smaps_rollup", "Pss:"}, {"status", "VmRSS:"}} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, source.file))
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			if rest, ok := strings.CutPrefix(lines.Text(), source.line); ok {
				kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
				return kilobytes << 10
			}
		}
	}
	return 0
}
