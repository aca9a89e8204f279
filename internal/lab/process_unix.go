//go:build unix

package lab

import (
	"os/exec"
	"syscall"
)

// leashScript runs a program and ends it when its own standard input does: a
// process that was killed has no time to stop what it started.
const leashScript = `exec 3<&0
"$@" 3<&- </dev/null &
program=$!
(cat <&3 >/dev/null; kill $program 2>/dev/null) >/dev/null 2>&1 &
watcher=$!
trap 'kill $program 2>/dev/null' TERM
wait $program
status=$?
while kill -0 $program 2>/dev/null; do wait $program; status=$?; done
kill $watcher 2>/dev/null
exit $status`

// onLeash puts a command that has not started on the leash, in a process group of its own.
func onLeash(cmd *exec.Cmd) {
	cmd.Args = append([]string{"sh", "-c", leashScript, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// endGroup signals the group that onLeash made. Its leader must not have been
// waited for, or the number may be somebody else's by now.
func endGroup(pid int, hard bool) {
	signal := syscall.SIGTERM
	if hard {
		signal = syscall.SIGKILL
	}
	syscall.Kill(-pid, signal)
}
