package lab

import (
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/websocket"
)

// socketLife bounds how long a socket stays open.
const socketLife = 2 * time.Minute

// An originCheck says whether the page a request comes from may use an endpoint.
type originCheck func(r *http.Request) bool

// Checks of where a handshake comes from. The session's cookie travels with all.

func anyOrigin(*http.Request) bool { return true }

func ownOrigin(r *http.Request) bool { return r.Header.Get("Origin") == origin(r) }

// startsLikeOwn takes a prefix for an origin: the shop's name may go on.
func startsLikeOwn(r *http.Request) bool {
	name, _, _ := net.SplitHostPort(r.Host)
	return strings.HasPrefix(hostOf(r.Header.Get("Origin")), name)
}

// endsLikeHouse takes a suffix for an origin: something may stand before it
// without a dot. The shop's own pages pass too.
func endsLikeHouse(r *http.Request) bool {
	return ownOrigin(r) || strings.HasSuffix(hostOf(r.Header.Get("Origin")), houseDomain)
}

// houseDomain is where the shop's other sites are.
const houseDomain = "stationer.example"

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// live is what the shop tells over sockets.
func (a *App) live(mux *http.ServeMux) {
	a.looking(mux, "GET /live", "main", a.livePage)
	a.socket(mux, "GET /live/orders", a.tellOrders)
	a.socket(mux, "GET /live/wrapping", a.takeWrapping)
	a.socket(mux, "GET /live/parcels", a.takeParcelNotes)
	a.socket(mux, "GET /live/status", a.tellOrders)
	a.socket(mux, "GET /live/basket", a.tellOrders)
	a.socket(mux, "GET /live/support", a.tellOrders)
	// Public: the same for everybody, with or without a session.
	mux.HandleFunc("GET /live/weather", func(w http.ResponseWriter, r *http.Request) {
		converse(w, r, func(c *websocket.Conn) {
			if websocket.JSON.Send(c, map[string]string{"ink_dries": "slowly", "humidity": "60 %"}) == nil {
				drain(c)
			}
		})
	})
}

// socket serves the session of whoever opens it from an origin that the variant
// lets through.
func (a *App) socket(mux *http.ServeMux, endpoint string, talk func(c *websocket.Conn, s *session)) {
	allowed := a.variant.socketOrigin(endpoint)
	a.looking(mux, endpoint, "main", func(w http.ResponseWriter, r *http.Request, s *session) {
		if !allowed(r) {
			http.Error(w, "This page may not listen.", http.StatusForbidden)
			return
		}
		converse(w, r, func(c *websocket.Conn) { talk(c, s) })
	})
}

// converse answers the handshake whatever Origin says: that was looked at before.
func converse(w http.ResponseWriter, r *http.Request, talk func(*websocket.Conn)) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "This is a socket.", http.StatusUpgradeRequired)
		return
	}
	websocket.Server{Handler: func(c *websocket.Conn) {
		c.MaxPayloadBytes = maxBody
		c.SetDeadline(time.Now().Add(socketLife))
		talk(c)
	}}.ServeHTTP(w, r)
}

// drain reads until the other side leaves.
func drain(c *websocket.Conn) {
	for text := ""; websocket.Message.Receive(c, &text) == nil; {
	}
}

// tellOrders begins with what is the customer's own.
func (a *App) tellOrders(c *websocket.Conn, s *session) {
	private := map[string]any{"customer": s.user, "email": a.shop.settings(s.user)["email"], "orders": a.shop.orders(s.user)}
	if websocket.JSON.Send(c, private) == nil {
		drain(c)
	}
}

// takeWrapping tells nothing and takes orders: {"wrapping": "tissue"}.
func (a *App) takeWrapping(c *websocket.Conn, s *session) {
	for {
		var sent struct {
			Wrapping string `json:"wrapping"`
		}
		if err := websocket.JSON.Receive(c, &sent); err != nil {
			return
		}
		if sent.Wrapping != "" {
			a.shop.set(s.user, "wrapping", sent.Wrapping)
		}
		if websocket.JSON.Send(c, map[string]bool{"saved": sent.Wrapping != ""}) != nil {
			return
		}
	}
}

// takeParcelNotes takes a note for a parcel: {"parcel_number": "2001", "note": "Ring twice"}.
func (a *App) takeParcelNotes(c *websocket.Conn, s *session) {
	for {
		var sent struct {
			Number string `json:"parcel_number"`
			Note   string `json:"note"`
		}
		if err := websocket.JSON.Receive(c, &sent); err != nil {
			return
		}
		o, found := a.shop.look("parcels", sent.Number)
		found = found && (o.owner == s.user || a.variant.flaws.parcelNotesOfAll)
		if found {
			a.shop.change("parcels", o.number, map[string]string{"note": sent.Note})
		}
		if websocket.JSON.Send(c, map[string]bool{"saved": found}) != nil {
			return
		}
	}
}

const liveScript = `
const base = location.origin.replace(/^http/, "ws");
const shown = document.querySelectorAll("dd");
const orders = new WebSocket(base + "/live/orders");
orders.onmessage = event => { shown[0].textContent = JSON.parse(event.data).orders.join(", "); };
const weather = new WebSocket(base + "/live/weather");
weather.onmessage = event => { shown[1].textContent = JSON.parse(event.data).humidity; };
const wrapping = new WebSocket(base + "/live/wrapping");
const [form, note] = document.querySelectorAll("form");
wrapping.onmessage = event => { form.querySelector("output").textContent = JSON.parse(event.data).saved ? "Saved." : "Not saved."; };
form.addEventListener("submit", event => {
  event.preventDefault();
  wrapping.send(JSON.stringify({ wrapping: form.elements.wrapping.value }));
});
const parcels = new WebSocket(base + "/live/parcels");
parcels.onmessage = event => { note.querySelector("output").textContent = JSON.parse(event.data).saved ? "Saved." : "Not saved."; };
note.addEventListener("submit", event => {
  event.preventDefault();
  parcels.send(JSON.stringify({ parcel_number: "PARCEL", note: note.elements.note.value }));
});
for (const path of ["/live/status", "/live/basket", "/live/support"]) {
  new WebSocket(base + path).onopen = event => event.target.close();
}`

func (a *App) livePage(w http.ResponseWriter, _ *http.Request, s *session) {
	now := a.shop.settings(s.user)["wrapping"]
	var parcel object
	if own := a.shop.belonging("parcels", s.user); len(own) > 0 {
		parcel = own[0]
	}
	a.show(w, http.StatusOK, s, page{
		Title: "Live", Facts: []fact{{"Orders", ""}, {"Humidity", ""}, {"Wrapping", now}},
		Forms: []form{
			{Endpoint: "GET /live/wrapping", Title: "Wrap my orders in", Button: "Tell the shop", ByScript: true,
				Fields: []field{{"wrapping", "Wrapping", now, "text"}}},
			{Endpoint: "GET /live/parcels", Title: "My parcel", Button: "Leave a note", ByScript: true,
				Fields: []field{{"note", "Note", parcel.fields["note"], "text"}}},
		},
		Script: template.JS(strings.Replace(liveScript, "PARCEL", parcel.number, 1)),
	})
}
