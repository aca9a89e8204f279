package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/websocket"
)

// A page's sockets are seen with their handshake, its cookies and both sides' words.
func TestSocketsAreHeard(t *testing.T) {
	port := site(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/socket":
			c, err := websocket.Serve(w, r)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for {
				m, err := c.Read(r.Context())
				if err != nil || c.Write("you said "+m) != nil {
					return
				}
			}
		case "/refused":
			w.WriteHeader(http.StatusForbidden)
		default:
			fmt.Fprint(w, `<script>
				const s = new WebSocket('ws://' + location.host + '/socket'), no = new WebSocket('ws://' + location.host + '/refused');
				let n = 0;
				const end = new Promise(done => { no.onclose = () => ++n == 2 && done(); s.onclose = () => ++n == 2 && done() });
				s.onopen = () => { s.send('grüezi'); s.send(new Uint8Array([1, 2])) };
				s.onmessage = e => { if (e.data.startsWith('you said g')) s.close() }</script>`)
		}
	})
	b := start(t, Options{})
	c := openContext(t, b, Cookie{Line: "sid=1", URL: "http://localhost:" + port})
	p := open(t, c, "http://localhost:"+port+"/")
	if err := p.Eval(t.Context(), "end", nil); err != nil {
		t.Fatal(err)
	}
	var s []Socket
	if err := p.wait(t.Context(), func() bool {
		for _, k := range p.traffic.sockets {
			if !k.Closed {
				return false
			}
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if s = p.Sockets(); len(s) != 2 {
		t.Fatalf("sockets %+v", s)
	}
	if s[0].Status != 101 || s[0].Header("Cookie") != "sid=1" || s[0].Header("origin") != "http://localhost:"+port ||
		strings.Join(s[0].Sent, "|") != "grüezi" || len(s[0].Received) == 0 || s[0].Received[0] != "you said grüezi" {
		t.Errorf("the open one: %+v", s[0])
	}
	if s[1].Status != 403 || len(s[1].Sent) != 0 {
		t.Errorf("the refused one: %+v", s[1])
	}
}
