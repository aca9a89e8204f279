package scope_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// patience bounds how long Chromium may take to ask for everything on a busy machine.
const patience = 90 * time.Second

// chromium starts the real browser behind the grant's proxy.
func chromium(t *testing.T, g *scope.Grant) (*browser.Context, *scope.Proxy) {
	t.Helper()
	if _, err := browser.Find(os.Getenv("MANTLET_BROWSER")); err != nil {
		if os.Getenv("CI") != "" || os.Getenv("MANTLET_REQUIRE_LAB") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	p, err := g.Proxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	b, err := browser.Start(t.Context(), browser.Options{Path: os.Getenv("MANTLET_BROWSER"), Proxy: p.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	c, err := b.Context(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, p
}

func show(t *testing.T, c *browser.Context, rawURL string) *browser.Page {
	t.Helper()
	page, err := c.Open(t.Context(), rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// refuses waits until the proxy has refused all of places, and gives those that it
// has not.
func refuses(p *scope.Proxy, places []string) []string {
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		refused := p.RefusedHosts()
		missing := slices.DeleteFunc(slices.Clone(places), func(place string) bool { return slices.Contains(refused, place) })
		if len(missing) == 0 || time.Since(start) > patience {
			return missing
		}
	}
}

// hostile is the target's page, and what it takes along to make a browser go
// elsewhere: u is where.
func hostile(page string) http.HandlerFunc {
	kinds := map[string]struct{ media, body string }{
		"/style.css": {"text/css", `@import "{u}?css"; p { background: url("{u}?css-url") }`},
		"/refresh":   {"text/html", `<meta http-equiv="refresh" content="0;url={u}">`},
		"/go":        {"text/html", `<script>location = "{u}"</script>`},
		"/base":      {"text/html", `<base href="{u}"><img src="relative">`},
		"/worker.js": {"text/javascript", `fetch("{u}", {mode: "no-cors"}).catch(() => {})`},
		"/import.js": {"text/javascript", `importScripts("{u}")`},
		"/sw.js":     {"text/javascript", `self.addEventListener("install", e => e.waitUntil(fetch("{u}", {mode: "no-cors"}).catch(() => {})))`},
		"/report":    {"text/html", `<img src="data:image/png,no">`},
		"/xml":       {"text/xml", `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{u}"?><a/>`},
		"/link":      {"text/html", `<p>a page with a Link header`},
	}
	return func(w http.ResponseWriter, r *http.Request) {
		u := r.URL.Query().Get("u")
		if kind, ok := kinds[r.URL.Path]; ok {
			w.Header().Set("Content-Type", kind.media)
			w.Header().Set("Content-Security-Policy-Report-Only", "default-src 'none'; report-uri "+u)
			w.Header().Set("Link", "<"+u+">; rel=preload; as=image")
			io.WriteString(w, strings.ReplaceAll(kind.body, "{u}", u))
			return
		}
		switch r.URL.Path {
		case "/redirect":
			w.Header()["Location"] = []string{u}
			w.WriteHeader(http.StatusFound)
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, page)
		}
	}
}

// Must show 6: whatever a page of the target makes a real browser fetch, nothing
// arrives where the scope does not reach.
func TestThePagesOfTheTargetLeadTheBrowserNowhereElse(t *testing.T) {
	vectors := corpus(t, "browser")
	target := httptest.NewUnstartedServer(nil)
	base := "http://" + target.Listener.Addr().String()
	f := forbid(t, portOf(t, base), len(vectors))
	var page strings.Builder
	var wanted []string
	names := map[string]string{}
	page.WriteString("<!doctype html><title>hostile</title>")
	for n, v := range vectors {
		place := net.JoinHostPort(ownHost(n), strconv.Itoa(f.port))
		u := "http://" + place + "/"
		names[place] = v.Name
		if v.Tried {
			wanted = append(wanted, place)
		}
		page.WriteString(strings.NewReplacer("{U}", u, "{W}", "ws://"+place+"/", "{H}", place, "{E}", url.QueryEscape(u), "{N}", strconv.Itoa(n)).Replace(v.HTML) + "\n")
	}
	target.Config.Handler = hostile(page.String())
	target.Start()
	defer target.Close()
	c, p := chromium(t, open(t, scope.Claim{Targets: []string{base}}))
	shown := show(t, c, base)
	if err := shown.Eval(t.Context(), `[...document.querySelectorAll("audio,video")].forEach(m => m.load())`, nil); err != nil {
		t.Error(err)
	}
	for _, place := range refuses(p, wanted) {
		t.Errorf("%s: Chromium never asked for %s, so it shows nothing", names[place], place)
	}
	asked := 0
	for _, place := range p.RefusedHosts() {
		if names[place] == "" {
			t.Errorf("%s was asked for by no vector", place)
		} else {
			asked++
		}
	}
	t.Logf("%d vectors, %d of them asked the proxy and were refused", len(vectors), asked)
	f.expectNobody(t)
}

// Every address of the corpus as image, frame, fetch, socket and redirect. Where each
// leads is asked of Chromium itself: what it does not refuse, the proxy must.
func TestTheBrowserContactsNoAddressOutOfScope(t *testing.T) {
	vectors := corpus(t, "url")
	target := httptest.NewUnstartedServer(nil)
	base := "http://" + target.Listener.Addr().String()
	port := portOf(t, base)
	f := forbid(t, port, 0)
	var addresses []string
	for _, v := range vectors {
		addresses = append(addresses, v.at(port, f.port))
	}
	list, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	target.Config.Handler = hostile(`<!doctype html><title>addresses</title><body data-all="` + html.EscapeString(string(list)) + `"><script>
		const all = JSON.parse(document.body.dataset.all)
		for (const u of all) {
			const frame = document.createElement("iframe"), image = new Image()
			document.body.append(frame, image)
			frame.src = u
			image.src = u
			image.srcset = "/redirect?u=" + encodeURIComponent(u) + " 1x"
			try { fetch(u, {mode: "no-cors"}).catch(() => {}) } catch {}
			try { new WebSocket(u.replace(/^http/, "ws")) } catch {}
			navigator.sendBeacon("/redirect?u=" + encodeURIComponent(u), "a")
		}
	</script>`)
	target.Start()
	defer target.Close()
	c, p := chromium(t, open(t, scope.Claim{Targets: []string{base}}))
	shown := show(t, c, base)
	var places []string
	if err := shown.Eval(t.Context(), `all.map(u => { try {
		const parsed = new URL(u, location)
		return /^(http|ws)s?:$/.test(parsed.protocol) ? parsed.hostname + ":" + (parsed.port || (/s:$/.test(parsed.protocol) ? 443 : 80)) : parsed.protocol
	} catch { return "" } })`, &places); err != nil {
		t.Fatal(err)
	}
	var wanted []string
	invalid, other, own := 0, 0, 0
	for i, place := range places {
		switch {
		case place == "":
			invalid++
		case strings.HasSuffix(place, ":"):
			other++
		case place == strings.TrimPrefix(base, "http://"):
			own++
		default:
			t.Logf("%-45s %-50q leads to %s", vectors[i].Name, addresses[i], place)
			wanted = append(wanted, place)
		}
	}
	for _, place := range refuses(p, wanted) {
		t.Errorf("%s: was never asked of the proxy", place)
	}
	t.Logf("%d addresses: %d refused by the proxy, %d are none to Chromium, %d have schemes that it does not fetch, %d lead to the target itself", len(addresses), len(wanted), invalid, other, own)
	f.expectNobody(t)
}

// A name of the target's own that comes to lead elsewhere while a page is open.
func TestRebindingDoesNotLeadTheBrowserElsewhere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.5:0")
	if err != nil {
		t.Fatal(err)
	}
	target := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<title>before</title>")
	}))
	target.Listener.Close()
	target.Listener = l
	target.Start()
	defer target.Close()
	port := portOf(t, target.URL)
	f := forbid(t, port, 0)
	// Chromium asks for more than the page at first, an icon for one.
	lookups := newNames(nil)
	lookups.answers["rebind.test"] = [][]string{{"127.0.0.5"}}
	base := fmt.Sprintf("http://rebind.test:%d/", port)
	c, _ := chromium(t, open(t, scope.Claim{Targets: []string{base}, Rate: 20, Resolver: lookups.resolver(t),
		Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.5/32")}}))
	page := show(t, c, base)
	ask := `fetch("/again", {cache: "no-store"}).then(async r => r.status + " " + await r.text())`
	var before, after string
	if err := errors.Join(page.Eval(t.Context(), ask, &before), func() error {
		lookups.mu.Lock()
		defer lookups.mu.Unlock()
		lookups.answers["rebind.test"] = [][]string{{"127.0.0.2", "::1"}}
		return nil
	}(), page.Eval(t.Context(), ask, &after)); err != nil {
		t.Fatal(err)
	}
	if before != "200 <title>before</title>" || !strings.HasPrefix(after, "502 ") || !strings.Contains(after, "address refused") {
		t.Errorf("before rebinding got %q, after it %q", before, after)
	}
	f.expectNobody(t)
}
