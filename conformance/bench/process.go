package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server is a process under load.
type server struct {
	name string
	addr string
	cmd  *exec.Cmd
	log  *bytes.Buffer
}

// start runs a program and waits until it listens. The file system below dir is its own.
func start(name, addr, dir string, argv ...string) (*server, error) {
	s := &server{name: name, addr: addr, log: &bytes.Buffer{}, cmd: exec.Command(argv[0], argv[1:]...)}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	for range 200 {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			conn.Close()
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("%s does not listen: %s", name, bytes.TrimSpace(s.log.Bytes()))
}

func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	ended := make(chan struct{})
	go func() {
		s.cmd.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(15 * time.Second):
		s.cmd.Process.Kill()
		<-ended
	}
}

// cpu is the time that the process and its children have been on a CPU.
func (s *server) cpu() (time.Duration, error) {
	pids, err := family(s.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil {
			return 0, err
		}
		for _, file := range threads {
			text, err := os.ReadFile(file)
			if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
				continue // a thread that has just ended
			}
			if err != nil {
				return 0, err
			}
			spent, _, _ := strings.Cut(string(text), " ")
			n, err := strconv.ParseInt(spent, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", file, err)
			}
			sum += time.Duration(n)
		}
	}
	if sum == 0 {
		return 0, errors.New("this system does not tell the CPU time of processes under /proc")
	}
	return sum, nil
}

// family is a process and its children.
func family(pid int) ([]int, error) {
	pids := []int{pid}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil, err
	}
	for _, field := range strings.Fields(string(text)) {
		child, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		pids = append(pids, child)
	}
	return pids, nil
}

// freeAddr is an address on loopback that nobody listens at right now.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
