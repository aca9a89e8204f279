package check

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// A framingGroup is all documents with one weakness for one cause.
type framingGroup struct {
	cause     string
	documents []document
}

// framingGroups sorts the site's documents of one class by cause, in the order
// of their routes.
func framingGroups(p *Pass, class finding.Weakness) []framingGroup {
	var groups []framingGroup
	all := documents(p.Site)
	covered := pagesAreCovered(all, p.Rules)
	for _, d := range all {
		w, cause := classify(d, p.Rules)
		if w == finding.FramingAbsent && covered && d.kind() != "" {
			w, cause = finding.FramingUncovered, d.forgotten()
		}
		if w != class {
			continue
		}
		i := slices.IndexFunc(groups, func(g framingGroup) bool { return g.cause == cause })
		if i < 0 {
			groups = append(groups, framingGroup{cause: cause})
			i = len(groups) - 1
		}
		groups[i].documents = append(groups[i].documents, d)
	}
	return groups
}

// most is how many documents of a group are quoted; the others are only listed.
const most = 4

// finding makes one of the group: it stands at the route nearest to the site's
// root, so that its ID does not change when a page is added below.
func (g framingGroup) finding(p *Pass, w finding.Weakness, why string) finding.Finding {
	slices.SortStableFunc(g.documents, func(a, b document) int {
		return cmp.Or(cmp.Compare(strings.Count(a.Route, "/"), strings.Count(b.Route, "/")), cmp.Compare(len(a.Route), len(b.Route)),
			cmp.Compare(a.Route, b.Route))
	})
	first := g.documents[0]
	f := finding.Finding{Weakness: w, Endpoint: first.endpoint(), Identity: first.Identity}
	for i, d := range g.documents {
		if i > 0 {
			f.Routes = append(f.Routes, d.endpoint())
		}
		if i < most {
			f.Evidence = append(f.Evidence, headerEvidence(d)...)
		}
		f.Vector = mergeVectors(f.Vector, framingVector(p, d))
	}
	f.Evidence = append(f.Evidence, finding.Evidence{Kind: "note", Source: first.URL,
		Text: "to see the headers by hand, ask with GET (some frameworks answer HEAD with 405): curl -sS -o /dev/null -D - " + first.URL})
	f.Why = why
	if !anyOpen(f.Vector) && len(f.Vector) > 0 && len(first.intruders(p.Rules)) > 0 {
		// Framable, and no danger: the first position says what is missing.
		f.Why += " " + f.Vector[0].Why + "."
	}
	return f
}

// headerEvidence quotes what the response says about framing.
func headerEvidence(d document) []finding.Evidence {
	decision := d.framing.Allows(d.origin, unrelated(d.origin))
	var list []finding.Evidence
	for _, effect := range d.framing.Effects() {
		list = append(list, finding.Evidence{Kind: "header", Source: d.URL,
			Text: effect.Header + ": " + effect.Value + " (" + effect.Why + ")", Reason: string(decision.Reason)})
	}
	if len(list) == 0 {
		text := fmt.Sprintf("%d, %s: no Content-Security-Policy with frame-ancestors, no X-Frame-Options", d.Status, cmp.Or(d.Type, "no content type"))
		list = append(list, finding.Evidence{Kind: "header", Source: d.URL, Text: text, Reason: string(decision.Reason)})
	}
	return list
}

// framingVector says for each position whether framing this document would let
// an attacker act as the user.
func framingVector(p *Pass, d document) []finding.Cell {
	creds := credentialsOf(p.Site, d.Identity)
	trigger, _ := triggerFor(d.URL, http.MethodGet, policy.Subframe)
	intruders := d.intruders(p.Rules)
	return vectorOf(d.origin, func(from policy.Origin, at finding.Position) (finding.State, string) {
		in := slices.IndexFunc(intruders, func(s stranger) bool { return s.from == at.From })
		if in < 0 {
			return finding.Refuted, sentence(d.framing.Allows(d.origin, from).Reason)
		}
		if d.Identity != "" && !d.hasControl(p.Site) {
			return finding.Refuted, "The page may be framed, but no control that changes anything was seen on it"
		}
		return sessionInFrame(p.Site, d.Identity, creds, trigger, intruders[in].origin, at)
	})
}

// sessionInFrame says whether a frame of the page is logged in.
func sessionInFrame(site *observe.Site, identity string, creds []credential, t policy.Trigger, from policy.Origin, at finding.Position) (finding.State, string) {
	if identity == "" {
		return finding.Refuted, "The page may be framed, but it is shown to everybody and no session is needed to see it"
	}
	if len(creds) == 0 {
		if at.From != finding.CrossSite && usesBearer(site) {
			return finding.Suspected, "The page may be framed, and web storage, where a bearer token may be kept, is shared within the site"
		}
		if usesBearer(site) {
			return finding.Refuted, "The page may be framed, but browsers partition web storage, where a bearer token may be kept, in foreign frames"
		}
		return finding.Refuted, "The page may be framed, but no cookie is known that would carry the session into the frame"
	}
	c, d := anyRides(creds, t, from, at)
	if d.Allowed {
		return finding.Suspected, fmt.Sprintf("The page may be framed, and the cookie %s travels into the frame: %s", c.Name, d.Reason.Explain())
	}
	return finding.Refuted, fmt.Sprintf("The page may be framed, but the cookie %s does not travel into the frame: %s", c.Name, d.Reason.Explain())
}

func usesBearer(site *observe.Site) bool {
	return slices.ContainsFunc(site.Actions, func(a finding.Action) bool { return a.Bearer })
}

func routes(n int) string {
	if n == 1 {
		return "1 route"
	}
	return fmt.Sprintf("%d routes", n)
}
