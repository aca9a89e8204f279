package policy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

// witnessContexts are the contexts in which cookies are tried again: those that
// tell the SameSite values and the third-party settings apart, and need no hand.
var witnessContexts = []string{
	"first-party-fetch", "same-site-form-post", "same-site-iframe", "other-port-img",
	"schemeful-http-to-https-form-post", "cross-site-form-post", "cross-site-location-href",
	"cross-site-iframe", "cross-site-iframe-form-post", "cross-site-img", "cross-site-fetch-nocors-post-include",
}

type cookieContext struct {
	Ctx  string `json:"ctx"`
	Page string `json:"page"`
	How  string `json:"how"`
}

type cookieRow struct {
	ID          string `json:"id"`
	Set         string `json:"set"`
	Ctx         string `json:"ctx"`
	Sent        bool   `json:"sent"`
	SentBlocked bool   `json:"sent_3pc_blocked"`
}

// TestCookieWitness puts the cookies of recorded rows into the installed browser
// and looks which of them go with each context's request. TestCorpus holds this
// package to the same rows; here it is today's browser, and the way in which our
// own proofs give cookies to it.
func TestCookieWitness(t *testing.T) {
	contexts := map[string]cookieContext{}
	for _, c := range corpusRows[cookieContext](t, "cookies-contexts.jsonl") {
		contexts[c.Ctx] = c
	}
	rows := map[string][]cookieRow{}
	for _, r := range corpusRows[cookieRow](t, "cookies.jsonl") {
		if _, ok := r.named(); ok && slices.Contains(witnessContexts, r.Ctx) {
			rows[r.Ctx] = append(rows[r.Ctx], r)
		}
	}
	server := newWitnessServer(t)
	for _, setting := range []finding.ThirdParty{finding.ThirdPartyAllowed, finding.ThirdPartyBlocked} {
		t.Run(string(setting), func(t *testing.T) {
			b := witnessBrowser(t, server, setting)
			began, asked := time.Now(), 0
			for _, name := range slices.Sorted(maps.Keys(rows)) {
				sent := server.cookies(t, b, contexts[name], rows[name])
				for _, r := range rows[name] {
					want := r.Sent
					if setting == finding.ThirdPartyBlocked {
						want = r.SentBlocked
					}
					if asked++; sent[r.ID] != want {
						t.Errorf("%s: %q in %s: sent %v, recorded %v", r.ID, r.Set, r.Ctx, sent[r.ID], want)
					}
				}
			}
			t.Logf("%d rows in %d contexts in %s", asked, len(rows), time.Since(began).Round(time.Millisecond))
		})
	}
}

// named is the row's line with the row's id in the cookie's name, so that one
// request can carry the cookies of many rows.
func (r cookieRow) named() (string, bool) {
	for _, name := range []string{"k", "__Host-k", "__Secure-k"} {
		if value, ok := strings.CutPrefix(r.Set, name+"="); ok {
			return name + "_" + r.ID + "=" + value, true
		}
	}
	return "", false
}

// cookies opens the context's page in a browser that holds the rows' cookies, and
// returns the ids of those that arrived.
func (s *witnessServer) cookies(t *testing.T, b *browser.Browser, c cookieContext, rows []cookieRow) map[string]bool {
	t.Helper()
	var jar []browser.Cookie
	for _, r := range rows {
		line, _ := r.named()
		jar = append(jar, browser.Cookie{Line: line, URL: "https://victim.test/"})
	}
	victim, err := b.Context(t.Context(), jar)
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	path := "/page/" + c.Ctx
	s.mu.Lock()
	s.paths[path] = response(0, []string{"Content-Type: text/html"}, "<html><body>"+c.How+"</body></html>")
	s.mu.Unlock()
	if _, err := victim.Open(t.Context(), c.Page+path); err != nil {
		t.Fatal(err)
	}
	sent := map[string]bool{}
	select {
	case header := <-s.heard:
		for pair := range strings.SplitSeq(header, "; ") {
			name, _, _ := strings.Cut(pair, "=")
			sent[name[strings.LastIndex(name, "_")+1:]] = true
		}
	case <-time.After(witnessPatient):
		t.Fatalf("%s: no request came", c.Ctx)
	}
	return sent
}
