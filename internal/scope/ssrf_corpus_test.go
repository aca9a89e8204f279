package scope_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// A vector is one line of testdata/ssrf.jsonl: one way to make a scanner or its
// browser contact what it must not.
type vector struct {
	How  string // url, dns, browser
	Name string

	// URL is for "url". {T} is the target's port, {F} one that is forbidden.
	URL string

	// Host and Answers are for "dns": the addresses that the name has at each lookup,
	// the last ones for ever. First and Second are "reached" where the first or the
	// second request may be answered: by 127.0.0.5, which was declared.
	Host          string
	Answers       [][]string
	First, Second string

	// HTML is for "browser", a part of the target's page. {U} is an address of the
	// vector's own, {W} the same for a socket, {H} its host and port, {E} is {U}
	// escaped, {N} a number. Tried: Chromium is known to ask for it.
	HTML  string
	Tried bool
}

func corpus(t *testing.T, how string) []vector {
	t.Helper()
	f, err := os.Open("testdata/ssrf.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var found []vector
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if v.How == how {
			found = append(found, v)
		}
	}
	return found
}

// at fills the ports in.
func (v vector) at(target, forbidden int) string {
	return strings.NewReplacer("{T}", strconv.Itoa(target), "{F}", strconv.Itoa(forbidden), "{T+65536}", strconv.Itoa(target+65536)).Replace(v.URL)
}

// A forbidden is everything on this machine that must not be contacted: listeners
// that count who comes.
type forbidden struct {
	port      int // of all of them; some also listen on the target's
	contacted atomic.Int64
	mu        sync.Mutex
	seen      []string
	listeners []net.Listener
}

// ownHost is an address that only one vector is aimed at.
func ownHost(n int) string { return fmt.Sprintf("127.66.%d.%d", n/200, 1+n%200) }

// forbid listens beside the target at 127.0.0.1:port, and on addresses of own for
// that many vectors.
func forbid(t *testing.T, target, own int) *forbidden {
	t.Helper()
	f := &forbidden{}
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.port = first.Addr().(*net.TCPAddr).Port
	f.serve(t, first)
	for _, host := range []string{"127.0.0.2", "::1"} {
		for _, port := range []int{f.port, target} {
			l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
			if err != nil && host == "::1" {
				t.Logf("this machine has no IPv6 loopback to count on: %v", err)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			f.serve(t, l)
		}
	}
	for n := range own {
		l, err := net.Listen("tcp", net.JoinHostPort(ownHost(n), strconv.Itoa(f.port)))
		if err != nil {
			t.Fatal(err)
		}
		f.serve(t, l)
		p, err := net.ListenPacket("udp", net.JoinHostPort(ownHost(n), strconv.Itoa(f.port)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		go f.count(p)
	}
	return f
}

func (f *forbidden) serve(t *testing.T, l net.Listener) {
	f.listeners = append(f.listeners, l)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.note(l.Addr(), conn.RemoteAddr())
			conn.Close()
		}
	}()
}

// count counts packets.
func (f *forbidden) count(p net.PacketConn) {
	for {
		_, from, err := p.ReadFrom(make([]byte, 2048))
		if err != nil {
			return
		}
		f.note(p.LocalAddr(), from)
	}
}

func (f *forbidden) note(at, from net.Addr) {
	f.mu.Lock()
	f.seen = append(f.seen, fmt.Sprintf("%s %s from %s", at.Network(), at, from))
	f.mu.Unlock()
	f.contacted.Add(1)
}

// expectNobody holds that nobody came, and that somebody would have been counted.
func (f *forbidden) expectNobody(t *testing.T) {
	t.Helper()
	if n := f.contacted.Load(); n != 0 {
		f.mu.Lock()
		t.Errorf("%d forbidden connections: %v", n, f.seen)
		f.mu.Unlock()
	}
	before := f.contacted.Load()
	for _, l := range f.listeners {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatalf("the listener at %s counts nobody: %v", l.Addr(), err)
		}
		conn.Read(make([]byte, 1)) // it is closed once it was counted
		conn.Close()
	}
	if n := f.contacted.Load() - before; n < int64(len(f.listeners)) {
		t.Errorf("the listeners counted %d of %d of our own visits", n, len(f.listeners))
	}
}

// names is a DNS server that answers as the vectors say.
type names struct {
	mu      sync.Mutex
	answers map[string][][]string
	asked   map[string]int // lookups of A
}

// resolver starts the server and gives a resolver that asks nobody else.
func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	go func() {
		for buf := make([]byte, 2048); ; {
			size, from, err := p.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := n.answer(buf[:size]); answer != nil {
				p.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", p.LocalAddr().String())
	}}
}

func (n *names) answer(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	reply := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true}, Questions: m.Questions}
	for _, address := range n.next(strings.TrimSuffix(q.Name.String(), "."), q.Type) {
		a := netip.MustParseAddr(address)
		head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, Type: q.Type}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			reply.Answers = append(reply.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			reply.Answers = append(reply.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	packed, err := reply.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// next is what a name leads to at this lookup. A and AAAA are counted apart, since a
// lookup asks for both.
func (n *names) next(name string, kind dnsmessage.Type) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all, key := n.answers[name], name+kind.String()
	if len(all) == 0 {
		return nil
	}
	at := min(n.asked[key], len(all)-1)
	n.asked[key]++
	return all[at]
}

func newNames(vectors []vector) *names {
	n := &names{answers: map[string][][]string{}, asked: map[string]int{}}
	for _, v := range vectors {
		n.answers[strings.TrimSuffix(v.Host, ".")] = v.Answers
	}
	return n
}

func portOf(t *testing.T, rawURL string) int {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
