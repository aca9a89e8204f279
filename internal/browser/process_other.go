//go:build !linux

package browser

import (
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return nil }

// endGroup ends the main process; its helpers end when their pipe to it closes.
func endGroup(p *os.Process) { _ = p.Kill() }
