package scope_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

// open opens a grant for targets.
func open(t *testing.T, c scope.Claim) *scope.Grant {
	t.Helper()
	g, err := scope.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// fetch asks for one URL as the scanner does, and gives what became of it: "" if it
// was answered.
func fetch(t *testing.T, g *scope.Grant, rawURL string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, rawURL, nil)
	if err != nil {
		return err
	}
	response, err := g.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// Must show 6, U10: nothing out of scope is contacted, whatever its address looks
// like, neither by name nor after a redirect; and each refusal says why.
func TestTheClientContactsNothingOutOfScope(t *testing.T) {
	to := ""
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Location"] = []string{strings.Map(func(r rune) rune {
			if r < ' ' {
				return -1 // a header cannot carry it
			}
			return r
		}, to)}
		w.WriteHeader(http.StatusFound)
	}))
	defer target.Close()
	port := portOf(t, target.URL)
	f := forbid(t, port, 0)
	g := open(t, scope.Claim{Targets: []string{target.URL}})
	vectors := corpus(t, "url")
	redirects := 0
	for _, v := range vectors {
		raw := v.at(port, f.port)
		if err := fetch(t, g, raw); err == nil {
			t.Errorf("%s: %q was fetched", v.Name, raw)
		} else if !errors.Is(err, scope.ErrOutOfScope) && !isParse(err) {
			t.Errorf("%s: %q: the refusal %q does not say that it is out of scope", v.Name, raw, err)
		}
		if err := g.Allows(raw); err == nil {
			t.Errorf("%s: %q is allowed", v.Name, raw)
		}
		to = raw
		response, err := g.Do(mustRequest(t, target.URL+"/redirect"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		next, err := response.Location()
		if err != nil {
			continue // nothing that could be followed
		}
		if strings.HasPrefix(next.String(), target.URL+"/") {
			continue // relative, as it stands: it leads back to the target
		}
		redirects++
		if err := fetch(t, g, next.String()); err == nil {
			t.Errorf("%s: a redirect to %q was followed to %s", v.Name, raw, next)
		}
	}
	t.Logf("%d addresses and %d redirects refused", len(vectors), redirects)
	if len(vectors) < 80 {
		t.Errorf("the corpus has %d addresses, want at least 80", len(vectors))
	}
	f.expectNobody(t)
}

// isParse says whether a URL was refused because it is none.
func isParse(err error) bool {
	return errors.As(err, new(*url.Error))
}

func mustRequest(t *testing.T, rawURL string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, rawURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// The browser's proxy, asked by hand for every address in both forms.
func TestTheProxyContactsNothingOutOfScope(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "target") }))
	defer target.Close()
	port := portOf(t, target.URL)
	f := forbid(t, port, 0)
	p, err := open(t, scope.Claim{Targets: []string{target.URL}}).Proxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	asked := 0
	for _, v := range corpus(t, "url") {
		raw := v.at(port, f.port)
		if strings.ContainsAny(raw, " \t\n") {
			continue // no line of a request can carry it
		}
		heads := []string{"GET " + raw + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
			"GET " + raw + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(target.URL, "http://") + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"}
		if _, place, ok := strings.Cut(raw, "://"); ok && !strings.HasPrefix(raw, "https://127.0.0.1:") && !strings.HasPrefix(place, "user:secret@") {
			place, _, _ = strings.Cut(place, "/")
			heads = append(heads, "CONNECT "+place+" HTTP/1.1\r\nHost: "+place+"\r\n\r\n")
		}
		for _, head := range heads {
			asked++
			if status, text := ask(t, p.Addr(), head); status != http.StatusForbidden && status != http.StatusBadRequest || text == "" {
				t.Errorf("%s: %q was answered %d %q", v.Name, head, status, text)
			}
		}
	}
	t.Logf("%d requests refused, at %d places", asked, len(p.RefusedHosts()))
	f.expectNobody(t)
}

// ask sends head to the proxy and gives the answer.
func ask(t *testing.T, proxy, head string) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", proxy)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, head)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return response.StatusCode, "" // a tunnel has no end
	}
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, strings.TrimSpace(string(body))
}

// Names that were declared as targets and lead, at once or later, to where nobody
// wanted to go.
func TestNamesThatLeadElsewhereAreNotFollowed(t *testing.T) {
	allowed, err := net.Listen("tcp", "127.0.0.5:0")
	if err != nil {
		t.Fatal(err)
	}
	target := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // each request looks the name up anew
	}))
	target.Listener.Close()
	target.Listener = allowed
	target.Start()
	defer target.Close()
	port := portOf(t, target.URL)
	f := forbid(t, port, 0)
	vectors := corpus(t, "dns")
	for way, request := range map[string]func(*testing.T, *scope.Grant, *scope.Proxy, string) string{
		"client": func(t *testing.T, g *scope.Grant, _ *scope.Proxy, host string) string {
			if err := fetch(t, g, "http://"+host+"/"); err != nil {
				return err.Error()
			}
			return ""
		},
		"proxy": func(t *testing.T, _ *scope.Grant, p *scope.Proxy, host string) string {
			return refusal(ask(t, p.Addr(), "GET http://"+host+"/ HTTP/1.1\r\nHost: "+host+"\r\n\r\n"))
		},
		"tunnel": func(t *testing.T, _ *scope.Grant, p *scope.Proxy, host string) string {
			return refusal(ask(t, p.Addr(), "CONNECT "+host+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n"))
		},
	} {
		t.Run(way, func(t *testing.T) {
			resolver := newNames(vectors).resolver(t)
			for _, v := range vectors {
				host := fmt.Sprintf("%s:%d", v.Host, port)
				g := open(t, scope.Claim{Targets: []string{"http://" + host + "/"}, Rate: 20, Resolver: resolver,
					Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.5/32")}})
				p, err := g.Proxy(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range []string{v.First, v.Second} {
					why := request(t, g, p, host)
					if reached := why == ""; reached != (want == "reached") {
						t.Errorf("%s: request %d: got %q, want it %q", v.Name, i+1, why, want)
					} else if !reached && !strings.Contains(why, "address refused") {
						t.Errorf("%s: request %d: the refusal %q does not name the address", v.Name, i+1, why)
					}
				}
				p.Close()
			}
		})
	}
	t.Logf("%d names, two requests each, in three ways", len(vectors))
	f.expectNobody(t)
}

func refusal(status int, text string) string {
	if status == http.StatusOK {
		return ""
	}
	return text
}
