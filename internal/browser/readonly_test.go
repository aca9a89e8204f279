package browser

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// What a page sends on its own when it is opened, in every way that a browser knows.
const busyPage = `<!doctype html><title>busy</title><iframe name="in"></iframe>
<form id="f" method="post" action="/form" target="in"><input name="a" value="b"></form>
<script>
	fetch("/fetch", {method: "POST", body: "a"}).catch(() => {})
	fetch("/put", {method: "PUT", body: "a"}).catch(() => {})
	fetch("/read").then(() => document.title = "read").catch(() => {})
	const x = new XMLHttpRequest()
	x.open("DELETE", "/xhr")
	x.send()
	navigator.sendBeacon("/beacon", "a")
	document.getElementById("f").submit()
	new Worker("/worker.js")
</script>`

// R20: looking changes nothing, whatever the scripts of a page are up to. What they
// wanted to send is known all the same.
func TestAReadOnlyBrowserSendsOnlyWhatReads(t *testing.T) {
	for _, readOnly := range []bool{true, false} {
		var mu sync.Mutex
		var unsafe []string
		reads := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case r.Method != http.MethodGet:
				unsafe = append(unsafe, r.Method+" "+r.URL.Path)
			case r.URL.Path == "/worker.js":
				w.Header().Set("Content-Type", "text/javascript")
				io.WriteString(w, `fetch("/worker", {method: "POST", body: "a"}).catch(() => {})`)
			case r.URL.Path == "/read":
				reads++
			default:
				w.Header().Set("Content-Type", "text/html")
				io.WriteString(w, busyPage)
			}
		}))
		b := start(t, Options{ReadOnly: readOnly})
		rendered, err := b.Render(t.Context(), nil, server.URL)
		server.Close()
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		for _, r := range rendered.Requests {
			if r.Method != http.MethodGet {
				asked = append(asked, r.Method+r.URL[len(server.URL):])
			}
		}
		for _, want := range []string{"POST/fetch", "PUT/put", "DELETE/xhr", "POST/form"} {
			if !slices.Contains(asked, want) {
				t.Errorf("read only %v: %s is not among what the page asked for: %v", readOnly, want, asked)
			}
		}
		mu.Lock()
		if readOnly != (len(unsafe) == 0) || reads == 0 {
			t.Errorf("read only %v: the server was sent %v and read %d times", readOnly, unsafe, reads)
		}
		if !readOnly && len(unsafe) < 6 {
			t.Errorf("without it only %v was sent, so it shows little", unsafe)
		}
		mu.Unlock()
	}
}
