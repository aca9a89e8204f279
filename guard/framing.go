package guard

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// A frame is what the rules say about framing one part of the site, ready to send.
// The slices are shared between responses, as those of headers are.
type frame struct {
	csp  []string
	xfo  []string // nil where X-Frame-Options cannot say it: it knows no embedders
	self bool     // the site's own pages may
}

// frames are the rules' embedders by path; "" stands for nobody.
type frames map[string]*frame

var (
	frameNobody = &frame{csp: []string{"frame-ancestors 'none'"}, xfo: []string{"DENY"}}
	frameSelf   = &frame{csp: []string{"frame-ancestors 'self'"}, xfo: []string{"SAMEORIGIN"}, self: true}
)

func newFrames(r policy.Rules) frames {
	fs := frames{}
	for path, embedders := range r.Embedders {
		fs[path] = newFrame(embedders)
	}
	return fs
}

func newFrame(embedders []string) *frame {
	self := slices.Contains(embedders, policy.SelfEmbedder)
	switch {
	case len(embedders) == 0:
		return frameNobody
	case self && len(embedders) == 1:
		return frameSelf
	}
	sources := slices.Clone(embedders)
	for i, s := range sources {
		if s == policy.SelfEmbedder {
			sources[i] = "'self'"
		}
	}
	return &frame{csp: []string{"frame-ancestors " + strings.Join(sources, " ")}, self: self}
}

func (g *Guard) frameFor(r *http.Request) *frame {
	if len(g.frames) == 0 {
		return frameNobody
	}
	if prefix, ok := g.rules.EmbedderPath(r.URL.EscapedPath()); ok {
		return g.frames[prefix]
	}
	return frameNobody
}

// writeFraming joins the rules with what the application sends.
func (g *Guard) writeFraming(h http.Header, r *http.Request, has sent) {
	f := g.frameFor(r)
	switch g.framingMode {
	case Off:
		return
	case Report:
		appendValue(h, policy.HeaderCSPReportOnly, f.csp[0])
		return
	}
	if !has.csp && !has.xfo {
		f.set(h)
		return
	}
	before := readFraming(h)
	switch g.options.Framing {
	case IfMissing:
		if before.Restricts() {
			return // the owner leaves it to the application where that says anything
		}
	case Own:
		removeAncestors(h)
	default:
		f = f.within(before)
	}
	if before.Restricts() {
		g.metrics.framing.Add(1)
	}
	f.add(h)
}

// within is f as far as an X-Frame-Options allows that is in force now and that
// any frame-ancestors would switch off (CSP Level 3, section 6.4.2.2). Lists of the
// application need no folding: they stay, and policies intersect.
//
// X-Frame-Options: SAMEORIGIN becomes 'self', which also lets the https page of a
// plain http site frame it. CSP has no word without that; the page speaks for the host.
func (f *frame) within(before policy.Framing) *frame {
	if !before.XFOInForce() {
		return f
	}
	if before.XFO().State == policy.XFOSameOrigin && f.self {
		return frameSelf
	}
	return frameNobody
}

// set writes both headers where there are none.
func (f *frame) set(h http.Header) {
	h[policy.HeaderCSP] = f.csp
	if f.xfo != nil {
		h[policy.HeaderXFO] = f.xfo
	}
}

// add writes a policy of its own that holds nothing else, so that it can only take
// away, and one X-Frame-Options for browsers that know no frame-ancestors.
func (f *frame) add(h http.Header) {
	removeHeader(h, policy.HeaderXFO)
	appendValue(h, policy.HeaderCSP, f.csp[0])
	if f.xfo != nil {
		h[policy.HeaderXFO] = f.xfo
	}
}

func appendValue(h http.Header, name, value string) {
	have := h[name]
	h[name] = append(have[:len(have):len(have)], value)
}

// readFraming is what browsers make of the framing headers now. A policy that holds
// control characters reaches them over HTTP/1.1 and not over HTTP/2: it stays, but
// does not count as switching X-Frame-Options off.
func readFraming(h http.Header) policy.Framing {
	var lines []string
	for name, values := range h {
		isCSP := strings.EqualFold(name, policy.HeaderCSP)
		if !isCSP && !strings.EqualFold(name, policy.HeaderXFO) {
			continue
		}
		for _, v := range values {
			if !isCSP || !hasControl(v) {
				lines = append(lines, name+": "+lineEnds.Replace(v))
			}
		}
	}
	slices.Sort(lines)
	return policy.ParseFraming(lines)
}

// lineEnds makes of a value what net/http's server writes of it.
var lineEnds = strings.NewReplacer("\r", " ", "\n", " ")

func hasControl(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// removeAncestors takes frame-ancestors out of every enforced policy and leaves
// the other directives as they are.
func removeAncestors(h http.Header) {
	for name, values := range h {
		if !strings.EqualFold(name, policy.HeaderCSP) {
			continue
		}
		var kept []string
		for _, v := range values {
			if rest := withoutAncestors(v); rest != "" {
				kept = append(kept, rest)
			}
		}
		if h[name] = kept; kept == nil {
			delete(h, name)
		}
	}
}

func withoutAncestors(value string) string {
	var policies []string
	for p := range strings.SplitSeq(value, ",") {
		var directives []string
		for d := range strings.SplitSeq(p, ";") {
			d = strings.Trim(d, " \t\n\f\r")
			name, _, _ := strings.Cut(spaces.Replace(d), " ")
			if d != "" && !strings.EqualFold(name, "frame-ancestors") {
				directives = append(directives, d)
			}
		}
		if len(directives) > 0 {
			policies = append(policies, strings.Join(directives, "; "))
		}
	}
	return strings.Join(policies, ", ")
}

var spaces = strings.NewReplacer("\t", " ", "\n", " ", "\f", " ", "\r", " ")
