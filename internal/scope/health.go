package scope

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrUnreachable is returned while a host is given up: several attempts in a row
// found nobody to talk to.
var ErrUnreachable = errors.New("target stopped answering")

const (
	// deadAfter failures in a row without an answer a host counts as gone. Answers
	// with status 500 are answers: a site full of broken pages is still scanned.
	deadAfter = 5
	// A host that is gone is asked again after this time, in case it restarted.
	deadFor = time.Second
	// The longest wait that a Retry-After can ask for.
	longestPause      = 10 * time.Second
	longestLocalPause = time.Second
)

// health remembers how each host is doing. The zero value is ready to use.
type health struct {
	mu    sync.Mutex
	hosts map[string]*hostHealth
}

type hostHealth struct {
	failures int
	asked    time.Time // of the last failure
	until    time.Time // the server asked to be left alone until then
}

func (h *health) host(name string) *hostHealth {
	name = strings.ToLower(name)
	if h.hosts == nil {
		h.hosts = map[string]*hostHealth{}
	}
	if h.hosts[name] == nil {
		h.hosts[name] = &hostHealth{}
	}
	return h.hosts[name]
}

// check fails fast for a host that is gone.
func (h *health) check(name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.host(name); s.failures >= deadAfter && time.Since(s.asked) < deadFor {
		return ErrUnreachable
	}
	return nil
}

// note learns from how an attempt ended.
func (h *health) note(name string, resp *http.Response, err error, local bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.host(name)
	switch {
	case err == nil:
		s.failures = 0
		if pause := retryAfter(resp, local); pause > 0 {
			s.until = time.Now().Add(pause)
		}
	case isDead(err):
		s.failures++
		s.asked = time.Now()
	}
}

// await waits as long as the host asked for.
func (h *health) await(ctx context.Context, name string) error {
	h.mu.Lock()
	wait := time.Until(h.host(name).until)
	h.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter is the pause a response asks for, bounded; 0 if it asks for none.
func retryAfter(resp *http.Response, local bool) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	asked := resp.Header.Get("Retry-After")
	var pause time.Duration
	if s, err := strconv.Atoi(asked); err == nil {
		// Bounded before it is multiplied: a huge number must not overflow.
		pause = time.Duration(min(max(s, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(asked); err == nil {
		pause = time.Until(at)
	}
	if local {
		return min(pause, longestLocalPause)
	}
	return min(pause, longestPause)
}
