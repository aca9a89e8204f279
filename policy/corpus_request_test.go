package policy

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/corpus"
)

// corpusRequests forges what each row's page sends and compares everything a
// server could go by.
func corpusRequests(t *testing.T, folder string) {
	tally := newCorpusTally("requests")
	for _, row := range readCorpus[corpus.RequestRow](t, folder, "requests.jsonl") {
		means, why := requestMeans(row)
		if why == corpus.ErrNoRequest.Error() {
			tally.compare(row.ID+" "+row.Key, recorded(row), forged(Sent{}), "")
			continue
		}
		if why != "" {
			tally.leaveOut(why)
			continue
		}
		sent := Forge(means)
		tally.compare(row.ID+" "+row.Key, recorded(row), forged(sent), sent.Reason)
	}
	tally.report(t, 0.1)
}

// recorded and forged write the same facts in the same words.
func recorded(r corpus.RequestRow) string {
	if !r.Arrived && !r.Preflight {
		return "nothing arrives"
	}
	contentType, _, _ := strings.Cut(r.ContentType, "; boundary=----WebKit")
	return fmt.Sprintf("preflight %t, arrives %t: %s type %q origin %q referer %q site %q mode %q dest %q user %t asks %q %q",
		r.Preflight, r.Arrived, r.Method, contentType, r.Origin, r.Referer,
		r.FetchSite, r.FetchMode, r.FetchDest, r.FetchUser != "", r.AskMethod, r.AskHeaders)
}

func forged(s Sent) string {
	if !s.Arrives && !s.Preflight {
		return "nothing arrives"
	}
	contentType, _, _ := strings.Cut(s.ContentType, "; boundary=----WebKit")
	return fmt.Sprintf("preflight %t, arrives %t: %s type %q origin %q referer %q site %q mode %q dest %q user %t asks %q %q",
		s.Preflight, s.Arrives, s.Method, contentType, s.Origin, s.Referer,
		s.FetchSite, s.FetchMode, s.FetchDest, s.FetchUser, s.PreflightMethod, s.PreflightHeaders)
}

// elementMeans are the acts that are not a subresource of an element.
var elementMeans = map[string]By{
	"form": ByForm, "a": ByLink, "meta": ByLink, "location": ByLink, "window.open": ByLink, "typed": ByTyping,
	"iframe": ByFrame, "frame": ByFrame, "object": ByFrame, "embed": ByFrame,
	"fetch": ByFetch, "xhr": ByFetch, "eventsource": ByFetch,
	"beacon": ByBeacon, "ping": ByPing, "websocket": BySocket,
}

// untold is why a row's words do not suffice, if they do not.
func untold(row corpus.RequestRow, act corpus.Act) string {
	switch {
	case strings.HasPrefix(row.Key, "referer-lookalike"):
		return "the URL of the page, which the Referer repeats, is not told"
	case act.Element == "prerender":
		return "prerendering is the browser's own request, not one a page forges"
	case row.Page == "file:" && act.Kind == corpus.Socket:
		return "the origin of a file: page is not modelled for sockets"
	}
	return ""
}

// clicked says whether the request itself had a user behind it. A popup written
// by script has not, nor has what a frame does; reloading is the user's doing,
// which only the row's name tells.
func clicked(row corpus.RequestRow) bool {
	if strings.HasPrefix(row.Key, "reload-") {
		return true
	}
	return row.Gesture && !strings.Contains(row.How, "document.write") && !strings.HasPrefix(row.How, "<iframe")
}

// requestMeans is a row in this package's terms, or the reason for leaving it out.
func requestMeans(row corpus.RequestRow) (Means, string) {
	act, err := row.Act()
	if err != nil {
		return Means{}, err.Error()
	}
	if why := untold(row, act); why != "" {
		return Means{}, why
	}
	by, known := elementMeans[act.Element]
	if !known {
		by = ByElement
	}
	m := Means{
		By: by, Method: act.Method, BodyType: act.BodyType, CORS: act.Mode == "cors", Dest: act.Dest,
		Framed: act.Kind == corpus.Subframe && by != ByFrame, Listens: act.Upload,
		Click:          clicked(row),
		ReferrerPolicy: act.Policy, PageURL: act.Referring, Header: http.Header{},
	}
	if m.PageURL == "" {
		m.PageURL = "about:blank"
	}
	for name, value := range act.Headers {
		m.Header.Set(name, value)
	}
	if m.To, err = OriginOfURL(row.To); err != nil {
		return Means{}, err.Error()
	}
	if m.Page, err = ParseOrigin(act.Initiator); err != nil {
		return Means{}, err.Error()
	}
	if row.Via == "" {
		return m, ""
	}
	via, err := OriginOfURL(row.Via)
	if err != nil {
		return Means{}, err.Error()
	}
	m.Via = []Origin{via}
	_, status, _ := strings.Cut(row.Via, "/r/")
	status, _, _ = strings.Cut(status, "?")
	if m.ViaStatus, err = strconv.Atoi(status); err != nil {
		return Means{}, "the redirector's status is not told"
	}
	return m, ""
}
