package attacker_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/websocket"
)

// newOpenVictim is a site that trusts every origin.
func newOpenVictim(t *testing.T) *victim {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if r.Header.Get("Cookie") == session {
			who = "Alice Archer"
		}
		switch r.URL.Path {
		case "/me":
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			fmt.Fprintf(w, `{"name": %q}`, who)
		case "/closed":
			fmt.Fprintf(w, `{"name": %q}`, who)
		case "/socket":
			c, err := websocket.Serve(w, r)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			_ = c.Write("Hello, " + who)
			for {
				m, err := c.Read(r.Context())
				if err != nil || c.Write("you said "+m) != nil {
					return
				}
			}
		case "/window":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<script>addEventListener('message', e => e.source.postMessage({name: %q, for: e.data.ask}, '*'))</script>`, who)
		}
	}))
	t.Cleanup(s.Close)
	return &victim{url: strings.Replace(s.URL, "127.0.0.1", "bank.test", 1)}
}

func TestSpiesHandInWhatTheyGot(t *testing.T) {
	v, s, b := newOpenVictim(t), newAttacker(t), newBrowser(t, finding.ThirdPartyAllowed)
	socket := strings.Replace(v.url, "https", "wss", 1) + "/socket"
	for _, c := range []struct {
		name string
		spy  attacker.Spy
		got  []string
	}{
		{"an answer", attacker.Spy{Read: v.url + "/me"}, []string{`{"name": "Alice Archer"}`}},
		{"an answer, sandboxed", attacker.Spy{Read: v.url + "/me", Sandboxed: true}, []string{`{"name": "Alice Archer"}`}},
		{"an answer that is kept from it", attacker.Spy{Read: v.url + "/closed"}, nil},
		{"a socket", attacker.Spy{Socket: socket, Say: []string{"one"}, Expect: 2}, []string{"Hello, Alice Archer", "you said one"}},
		{"no socket", attacker.Spy{Socket: socket + "/not"}, nil},
		{"a framed window", attacker.Spy{Window: v.url + "/window", Framed: true, Say: []string{`{"ask":1}`}}, []string{`{"name":"Alice Archer","for":1}`}},
		{"a window", attacker.Spy{Window: v.url + "/window", Say: []string{`{"ask":2}`}}, []string{`{"name":"Alice Archer","for":2}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := s.Publish("https", "attacker.example", c.spy.Document())
			p, err := login(t, b, v).Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if c.spy.Window != "" && !c.spy.Framed {
				if ok, err := p.ClickOn(t.Context(), attacker.Button); !ok || err != nil {
					t.Fatal(ok, err)
				}
			}
			h, err := s.WaitHaul(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if h.Opened != (c.got != nil) || !slices.Equal(slices.Compact(h.Got), c.got) {
				t.Errorf("handed in %+v, want %q", h, c.got)
			}
			if err := p.Eval(t.Context(), `hide(["Alice Archer"])`, nil); err != nil {
				t.Error(err)
			}
			picture(t, p, "spy-"+strings.ReplaceAll(c.name, " ", "-"))
		})
	}
}

// A page that is published on a whole origin is served there and nowhere else.
func TestPublishOnAWholeOrigin(t *testing.T) {
	s := newAttacker(t)
	b, err := browser.Start(t.Context(), browser.Options{ThirdParty: finding.ThirdPartyAllowed})
	if err != nil {
		t.Skip("needs a browser: ", err)
	}
	defer b.Close()
	origin := fmt.Sprintf("http://localhost:%d", s.Port())
	url := s.PublishOn(origin, attacker.Document{HTML: "<title>here</title>"})
	c, err := b.Context(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for address, want := range map[string]string{url: "here", strings.Replace(url, "localhost", "127.0.0.1", 1): ""} {
		p, err := c.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		var title string
		if err := p.Eval(t.Context(), "document.title", &title); err != nil || (title == "here") != (want == "here") {
			t.Errorf("%s: %q, %v", address, title, err)
		}
	}
}

// Proofs of spies wait for a press and report to nobody.
func TestProofsOfSpiesWait(t *testing.T) {
	v, b := newOpenVictim(t), newBrowser(t, finding.ThirdPartyAllowed)
	pages := map[string]string{"/plain": attacker.Spy{Read: v.url + "/me"}.Proof(), "/sandboxed": attacker.Spy{Read: v.url + "/me", Sandboxed: true}.Proof()}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, pages[r.URL.Path])
	}))
	defer server.Close()
	for path := range pages {
		p, err := login(t, b, v).Open(t.Context(), strings.Replace(server.URL, "127.0.0.1", "attacker.example", 1)+path)
		if err != nil {
			t.Fatal(err)
		}
		shown := func() (text string) {
			if err := p.Eval(t.Context(), `document.getElementById('loot').textContent`, &text); err != nil {
				t.Fatal(err)
			}
			return text
		}
		if text := shown(); text != "nothing yet" {
			t.Errorf("%s acts without being asked: %q", path, text)
		}
		if ok, err := p.ClickOn(t.Context(), attacker.Button); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := p.Eval(t.Context(), `new Promise(done => { const look = () => at('loot').textContent !== 'nothing yet' ? done() : setTimeout(look, 20); look() })`, nil); err != nil {
			t.Fatal(err)
		}
		if text := shown(); text != `{"name": "Alice Archer"}` {
			t.Errorf("%s read %q", path, text)
		}
	}
}
