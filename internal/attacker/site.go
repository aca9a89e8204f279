package attacker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Document is one page of the attacker's.
type Document struct {
	HTML string
	// Header is added to the response, and replaces what the site would send.
	Header http.Header
}

// A Site is the attacker's web server. It is safe for concurrent use.
type Site struct {
	listener *listener
	server   *http.Server

	mu      sync.Mutex
	pages   map[string]*page // by token
	changed chan struct{}    // closed and replaced at every hit
}

type page struct {
	origin string // the only one under which it is served
	doc    Document
	hits   int
	hauls  []Haul
}

// Listen opens the site on a free loopback port.
func Listen() (*Site, error) {
	l, err := listen()
	if err != nil {
		return nil, fmt.Errorf("open the attacker's site: %w", err)
	}
	s := &Site{listener: l, pages: map[string]*page{}, changed: make(chan struct{})}
	s.server = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // browsers close connections as they like
	}
	go func() { _ = s.server.Serve(l) }() // ends with Close
	return s, nil
}

// Close closes the site and every connection to it.
func (s *Site) Close() error {
	err := s.server.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return errors.Join(err, s.listener.Close())
}

// Addr is the host:port that every attacker's host must be mapped to.
func (s *Site) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port())) }

// Port is the port in the addresses of all pages.
func (s *Site) Port() int { return s.listener.port }

// Publish serves d at an address of scheme and host (without port) that nobody
// can guess, until the site closes, and returns the address.
func (s *Site) Publish(scheme, host string, d Document) string {
	return s.PublishAt(scheme+"://"+host, d)
}

// PublishAt is Publish for "scheme://host", as Origins gives it.
func (s *Site) PublishAt(where string, d Document) string {
	return s.PublishOn(where+":"+strconv.Itoa(s.Port()), d)
}

// PublishOn is Publish for a whole origin as a browser writes it, whose port then
// has to lead here too.
func (s *Site) PublishOn(origin string, d Document) string {
	secret := make([]byte, 16)
	_, _ = rand.Read(secret) // never fails
	token := hex.EncodeToString(secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[token] = &page{origin: origin, doc: d}
	return origin + "/" + token + "/"
}

// Hits is how often the page at url has reported back.
func (s *Site) Hits(url string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pages[token(url)]; p != nil {
		return p.hits
	}
	return 0
}

// WaitHit returns when the page at url has reported back.
func (s *Site) WaitHit(ctx context.Context, url string) error { return s.WaitHits(ctx, url, 1) }

// WaitHits returns when the page at url has reported back n times.
func (s *Site) WaitHits(ctx context.Context, url string, n int) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if s.Hits(url) >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the attacker's page has reported %d of %d times: %w", s.Hits(url), n, ctx.Err())
		}
	}
}

func token(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.Trim(u.Path, "/")
}

// serve answers for a page at its own origin only: the same path elsewhere is
// another site to a browser, and would prove something else.
func (s *Site) serve(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	s.mu.Lock()
	p := s.pages[name]
	if p != nil && !strings.EqualFold(p.origin, scheme+"://"+r.Host) {
		p = nil
	}
	if p != nil && rest == beacon {
		p.hits++
		s.wake()
	}
	s.mu.Unlock()
	switch {
	case p != nil && rest == "":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		maps.Copy(w.Header(), p.doc.Header)
		_, _ = io.WriteString(w, p.doc.HTML)
	case p != nil && rest == loot && r.Method == http.MethodPost:
		s.take(p, r)
		w.WriteHeader(http.StatusNoContent)
	case p != nil && rest == beacon:
		w.WriteHeader(http.StatusNoContent)
	default:
		http.NotFound(w, r)
	}
}

// beacon is the address, relative to a page, at which it reports back, and loot the
// one to which it hands what it got.
const (
	beacon = "sent"
	loot   = "loot"
)

// largestHaul bounds what a page may hand in.
const largestHaul = 4 << 20

func (s *Site) take(p *page, r *http.Request) {
	var h Haul
	if json.NewDecoder(io.LimitReader(r.Body, largestHaul)).Decode(&h) != nil {
		return // cut off, or not from our page
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.hauls = append(p.hauls, h)
	s.wake()
}

// wake tells those who wait that something was reported. The site must be locked.
func (s *Site) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// WaitHaul returns what the Spy at url first handed in.
func (s *Site) WaitHaul(ctx context.Context, url string) (Haul, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		if p := s.pages[token(url)]; p != nil && len(p.hauls) > 0 {
			defer s.mu.Unlock()
			return p.hauls[0], nil
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return Haul{}, fmt.Errorf("the attacker's page has handed in nothing: %w", ctx.Err())
		}
	}
}
