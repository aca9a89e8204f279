package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// stopPatience is how long a process may take to end by itself.
const stopPatience = 5 * time.Second

// A process is a program started for an instance, with all its children.
type process struct {
	name  string
	cmd   *exec.Cmd
	leash io.Closer // the program ends when this is closed, or when we are gone
	ended chan struct{}
	err   error // of the end; read after ended is closed
	once  sync.Once
}

// start runs a program until its context ends or stop is called. What it
// writes goes to log, except that the lines of its standard output are sent to
// lines if that is not nil.
func start(ctx context.Context, name string, cmd *exec.Cmd, log io.Writer, lines chan<- string) (*process, error) {
	onLeash(cmd)
	leash, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	cmd.Stderr = log
	var stdout io.ReadCloser
	if lines == nil {
		cmd.Stdout = log
	} else if stdout, err = cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, leash: leash, ended: make(chan struct{})}
	go func() {
		if stdout != nil {
			read := bufio.NewScanner(stdout)
			for read.Scan() {
				lines <- read.Text()
			}
			close(lines)
		}
		p.err = cmd.Wait()
		close(p.ended)
	}()
	context.AfterFunc(ctx, func() { p.stop() })
	return p, nil
}

// stop ends the process and its children, first asking, then not.
func (p *process) stop() error {
	p.once.Do(func() {
		p.leash.Close()
		select {
		case <-p.ended:
			return
		default:
			endGroup(p.cmd.Process.Pid, false)
		}
		select {
		case <-p.ended:
		case <-time.After(stopPatience):
			endGroup(p.cmd.Process.Pid, true)
		}
	})
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopPatience):
		return fmt.Errorf("stop %s: process %d does not end", p.name, p.cmd.Process.Pid)
	}
}

// stopAll stops in the order given and reports every failure.
func stopAll(processes ...*process) error {
	var failures []error
	for _, p := range processes {
		if p != nil {
			failures = append(failures, p.stop())
		}
	}
	return errors.Join(failures...)
}
