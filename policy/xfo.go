package policy

import (
	"slices"
	"strings"
)

// XFO is what the X-Frame-Options headers of a response amount to.
type XFO struct {
	State  XFOState
	Values []string // every value, split at commas, without blanks, otherwise as sent
}

// XFOState is the outcome of reading X-Frame-Options (HTML, section 7.4.6.2).
type XFOState string

// Chromium differs from the specification in one thing: the specification lets
// several unknown values conflict, Chromium ignores them as one unknown value.
const (
	XFOAbsent      XFOState = "absent"
	XFODeny        XFOState = "deny"
	XFOSameOrigin  XFOState = "same-origin"
	XFOAllowAll    XFOState = "allow-all"   // known to Chromium, restricts nobody
	XFOConflicting XFOState = "conflicting" // different values: the same as deny
	XFOInvalid     XFOState = "invalid"     // ALLOW-FROM and anything else unknown: ignored
)

// xfoSpace is what Chromium trims from a value: more than other headers' blanks.
const xfoSpace = " \t\n\v\f\r"

func parseXFO(fields []headerField) XFO {
	x := XFO{State: XFOAbsent}
	for _, field := range fields {
		if !field.is(HeaderXFO) {
			continue
		}
		for _, value := range splitList(field.value) {
			x.Values = append(x.Values, value)
			x.State = x.State.and(readXFOValue(value))
		}
	}
	return x
}

func readXFOValue(value string) XFOState {
	switch lowerASCII(strings.Trim(value, xfoSpace)) {
	case "deny":
		return XFODeny
	case "sameorigin":
		return XFOSameOrigin
	case "allowall":
		return XFOAllowAll
	}
	return XFOInvalid
}

func (s XFOState) and(next XFOState) XFOState {
	if s == XFOAbsent || s == next {
		return next
	}
	return XFOConflicting
}

// allows judges by X-Frame-Options alone. SAMEORIGIN looks at every ancestor, not
// only at the embedder or the top-level page (HTML, section 7.4.6.2, step 7).
func (x XFO) allows(target Origin, ancestors []Origin) Decision {
	switch x.State {
	case XFODeny:
		return deny(FrameXFODeny)
	case XFOConflicting:
		return deny(FrameXFOConflict)
	case XFOInvalid:
		return allow(FrameXFOInvalid)
	case XFOAllowAll:
		return allow(FrameXFOAllowAll)
	case XFOSameOrigin:
		if slices.ContainsFunc(ancestors, func(a Origin) bool { return !a.Same(target) }) {
			return deny(FrameXFOForeign)
		}
		return allow(FrameXFOSameOrigin)
	}
	return allow(FrameUnrestricted)
}

func (x XFO) restricts() bool {
	return x.State == XFODeny || x.State == XFOSameOrigin || x.State == XFOConflicting
}
