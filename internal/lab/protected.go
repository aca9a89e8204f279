package lab

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
)

// A protection is a sound shop that rests on one defence alone, where the
// repaired one has several. A scanner has to keep quiet about each.
type protection struct {
	name    string
	defence string // one of Defences, as its truth says
	arrange func(*variant)
}

// protections are the shops beside "repaired" that have no weakness. What each
// does not name is the repaired shop's, without what stands around that.
var protections = []protection{
	{"token", "synchronizer-token", func(v *variant) { v.ordinary, v.scripted = synchronizer("csrf_token"), headerToken }},
	{"double-submit", "double-submit", func(v *variant) {
		v.double = []byte(rand.Text())
		v.ordinary, v.scripted = doubleSubmit(v.double), doubleHeader(v.double)
	}},
	{"fetch-metadata", "fetch-metadata", func(v *variant) { v.ordinary, v.scripted = fetchMetadata, fetchMetadata }},
	{"origin", "origin-check", func(v *variant) { v.ordinary, v.scripted = sameOrigin, sameOrigin }},
	{"strict", "samesite-strict", func(v *variant) {
		// SameSite=Strict stops at the site's border; neighbours within it are kept out by origin.
		v.ordinary, v.scripted = sameOrigin, sameOrigin
		v.cookies = map[string]http.Cookie{"main": {Name: "__Host-shop_session", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}}
	}},
	{"custom-header", "custom-header", func(v *variant) {
		v.ordinary, v.scripted, v.byScript = customHeader, customHeader, true
		v.defences = map[string]defence{"POST /login": sameOrigin} // before there is a script to trust
	}},
	{"standard-library", "origin-check", func(v *variant) {
		v.ordinary, v.scripted = unprotected, unprotected
		v.around = http.NewCrossOriginProtection().Handler
	}},
	{"old-header", "synchronizer-token", func(v *variant) {
		v.ordinary, v.scripted = synchronizer("csrf_token"), headerToken
		v.framing = alwaysFraming([]headerLine{{xfo, "DENY"}})
	}},
	{"policy-alone", "synchronizer-token", func(v *variant) {
		v.ordinary, v.scripted = synchronizer("csrf_token"), headerToken
		v.framing = alwaysFraming([]headerLine{{csp, "default-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self' ws:; frame-ancestors 'self'"}})
	}},
}

// Protected are the names of the shops without a weakness that rest on one defence
// each. With the repaired applications they are what a scanner must not accuse.
func Protected() []string {
	var names []string
	for _, p := range protections {
		names = append(names, p.name)
	}
	return names
}

func alwaysFraming(lines []headerLine) func(string, int, string) []headerLine {
	return func(path string, status int, mediaType string) []headerLine {
		if path == "/widget" {
			return partnerFraming
		}
		return lines
	}
}

// openProtected gives the shop of that name, nil if there is none.
func openProtected(name string) *App {
	i := slices.IndexFunc(protections, func(p protection) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	v := repairedVariant()
	v.defences, v.around = nil, asIs
	protections[i].arrange(&v)
	v.name = name
	return open(v, protections[i].truth())
}

// truth is that of the repaired shop, which has the same places and nothing wrong
// with them either.
func (p protection) truth() Truth {
	t := embeddedTruth("repaired")
	t.Variant, t.Rows = p.name, slices.Clone(t.Rows)
	for i, row := range t.Rows {
		switch {
		case strings.HasPrefix(row.Weakness, "csrf") && row.Endpoint != "PUT /api/loyalty/gift" && !strings.HasPrefix(row.Endpoint, "GET "):
			t.Rows[i].Note = "protected by " + p.defence + " alone"
			t.Rows[i].Defence = p.defence
		case strings.HasPrefix(row.Weakness, "framing") || row.Weakness == "clickjacking":
			t.Rows[i].Note = "may not be framed"
		}
	}
	return t
}
