package check

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

var cswsh = &Check{
	ID:    string(finding.CSWSH),
	Doc:   "WebSockets that a foreign page might open with the user's session",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		for _, s := range p.Site.Sockets {
			f := socketForgery(p, s)
			if !f.isAmbient() || !anyOpen(f.vector) {
				continue // no foreign page can bring the session along
			}
			found := f.finding(finding.CSWSH, "The session's cookie travels with a handshake that a foreign page makes; "+
				"it is a finding only if the socket then serves the session.", true, handshakes(p.Site)...)
			own := s.MessagesOf(ownerOf(p.Site, s))
			found.Plan.Kind, found.Plan.Messages = finding.PlanSocket, harmless(own)
			text := "WebSocket " + s.URL + " (found in: " + strings.Join(s.Sources, ", ") + ")"
			if len(found.Plan.Messages) < len(own) {
				text += "; messages that destroy something were not said"
			}
			found.Evidence[0] = finding.Evidence{Kind: "note", Source: f.action.Page, Text: text}
			p.Report(found)
		}
	},
}

// harmless leaves out messages that destroy something: one forged message suffices to
// show that a socket takes them.
func harmless(messages []string) []string {
	return slices.DeleteFunc(slices.Clone(messages), func(m string) bool { return hasAnyWord(m, destroyingWords) })
}

// foreignHandshakes are the origins a handshake shows, those that every page can
// show first. The last ones no browser sends, or not from there; they tell what the
// server compares.
var foreignHandshakes = []finding.Variant{
	{Name: "from a foreign origin"},
	{Name: "from a sandboxed frame (Origin: null)", Origin: finding.OriginNull},
	{Name: "from a host that begins like the target's", Origin: finding.OriginSuffix},
	{Name: "from a host that ends like the target's", Origin: finding.OriginEnding},
	{Name: "from the target's host under the other scheme", Origin: finding.OriginPlain},
	{Name: "from a host of the same site", Origin: finding.OriginSibling},
	{Name: "from another port of the target's host", Origin: finding.OriginPort},
	{Name: "without Origin", Origin: finding.OriginMissing},
}

// handshakes are also those from hosts that end like the names the site gives itself.
func handshakes(site *observe.Site) []finding.Variant {
	var list []finding.Variant
	for _, v := range foreignHandshakes {
		list = append(list, v)
		if v.Origin != finding.OriginEnding {
			continue
		}
		for _, domain := range site.Domains {
			list = append(list, finding.Variant{Name: "from a host that ends like " + domain, Origin: v.Origin, Host: domain})
		}
	}
	return list
}

// socketForgery works out as whom the socket would be opened, and from where the
// session would travel with the handshake.
func socketForgery(p *Pass, s observe.Socket) forgery {
	web := webAddress(s.URL)
	a := finding.Action{Method: http.MethodGet, URL: web, Route: s.Route, Source: s.Sources[0]}
	if len(s.Pages) > 0 {
		a.Page = s.Pages[0]
	}
	f := forgeryAs(p, a, ownerOf(p.Site, s), http.MethodGet, policy.Socket)
	f.kind = policy.Socket
	f.action.URL = s.URL
	return f
}

// ownerOf is the first identity that was shown a page with the socket, or else the
// first that is logged in.
func ownerOf(site *observe.Site, s observe.Socket) string {
	for _, list := range [][]string{s.Identities, site.Identities} {
		for _, name := range list {
			if name != "" {
				return name
			}
		}
	}
	return ""
}

// webAddress is the address of a socket's handshake as a request.
func webAddress(raw string) string {
	if rest, ok := strings.CutPrefix(raw, "ws"); ok {
		return "http" + rest
	}
	return raw
}
