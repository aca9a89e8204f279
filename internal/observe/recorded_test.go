package observe

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

const recording = `{"log": {"entries": [
 {"request": {"method": "GET", "url": "ORIGIN/hidden/17?tab=2", "headers": [{"name": "Cookie", "value": "sid=s3cretCookie"}]}, "response": {"status": 200, "content": {"mimeType": "text/html"}}},
 {"request": {"method": "GET", "url": "ORIGIN/logout", "headers": []}, "response": {"status": 302}},
 {"request": {"method": "GET", "url": "ORIGIN/orders/17/delete?now=1", "headers": []}, "response": {"status": 302}},
 {"request": {"method": "GET", "url": "ORIGIN/style.css", "headers": []}, "response": {"status": 200}},
 {"request": {"method": "POST", "url": "ORIGIN/login", "headers": [], "postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "user", "value": "ann"}, {"name": "password", "value": "s3cretPass"}]}}, "response": {"status": 302}},
 {"request": {"method": "PUT", "url": "ORIGIN/orders/17/note", "headers": [{"name": "Referer", "value": "ORIGIN/hidden/17"}, {"name": "X-Shield", "value": "f3a91c07be55d2e4"}, {"name": "Content-Type", "value": "application/json"}],
  "postData": {"mimeType": "application/json", "text": "{\"note\": \"mine s3cretCookie\", \"amount\": 12, \"owner\": \"s3cretPass\"}"}}, "response": {"status": 200}},
 {"request": {"method": "PUT", "url": "ORIGIN/orders/18/note", "headers": [{"name": "Content-Type", "value": "application/json"}], "postData": {"mimeType": "application/json", "text": "{\"urgent\": true}"}}, "response": {"status": 200}},
 {"request": {"method": "POST", "url": "ORIGIN/photo", "headers": [{"name": "Content-Type", "value": "multipart/form-data"}], "postData": {"mimeType": "multipart/form-data", "params": [{"name": "title", "value": "Sea"}, {"name": "image", "fileName": "x.png"}, {"name": "csrf_token", "value": "a81f09c2be77d4e1"}]}}, "response": {"status": 200}},
 {"request": {"method": "POST", "url": "ORIGIN/refused", "headers": []}, "response": {"status": 403}},
 {"request": {"method": "POST", "url": "https://elsewhere.test/collect", "headers": []}, "response": {"status": 200}},
 {"_resourceType": "websocket", "_webSocketMessages": [{"type": "send", "opcode": 1, "data": "hello"}], "request": {"method": "GET", "url": "ORIGIN/live", "headers": []}, "response": {"status": 101}}]}}`

func recordedAt(t *testing.T, origin string) []har.Entry {
	t.Helper()
	r, err := har.Parse([]byte(strings.ReplaceAll(recording, "ORIGIN", origin)))
	if err != nil {
		t.Fatal(err)
	}
	return r.Entries
}

// TestWhatWasRecordedIsLookedAt is discovery by a HAR file (R27): pages that nothing
// links to, requests with their values, and no secret of the recording.
func TestWhatWasRecordedIsLookedAt(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/logout", "/orders/17/delete":
			t.Errorf("%s was asked for", r.URL)
		case "/openapi.json":
			w.Write([]byte(`{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {"/orders/{no}/note": {"put": {"responses": {}}}, "/orders/{no}/ship": {"post": {"responses": {}, "parameters": [{"name": "no", "in": "path", "required": true, "schema": {"type": "string"}}]}}}}`))
		case "/":
			html(w, "nothing links anywhere")
		case "/hidden/17":
			html(w, "<form method=post action=/drawn><button>Go</button></form>")
		}
	}))
	defer srv.Close()
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g)}, Options{Recorded: recordedAt(t, srv.URL)})
	if err != nil {
		t.Fatal(err)
	}
	for endpoint, want := range map[string]string{
		"POST /drawn":             "application/x-www-form-urlencoded",
		"PUT /orders/{no}/note":   "header-token application/json amount=12 note=mine « owner=« urgent=true no=17",
		"POST /login":             "login application/x-www-form-urlencoded password= user=ann",
		"POST /photo":             "multipart/form-data title=Sea image= csrf_token=«",
		"GET /orders/{id}/delete": "now=1",
		"POST /orders/{no}/ship":  "no=17",
	} {
		i, a := actionAt(site, endpoint)
		if i < 0 {
			t.Errorf("%s was not found", endpoint)
			continue
		}
		if got := withoutDigests(describe(a)); got != want {
			t.Errorf("%s: got %q, want %q", endpoint, got, want)
		}
	}
	if i, _ := actionAt(site, "POST /refused"); i >= 0 {
		t.Error("what was refused in the recording was taken for an action")
	}
	if visited := strings.Join(paths(site, ""), " "); !strings.Contains(visited, "/hidden/17?tab=2") || strings.Contains(visited, "style.css") {
		t.Errorf("visited %s", visited)
	}
	if len(site.Sockets) != 1 || !slices.Equal(site.Sockets[0].Sources, []string{"har"}) || !slices.Equal(site.Sockets[0].Messages, []string{"hello"}) {
		t.Errorf("sockets %+v", site.Sockets)
	}
	if !hasSkip(site, "1 recorded requests are out of scope: https://elsewhere.test", false) {
		t.Errorf("skips %+v", site.Skips)
	}
	if text, _ := json.Marshal(site.Actions); strings.Contains(string(text), "s3cret") || strings.Contains(string(text), "a81f09c2be77d4e1") {
		t.Errorf("a secret of the recording is shown: %s", text)
	}
}

// withoutDigests cuts what stands for secrets down to its first mark.
func withoutDigests(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i], _, _ = strings.Cut(w, "«")
		if words[i] != w {
			words[i] += "«"
		}
	}
	return strings.Join(words, " ")
}

func TestARecordingOfAnotherSiteIsSaidAloud(t *testing.T) {
	site := look(t, scope.Claim{}, Options{Recorded: recordedAt(t, "https://app.test")}, func(http.ResponseWriter, *http.Request) {})
	if !hasSkip(site, "recorded requests are out of scope: https://app.test", true) {
		t.Errorf("skips %+v", site.Skips)
	}
}

func TestAPageTellsMoreThanARecording(t *testing.T) {
	a := newActions()
	a.add(finding.Action{Method: "POST", Route: "/x", Source: "har", Encoding: finding.EncodingURL, Fields: []finding.Field{{Name: "csrf", Type: "text"}, {Name: "note", Type: "text"}}}, nil)
	a.add(finding.Action{Method: "POST", Route: "/x", Source: "form", Encoding: finding.EncodingURL, Fields: []finding.Field{{Name: "csrf", Type: "hidden"}, {Name: "note", Type: "textarea"}}}, nil)
	if len(a.list) != 1 || a.list[0].Source != "form" || a.list[0].Fields[1].Type != "textarea" {
		t.Errorf("got %d, the first %+v", len(a.list), *a.list[0])
	}
}
