package browser

import (
	"os"
	"syscall"
)

// attributes give the browser a process group of its own, so that a Ctrl-C in our
// terminal does not reach it and its helpers can be ended together, and have the
// kernel end it should we be killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func endGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
