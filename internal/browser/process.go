package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A process is a running browser program and its two pipes.
type process struct {
	cmd    *exec.Cmd
	in     *os.File // commands to it
	out    *os.File // what it says
	output tail
	ended  chan struct{} // closed when the program has been reaped
}

// launch starts path with args. The program reads commands on descriptor 3 and
// answers on 4.
func launch(path string, args []string, log *slog.Logger) (*process, error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the browser: %w", errors.Join(err, theirIn.Close(), in.Close()))
	}
	p := &process{in: in, out: out, ended: make(chan struct{}), output: tail{log: log}}
	p.cmd = exec.Command(path, args...)
	p.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	p.cmd.Env = environment(os.Environ())
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.WaitDelay = time.Second // helpers may hold the output open
	p.cmd.SysProcAttr = attributes()
	started := make(chan error, 1)
	go p.run(started)
	err = <-started
	_ = theirIn.Close()
	_ = theirOut.Close()
	if err != nil {
		p.closePipes()
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	return p, nil
}

// run stays on the thread that started the program: on Linux the kernel ends the
// program with that thread, which is how no browser outlives us.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = p.cmd.Wait() // how a browser ends says nothing we act on
	close(p.ended)
}

// stop waits for the program to end by itself, then ends it and its helpers.
func (p *process) stop(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case <-p.ended:
	case <-ctx.Done():
	}
	endGroup(p.cmd.Process)
	<-p.ended
	p.closePipes()
}

func (p *process) closePipes() {
	_ = p.in.Close()
	_ = p.out.Close()
}

// environment is what the browser gets of ours: what it needs to run, and not the
// passwords that a scan takes from its environment.
func environment(ours []string) []string {
	keep := []string{"PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY",
		"XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "LD_LIBRARY_PATH", "CHROME_DEVEL_SANDBOX"}
	env := []string{}
	for _, v := range ours {
		name, _, _ := strings.Cut(v, "=")
		if slices.Contains(keep, name) || strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "XDG_") ||
			strings.HasPrefix(name, "FONTCONFIG_") {
			env = append(env, v)
		}
	}
	return env
}

// A tail keeps the last of what the browser prints, for the error of a failed start.
type tail struct {
	log  *slog.Logger
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - most; extra > 0 {
		t.text = slices.Delete(t.text, 0, extra)
	}
	if t.log != nil {
		t.log.Debug("browser output", "text", strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
