package attacker_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"net/http"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

var anything = []attacker.Field{{Name: "to", Value: "mallory & co"}, {Name: "amount", Value: "5"}}

// What arrives is what the browser makes of each page: the cookie is SameSite=None
// and third-party cookies are allowed, so that it rides on everything.
func TestForgedRequestsArriveAsABrowserSendsThem(t *testing.T) {
	v, s, b := newVictim(t), newAttacker(t), newBrowser(t, finding.ThirdPartyAllowed)
	at := v.url + "/do/it"
	file := []attacker.Field{{Name: "note", Value: "n"}, {Name: "up", Value: "content", FileName: "a.txt", Type: "text/plain"}}
	for _, c := range []struct {
		name             string
		forge            attacker.Forge
		kind, body, dest string // Content-Type and body as they arrive, Sec-Fetch-Dest
	}{
		{"form, urlencoded", attacker.Forge{Vehicle: attacker.Form, Method: "POST", Encoding: attacker.URLEncoded, Fields: anything},
			attacker.URLEncoded, "to=mallory+%26+co&amount=5", "document"},
		{"form, multipart with a file", attacker.Forge{Vehicle: attacker.Form, Method: "POST", Encoding: attacker.Multipart, Fields: file},
			attacker.Multipart + "; boundary=", `filename="a.txt"`, "document"},
		{"form, JSON as text", attacker.Forge{Vehicle: attacker.Form, Method: "POST", Encoding: attacker.Text, Body: `{"to":"m"}`},
			attacker.Text, `{"to":"m","_":"="}` + "\r\n", "document"},
		{"form, a field named submit", attacker.Forge{Vehicle: attacker.Form, Method: "POST", Fields: []attacker.Field{{Name: "submit", Value: "1"}}},
			attacker.URLEncoded, "submit=1", "document"},
		{"fetch, no type", attacker.Forge{Vehicle: attacker.Fetch, Method: "POST", Body: `{"to":"m"}`}, "", `{"to":"m"}`, "empty"},
		{"fetch, text", attacker.Forge{Vehicle: attacker.Fetch, Method: "POST", Encoding: attacker.Text, Body: `{"to":"m"}`}, attacker.Text, `{"to":"m"}`, "empty"},
		{"fetch, urlencoded", attacker.Forge{Vehicle: attacker.Fetch, Method: "POST", Encoding: attacker.URLEncoded, Fields: anything},
			attacker.URLEncoded + ";charset=UTF-8", "to=mallory+%26+co&amount=5", "empty"},
		{"fetch, multipart with a file", attacker.Forge{Vehicle: attacker.Fetch, Method: "POST", Encoding: attacker.Multipart, Fields: file},
			attacker.Multipart + "; boundary=", `filename="a.txt"`, "empty"},
		{"image", attacker.Forge{Vehicle: attacker.Image}, "", "", "image"},
		{"link", attacker.Forge{Vehicle: attacker.Link}, "", "", "document"},
		{"frame", attacker.Forge{Vehicle: attacker.Frame}, "", "", "iframe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.forge.URL = at
			url := s.Publish("https", "attacker.example", c.forge.Document())
			if _, err := login(t, b, v).Open(t.Context(), url); err != nil {
				t.Fatal(err)
			}
			a := arrived(t, v, "/do/it")
			if err := s.WaitHit(t.Context(), url); err != nil {
				t.Error(err)
			}
			if a.cookie != session || !strings.HasPrefix(a.kind, c.kind) || (c.kind == "") != (a.kind == "") || !strings.Contains(a.body, c.body) {
				t.Errorf("arrived: cookie %q, type %q, body %q", a.cookie, a.kind, a.body)
			}
			if a.header.Get("Sec-Fetch-Site") != "cross-site" || a.header.Get("Sec-Fetch-Dest") != c.dest {
				t.Errorf("arrived from %q for %q", a.header.Get("Sec-Fetch-Site"), a.header.Get("Sec-Fetch-Dest"))
			}
		})
	}
}

func TestForgedRequestsHideWhereTheyComeFrom(t *testing.T) {
	v, s, b := newVictim(t), newAttacker(t), newBrowser(t, finding.ThirdPartyAllowed)
	for _, c := range []struct {
		name            string
		forge           attacker.Forge
		origin, referer string
	}{
		{"plain", attacker.Forge{}, "https://attacker.example:", "https://attacker.example:"},
		{"sandboxed", attacker.Forge{Sandboxed: true}, "null", ""},
		{"no referrer", attacker.Forge{NoReferrer: true}, "null", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.forge.Vehicle, c.forge.Method, c.forge.URL = attacker.Form, "POST", v.url+"/do/it"
			if _, err := login(t, b, v).Open(t.Context(), s.Publish("https", "attacker.example", c.forge.Document())); err != nil {
				t.Fatal(err)
			}
			a := arrived(t, v, "/do/it")
			origin, referer := a.header.Get("Origin"), a.header.Get("Referer")
			if !strings.HasPrefix(origin, c.origin) || !strings.HasPrefix(referer, c.referer) || (c.referer == "") != (referer == "") {
				t.Errorf("Origin %q, Referer %q", origin, referer)
			}
		})
	}
}

func TestRequestsThatNeedConsentAreAskedForFirst(t *testing.T) {
	v, s, b := newVictim(t), newAttacker(t), newBrowser(t, finding.ThirdPartyAllowed)
	for name, f := range map[string]attacker.Forge{
		"JSON":   {Method: "POST", Encoding: "application/json", Body: `{}`},
		"method": {Method: "DELETE"},
		"header": {Method: "POST", Headers: []attacker.Field{{Name: "X-HTTP-Method-Override", Value: "DELETE"}}},
	} {
		f.Vehicle, f.URL = attacker.Fetch, v.url+"/do/it"
		url := s.Publish("https", "attacker.example", f.Document())
		if _, err := login(t, b, v).Open(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		if err := s.WaitHit(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		all := v.drain()
		if len(all) != 1 || all[0].header.Get("Access-Control-Request-Method") != f.Method || all[0].cookie != "" {
			t.Errorf("%s: arrived %v", name, all)
		}
	}
}

// Proofs are files for a developer's own server: here one that knows nothing of ours.
func TestProofsWorkFromAnyServer(t *testing.T) {
	v, b := newVictim(t), newBrowser(t, finding.ThirdPartyAllowed)
	c := login(t, b, v)
	box, width, height := measure(t, c, v.url+"/account")
	pages := map[string]string{
		"/frame": attacker.FramePage{Width: width, Height: height, Disguise: attacker.Opacity,
			Steps: []attacker.FrameStep{{Target: v.url + "/account", Control: box}}}.Proof(),
		"/forge":   attacker.Forge{Vehicle: attacker.Form, Method: "POST", URL: v.url + "/do/close", Fields: anything}.Proof(),
		"/sandbox": attacker.Forge{Vehicle: attacker.Fetch, Method: "POST", URL: v.url + "/do/close", Body: "</script>", Sandboxed: true}.Proof(),
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if _, err := w.Write([]byte(pages[r.URL.Path])); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	base := strings.Replace(server.URL, "127.0.0.1", "attacker.example", 1)
	for path := range pages {
		p, err := c.Open(t.Context(), base+path)
		if err != nil {
			t.Fatal(err)
		}
		picture(t, p, "proof"+strings.ReplaceAll(path, "/", "-"))
		if all := v.drain(); len(all) > 0 {
			t.Errorf("%s acts without being asked: %v", path, all)
		}
		if path == "/frame" {
			press(t, p)
		} else if ok, err := p.ClickOn(t.Context(), "#go"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		a := arrived(t, v, "/do/close")
		if a.cookie != session || (path == "/sandbox") != (a.header.Get("Origin") == "null") || path == "/sandbox" && a.body != "</script>" {
			t.Errorf("%s: cookie %q, Origin %q, body %q", path, a.cookie, a.header.Get("Origin"), a.body)
		}
		p.Close()
	}
}
