package policy

import "strings"

// frameAncestors is the one directive of a Content Security Policy read here.
// Others, default-src among them, say nothing about who may frame the page.
const frameAncestors = "frame-ancestors"

// An IgnoredDirective is a directive about framing that has no effect, and why.
type IgnoredDirective struct {
	Text string // as sent
	Why  IgnoredWhy
}

// IgnoredWhy says why a directive has no effect.
type IgnoredWhy string

// The ways a framing directive can miss.
const (
	IgnoredDuplicate    IgnoredWhy = "duplicate"     // the policy has an earlier frame-ancestors, which counts
	IgnoredBytes        IgnoredWhy = "invalid-bytes" // the value holds a byte that is no printable ASCII: all of it is dropped
	IgnoredMisspelt     IgnoredWhy = "misspelt"      // no directive has that name
	IgnoredNotDirective IgnoredWhy = "no-directive"  // frame-ancestors stands inside another directive's value
)

// A cspPolicy is what is read of one policy. It has at most one list.
type cspPolicy struct {
	text    string
	lists   []SourceList
	ignored []IgnoredDirective
}

// parsePolicies reads one Content-Security-Policy value, which may hold several
// policies separated by commas.
func parsePolicies(value string) []cspPolicy {
	var policies []cspPolicy
	for text := range strings.SplitSeq(value, ",") {
		policies = append(policies, parsePolicy(strings.Trim(text, cspSpace)))
	}
	return policies
}

// parsePolicy reads one serialised policy (CSP Level 3, section 2.2.1). The first
// frame-ancestors counts. One that holds an invalid byte is dropped, and still
// keeps a later one from counting (measured).
func parsePolicy(text string) cspPolicy {
	p := cspPolicy{text: text}
	seen := false
	for directive := range strings.SplitSeq(text, ";") {
		directive = strings.Trim(directive, cspSpace)
		name, value := cutDirective(directive)
		why := IgnoredWhy("")
		switch {
		case lowerASCII(name) != frameAncestors:
			why = misses(name, value)
		case seen:
			why = IgnoredDuplicate
		case !printable(value):
			seen, why = true, IgnoredBytes
		default:
			seen = true
			p.lists = []SourceList{ParseSourceList(value)}
		}
		if why != "" {
			p.ignored = append(p.ignored, IgnoredDirective{directive, why})
		}
	}
	return p
}

// cspSpace is ASCII whitespace (Infra, section 4.6). A vertical tab is not in it,
// and neither is a no-break space.
const cspSpace = " \t\n\f\r"

func cutDirective(directive string) (name, value string) {
	if i := strings.IndexAny(directive, cspSpace); i >= 0 {
		return directive[:i], strings.Trim(directive[i:], cspSpace)
	}
	return directive, ""
}

// misses recognises a directive that was meant to be frame-ancestors: so near a
// miss that somebody believes to be protected.
func misses(name, value string) IgnoredWhy {
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' {
				return r
			}
			return -1
		}, lowerASCII(s))
	}
	switch plain := letters(name); {
	case strings.HasPrefix(plain, "frame") && strings.Contains(plain, "anc"),
		plain == "frameoptions", plain == "xframeoptions":
		return IgnoredMisspelt
	case strings.Contains(letters(value), "frameancestors"):
		return IgnoredNotDirective
	}
	return ""
}

// printable says whether a directive's value has only bytes that CSP allows in one.
func printable(value string) bool {
	for i := range len(value) {
		if c := value[i]; (c < ' ' || c > '~') && strings.IndexByte(cspSpace, c) < 0 {
			return false
		}
	}
	return true
}
