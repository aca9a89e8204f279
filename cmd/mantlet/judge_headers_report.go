package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// A headersReport is the answer of "judge headers"; its JSON form is for programs.
type headersReport struct {
	Target    string            `json:"target"`
	Assumed   bool              `json:"target_assumed"`
	Via       []string          `json:"via,omitempty"`
	Status    int               `json:"status,omitempty"`
	Audience  policy.Audience   `json:"audience"`
	Listed    []string          `json:"listed,omitempty"`
	Positions []positionVerdict `json:"positions"`
	Headers   []headerEffect    `json:"headers"`
	Note      string            `json:"note,omitempty"`
}

// A positionVerdict says whether a page at one place may frame the target.
type positionVerdict struct {
	Position string        `json:"position"`
	Embedder string        `json:"embedder"`
	Verdict  string        `json:"verdict"`
	Reason   policy.Reason `json:"reason"`
	Why      string        `json:"why"`
}

type headerEffect struct {
	Header  string `json:"header"`
	Value   string `json:"value"`
	InForce bool   `json:"in_force"`
	Why     string `json:"why"`
}

func explainPage(page headerPage) headersReport {
	framing := policy.ParseFraming(page.lines)
	r := headersReport{
		Target:    page.origin.String(),
		Assumed:   page.assumed,
		Via:       page.via,
		Status:    page.status,
		Audience:  framing.Audience(page.origin),
		Positions: []positionVerdict{},
		Headers:   []headerEffect{},
	}
	for _, source := range framing.Listed(page.origin) {
		r.Listed = append(r.Listed, source.Text)
	}
	for _, embedder := range attackPositions(page.origin) {
		r.Positions = append(r.Positions, embedder.judge(framing, page.origin))
	}
	for _, effect := range framing.Effects() {
		r.Headers = append(r.Headers, headerEffect(effect))
	}
	if reason := policy.NoDocument(page.status, page.lines); reason != "" {
		r.Note = reason.Explain()
	}
	return r
}

type attackPosition struct {
	name   string
	origin policy.Origin
}

// attackPositions are the places an attacker's page may stand. A host without a
// registrable domain, as an address is, has no siblings.
func attackPositions(target policy.Origin) []attackPosition {
	positions := []attackPosition{{"same origin", target}}
	add := func(name, origin string) {
		if o, err := policy.ParseOrigin(origin); err == nil {
			positions = append(positions, attackPosition{name, o})
		}
	}
	if domain := target.RegistrableDomain(); strings.Contains(domain, ".") && !target.IsAddress() {
		sibling := "sibling." + domain
		if target.Host() == sibling {
			sibling = "other." + domain
		}
		add("sibling subdomain", target.Scheme()+"://"+sibling)
	}
	stranger := "attacker.example"
	if strings.HasSuffix(target.Host(), stranger) {
		stranger = "stranger.example"
	}
	add("cross-site https", "https://"+stranger)
	add("cross-site http", "http://"+stranger)
	return positions
}

func (p attackPosition) judge(framing policy.Framing, target policy.Origin) positionVerdict {
	v := positionVerdict{Position: p.name, Embedder: p.origin.String(), Verdict: "blocked"}
	d := framing.Allows(target, p.origin)
	switch {
	case policy.MixedContent(target, p.origin):
		v.Reason = policy.FrameMixedContent
	case d.Allowed:
		v.Verdict, v.Reason = "framed", d.Reason
	default:
		v.Reason = d.Reason
	}
	v.Why = v.Reason.Explain()
	return v
}

// audience says in words who may frame the page.
func (r headersReport) audience() string {
	switch r.Audience {
	case policy.AudienceNobody:
		return "nobody"
	case policy.AudienceSameOrigin:
		return "only pages of the same origin"
	case policy.AudienceListed:
		return "only pages of the origins it lists: " + visible(strings.Join(r.Listed, " "))
	case policy.AudienceHTTPS:
		return "any https page"
	}
	return "everyone: any page on the web"
}

func (r headersReport) text() string {
	var b strings.Builder
	page := r.Target
	if len(r.Via) > 0 {
		page = strings.Join(r.Via, "\n  redirected to ")
	}
	fmt.Fprintf(&b, "Page  %s\n", visible(page))
	if r.Assumed {
		b.WriteString("      (assumed; --target names the page the headers came from)\n")
	}
	if r.Status != 0 {
		fmt.Fprintf(&b, "      %s\n", strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))))
	}
	fmt.Fprintf(&b, "\nWho may frame it: %s.\n", r.audience())
	if r.Note != "" {
		fmt.Fprintf(&b, "Yet %s.\n", r.Note)
	}
	b.WriteString("\nA frame on a page that is\n")
	for _, p := range r.Positions {
		fmt.Fprintf(&b, "  %-18s %-32s %-8s %s\n", p.Position, p.Embedder, p.Verdict, p.Reason)
	}
	b.WriteString("\nWhat the headers do\n")
	if len(r.Headers) == 0 {
		b.WriteString("  No header of this response has to do with framing.\n")
	}
	for _, h := range r.Headers {
		state := "no effect"
		if h.InForce {
			state = "in force"
		}
		fmt.Fprintf(&b, "  %s: %s\n    %s: %s.\n", h.Header, visible(h.Value), state, visible(h.Why))
	}
	return b.String()
}

// visible makes control bytes of a response readable, so that a page cannot write
// to the terminal of whoever looks at its headers.
func visible(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c == '\n' || c >= ' ' && c <= '~' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}
