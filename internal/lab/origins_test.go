package lab

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"
)

// open makes a handshake from a page of that origin, nil if it is refused.
func (v *visitor) open(path, origin string) *websocket.Conn {
	v.t.Helper()
	config, err := websocket.NewConfig("ws"+strings.TrimPrefix(v.base, "http")+path, origin)
	if err != nil {
		v.t.Fatal(err)
	}
	for name, value := range v.cookies {
		config.Header.Add("Cookie", name+"="+value)
	}
	c, err := websocket.DialConfig(config)
	if err != nil {
		return nil
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	v.t.Cleanup(func() { c.Close() })
	return c
}

// strangers are origins of other people's pages, as seen from the shop.
func strangers(base string) []string {
	name, port, _ := strings.Cut(strings.TrimPrefix(base, "http://"), ":")
	return []string{"https://elsewhere.example", "http://" + name + ".elsewhere.example:" + port, "https://evil" + houseDomain, "http://" + name + ":1"}
}

func TestWhichPagesMayListen(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		for _, path := range []string{"/live/orders", "/live/status", "/live/basket", "/live/support"} {
			listens := func(origin string) bool {
				c, text := alice.open(path, origin), ""
				return c != nil && websocket.Message.Receive(c, &text) == nil && strings.Contains(text, "alice@")
			}
			if !listens(shop.URL) {
				t.Errorf("%s tells the shop's own page nothing", path)
			}
			happened := false
			for _, stranger := range strangers(shop.URL) {
				happened = happened || listens(stranger)
			}
			held(t, shop, "GET "+path, "cswsh", happened)
			if visit(t, shop).open(path, shop.URL) != nil {
				t.Errorf("%s opens without a session", path)
			}
		}
		c, text := visit(t, shop).open("/live/weather", "https://elsewhere.example"), ""
		if c == nil || websocket.Message.Receive(c, &text) != nil || strings.Contains(text, "alice") {
			t.Errorf("the weather is %q", text)
		}
		held(t, shop, "GET /live/weather", "cswsh", false)
	})
}

func TestWhichPagesMaySpeak(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		speak := func(origin string) bool {
			c, saved := alice.open("/live/wrapping", origin), struct{ Saved bool }{}
			return c != nil && websocket.JSON.Send(c, map[string]string{"wrapping": "from " + origin}) == nil &&
				websocket.JSON.Receive(c, &saved) == nil && saved.Saved && shop.Embedded.State()["alice.wrapping"] == "from "+origin
		}
		if !speak(shop.URL) {
			t.Error("the shop's own page is not heard")
		}
		held(t, shop, "GET /live/wrapping", "cswsh", speak("https://elsewhere.example"))
	})
}

func TestWhoseParcelsAMessageChanges(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, bob, _ *visitor) {
		note := func(v *visitor, origin, text string) bool {
			c, saved := v.open("/live/parcels", origin), struct{ Saved bool }{}
			return c != nil && websocket.JSON.Send(c, map[string]string{"parcel_number": "2001", "note": text}) == nil &&
				websocket.JSON.Receive(c, &saved) == nil && saved.Saved && shop.Embedded.State()["alice.parcels.2001.note"] == text
		}
		if !note(alice, shop.URL, "by Alice") || !strings.Contains(alice.get("/live").body, "by Alice") {
			t.Error("the owner's note is not kept")
		}
		held(t, shop, "GET /live/parcels", "bola-write", note(bob, shop.URL, "by Bob"))
		held(t, shop, "GET /live/parcels", "cswsh", note(alice, "https://elsewhere.example", "by a stranger"))
	})
}

func TestAnAddressOfASocketIsNoPage(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		if got := alice.send("GET", "/live/orders", "", map[string]string{"Origin": shop.URL}).status; got != http.StatusUpgradeRequired {
			t.Errorf("answers %d", got)
		}
	})
}

func TestWhichPagesMayRead(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		from := append(strangers(shop.URL), "null")
		for _, path := range []string{"/api/summary", "/api/digest", "/api/balance", "/api/plan", "/api/ledger", "/api/totals", "/api/catalogue", "/api/me"} {
			happened := false
			for _, origin := range from {
				answer := alice.send("GET", path, "", map[string]string{"Origin": origin})
				// What a browser asks for before a page may read (Fetch, section 4.9).
				happened = happened || answer.header.Get("Access-Control-Allow-Origin") == origin && answer.header.Get("Access-Control-Allow-Credentials") == "true"
			}
			held(t, shop, "GET "+path, "cors-read", happened)
		}
		partner := alice.send("GET", "/api/ledger", "", map[string]string{"Origin": "https://partner.example"})
		if partner.header.Get("Access-Control-Allow-Origin") != "https://partner.example" || !strings.Contains(partner.body, "alice@") {
			t.Error("the partner may not read the ledger")
		}
	})
}

func TestWhoseMessagesPagesHear(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		for _, path := range []string{"/desk/card", "/desk/ribbon", "/desk/seal"} {
			body := alice.get(path).body
			if !strings.Contains(body, `addEventListener("message"`) {
				t.Errorf("%s does not listen", path)
			}
			held(t, shop, "GET "+path, "postmessage-origin", !strings.Contains(body, "event.origin"))
		}
		alice.script("POST", "/api/ribbon", `{"ribbon":"green"}`)
		if got := shop.Embedded.State()["alice.ribbon"]; got != "green" {
			t.Errorf("the ribbon is %q", got)
		}
	})
}

func TestSocketsOpenUnderTheFramedWriter(t *testing.T) {
	// A writer that cannot be taken over is an error of the server, not a panic.
	w := &framedWriter{ResponseWriter: httptest.NewRecorder()}
	if _, _, err := w.Hijack(); err == nil {
		t.Error("a recorder was taken over")
	}
}
