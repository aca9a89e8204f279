package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var authTokenStorage = &Check{
	ID:    string(finding.AuthTokenStorage),
	Doc:   "scripts that put a token into the browser's storage",
	Needs: NeedsNothing,
	Run: func(p *Pass) {
		done := map[string]bool{}
		for _, x := range p.Site.Exchanges {
			if done[x.Route] || !strings.Contains(x.Type, "html") && !strings.Contains(x.Type, "javascript") {
				continue
			}
			call, store, key := storedToken(string(x.Body))
			if key == "" {
				continue
			}
			done[x.Route] = true
			p.Report(finding.Finding{Weakness: finding.AuthTokenStorage, Identity: x.Identity,
				Endpoint: finding.Endpoint{Method: x.Method, Route: x.Route, URL: x.URL},
				Why:      fmt.Sprintf("A script keeps a token in %s as %q, where every script of the origin can read it.", store, key),
				Evidence: []finding.Evidence{{Kind: "exchange", Source: x.URL, Text: call}}})
		}
	},
}

var (
	setItem      = regexp.MustCompile(`\b(localStorage|sessionStorage)\s*\.\s*setItem\(\s*["'\x60]([\w.:-]{1,60})["'\x60]\s*,\s*([^;\n]{1,120})`)
	setMember    = regexp.MustCompile(`\b(localStorage|sessionStorage)\s*(?:\.\s*(\w{1,60})|\[\s*["'\x60]([\w.:-]{1,60})["'\x60]\s*\])\s*=\s*([^=;\n][^;\n]{0,120})`)
	tokenWords   = regexp.MustCompile(`(?i)(^|[^a-z])(access|id|auth|bearer|refresh|session|api)?[-_. ]?(token|jwt|bearer|session_?id|sid|auth)([^a-z]|$)|(access|id|auth|refresh|session)Token|apiKey|api_key`)
	noCredential = regexp.MustCompile(`(?i)csrf|xsrf|theme|lang|expires|type`)
)

// storedToken is the first call that puts a token into storage, where, and under
// which name; all "" if there is none.
func storedToken(script string) (call, store, key string) {
	for _, m := range setItem.FindAllStringSubmatch(script, 50) {
		if isToken(m[2], m[3]) {
			return m[0], m[1], m[2]
		}
	}
	for _, m := range setMember.FindAllStringSubmatch(script, 50) {
		if name := m[2] + m[3]; isToken(name, m[4]) {
			return m[0], m[1], name
		}
	}
	return "", "", ""
}

func isToken(name, value string) bool {
	if noCredential.MatchString(name) {
		return false
	}
	return tokenWords.MatchString(name) || tokenWords.MatchString(value)
}
