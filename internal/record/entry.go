package record

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/policy"
)

// taken is what was sent to the site of start so far. Requests to other sites are
// counted and nothing else: a person logs in elsewhere as well.
func taken(w *browser.Watch, start policy.Origin) har.Recording {
	var r har.Recording
	for _, q := range w.Requests() {
		e, ok := entryOf(q, w.Answer(q))
		if !ok || !ofSite(e.URL, start) {
			r.Left++
			continue
		}
		r.Entries = append(r.Entries, e)
	}
	for _, s := range w.Sockets() {
		if !ofSite(s.URL, start) {
			r.Left++
			continue
		}
		r.Entries = append(r.Entries, har.Entry{Method: http.MethodGet, URL: withoutFragment(s.URL), Header: headerOf(s.Headers), Status: s.Status, Socket: true, Sent: s.Sent})
	}
	return r
}

// ofSite says whether a URL belongs to the site of start, over https or not.
func ofSite(raw string, start policy.Origin) bool {
	o, err := policy.OriginOfURL(secure(raw))
	if err != nil {
		return false
	}
	s, err := policy.OriginOfURL(secure(start.String()))
	return err == nil && o.SameSite(s)
}

// secure writes every scheme of the web as https, as sites differ by scheme.
func secure(raw string) string {
	for _, scheme := range []string{"http://", "ws://", "wss://"} {
		if rest, ok := strings.CutPrefix(raw, scheme); ok {
			return "https://" + rest
		}
	}
	return raw
}

// entryOf is a request as a recording has it, false for what is none of the
// application's: questions of the browser's own, and what was never sent.
func entryOf(q browser.Request, answer string) (har.Entry, bool) {
	if q.Kind == "Preflight" || !q.Sent && q.Status == 0 {
		return har.Entry{}, false
	}
	e := har.Entry{Method: q.Method, URL: withoutFragment(q.URL), Header: headerOf(q.Headers), Body: q.Body, Status: q.Status}
	kind, _, _ := strings.Cut(q.ResponseHeader("Content-Type"), ";")
	e.Type = strings.ToLower(strings.TrimSpace(kind))
	for _, h := range q.Response {
		name, _, found := strings.Cut(h.Value, "=")
		if strings.EqualFold(h.Name, "Set-Cookie") && found && !slices.Contains(e.Cookies, name) {
			e.Cookies = append(e.Cookies, name)
		}
	}
	if q.Method == http.MethodPost {
		e.Strings = har.Strings(answer)
	}
	return e, true
}

func headerOf(lines []browser.Header) http.Header {
	h := http.Header{}
	for _, l := range lines {
		if !strings.HasPrefix(l.Name, ":") {
			h.Add(l.Name, l.Value)
		}
	}
	return h
}

func withoutFragment(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.Fragment, u.RawFragment, u.User = "", "", nil
	return u.String()
}
