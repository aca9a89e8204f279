package policy

import (
	"net/http"
	"slices"
	"strings"
)

// Response headers that say who may frame the response.
const (
	HeaderCSP           = "Content-Security-Policy"
	HeaderCSPReportOnly = "Content-Security-Policy-Report-Only"
	HeaderXFO           = "X-Frame-Options"
)

// Framing is what a response says about who may show it in a frame: the
// frame-ancestors lists of its Content Security Policies and its X-Frame-Options,
// as Chromium reads them. The zero value says nothing, so everybody may.
//
// Only the final response of a redirect counts, and only what its headers say:
// meta elements carry neither rule (CSP Level 3, section 3.3).
type Framing struct {
	enforced   []SourceList
	reportOnly []SourceList
	ignored    []IgnoredDirective
	silent     []string // enforced policies without a frame-ancestors directive
	xfo        XFO
	redirected bool
	unreadable bool
}

// ParseFraming reads the header lines of one response, each "Name: value" without
// its line end, in the order sent and with repetitions. The bytes are taken as
// they were on the wire, stray line breaks and folded lines included, and are
// divided into headers the way Chromium divides them. It accepts any input.
func ParseFraming(lines []string) Framing {
	fields, readable := readWire(lines)
	f := framingOf(fields)
	f.unreadable = !readable
	return f
}

// FramingOf reads a response's headers as net/http keeps them. Names that differ
// only in case are taken together, in alphabetical order.
func FramingOf(h http.Header) Framing {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	var lines []string
	for _, name := range names {
		for _, value := range h[name] {
			lines = append(lines, name+": "+newlinesToSpace.Replace(value))
		}
	}
	return ParseFraming(lines)
}

// newlinesToSpace makes of a value what net/http's server writes of it.
var newlinesToSpace = strings.NewReplacer("\n", " ", "\r", " ")

func framingOf(fields []headerField) Framing {
	var f Framing
	for _, field := range fields {
		switch {
		case field.is(HeaderCSP):
			for _, policy := range parsePolicies(field.value) {
				f.enforced = append(f.enforced, policy.lists...)
				f.ignored = append(f.ignored, policy.ignored...)
				if policy.lists == nil && policy.text != "" {
					f.silent = append(f.silent, policy.text)
				}
			}
		case field.is(HeaderCSPReportOnly):
			for _, policy := range parsePolicies(field.value) {
				f.reportOnly = append(f.reportOnly, policy.lists...)
			}
		}
	}
	f.xfo = parseXFO(fields)
	return f
}

// Allows says whether a browser shows the response, coming from target, in a
// frame of ancestors: the embedder first, the top-level page last. A link that
// refuses is enough to block. Without ancestors the response is itself the
// top-level page, which no rule here forbids.
//
// Enforced frame-ancestors lists must all match every ancestor (CSP Level 3,
// section 6.4.2.1). Where there is at least one, X-Frame-Options is not looked at,
// even if it is stricter (section 6.4.2.2; HTML, section 7.4.6.2).
func (f Framing) Allows(target Origin, ancestors ...Origin) Decision {
	switch {
	case len(ancestors) == 0:
		return allow(FrameTopLevel)
	case f.unreadable:
		return deny(FrameResponseUnreadable)
	case len(f.enforced) > 0:
		return f.allowsByCSP(target, ancestors)
	}
	d := f.xfo.allows(target, ancestors)
	if d.Reason == FrameUnrestricted && len(f.reportOnly) > 0 {
		return allow(FrameReportOnly)
	}
	return d
}

func (f Framing) allowsByCSP(target Origin, ancestors []Origin) Decision {
	for _, list := range f.enforced {
		for _, ancestor := range ancestors {
			if list.matches(target, ancestor, f.redirected) {
				continue
			}
			switch {
			case list.IsNone():
				return deny(FrameAncestorsNone)
			case ancestor.IsOpaque():
				return deny(FrameAncestorsOpaque)
			}
			return deny(FrameAncestorsMismatch)
		}
	}
	return allow(FrameAncestorsMatch)
}

// AfterRedirect is f for a response that was reached through a redirect: paths of
// sources no longer matter then (CSP Level 3, section 6.7.2.8, step 6).
func (f Framing) AfterRedirect() Framing {
	f.redirected = true
	return f
}

// Enforced are the frame-ancestors lists that are in force, one for each policy
// that has one, in the order sent. All of them must match.
func (f Framing) Enforced() []SourceList { return slices.Clone(f.enforced) }

// ReportOnly are the frame-ancestors lists that only report: they never block.
func (f Framing) ReportOnly() []SourceList { return slices.Clone(f.reportOnly) }

// Ignored are the directives of enforced policies that look like, or are, a
// frame-ancestors rule that the browser drops.
func (f Framing) Ignored() []IgnoredDirective { return slices.Clone(f.ignored) }

// XFO is what X-Frame-Options says; XFOInForce tells whether it counts.
func (f Framing) XFO() XFO {
	x := f.xfo
	x.Values = slices.Clone(x.Values)
	return x
}

// XFOInForce says whether X-Frame-Options decides anything: it blocks somebody
// and no enforced frame-ancestors list takes its place.
func (f Framing) XFOInForce() bool {
	return len(f.enforced) == 0 && f.xfo.restricts()
}

// Restricts says whether anybody at all is kept from framing the response.
// A list that names * is in force yet keeps out only pages without a web origin.
func (f Framing) Restricts() bool { return len(f.enforced) > 0 || f.xfo.restricts() }
