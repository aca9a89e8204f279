package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Audience is who may frame a response, in one word.
type Audience string

// From nobody to everybody. AudienceListed are origins that the response names,
// with or without its own.
const (
	AudienceNobody     Audience = "nobody"
	AudienceSameOrigin Audience = "same-origin"
	AudienceListed     Audience = "listed"
	AudienceHTTPS      Audience = "any-https"
	AudienceEveryone   Audience = "everyone"
)

// stranger is an origin that no list names but by naming everybody: .invalid is
// reserved and never resolves (RFC 6761).
var (
	secureStranger = Origin{"https", "stranger.invalid", 443}
	plainStranger  = Origin{"http", "stranger.invalid", 80}
)

// Audience says who may frame the response that target sends.
func (f Framing) Audience(target Origin) Audience {
	may := func(o Origin) bool { return f.Allows(target, o).Allowed }
	switch {
	case may(plainStranger):
		return AudienceEveryone
	case may(secureStranger):
		return AudienceHTTPS
	case len(f.Listed(target)) > 0:
		return AudienceListed
	case may(target):
		return AudienceSameOrigin
	}
	return AudienceNobody
}

// Listed are the host sources in force that let somebody other than target frame
// the response. With several policies a source counts if all of them agree.
func (f Framing) Listed(target Origin) []Source {
	var listed []Source
	for _, list := range f.enforced {
		for _, s := range list.sources {
			if sample, ok := s.sample(target); ok && sample != target && f.Allows(target, sample).Allowed {
				listed = append(listed, s)
			}
		}
	}
	return listed
}

// sample is an origin that a host source names.
func (s Source) sample(target Origin) (Origin, bool) {
	if s.Kind != SourceHost {
		return Origin{}, false
	}
	o := Origin{scheme: s.Scheme, host: s.Host, port: uint16(max(s.Port, 0))}
	if o.scheme == "" {
		o.scheme = target.scheme
	}
	if s.Wildcard {
		o.host = strings.TrimSuffix("any."+s.Host, ".")
	}
	if s.Port < 0 {
		o.port = defaultPorts[o.scheme]
	}
	return o, o.port != 0 && s.Port < 1<<16
}

// A HeaderEffect says what one header, or one directive of it, does for framing.
type HeaderEffect struct {
	Header  string
	Value   string // as it takes effect, or as sent where it has none
	InForce bool
	Why     string // one sentence in plain words, without a full stop
}

// Effects goes through the headers that have, or look as if they had, a say in
// framing, in the order frame-ancestors, near misses, X-Frame-Options.
func (f Framing) Effects() []HeaderEffect {
	var effects []HeaderEffect
	for _, list := range f.enforced {
		effects = append(effects, HeaderEffect{HeaderCSP, frameAncestors + " " + list.String(), true, list.effect()})
	}
	for _, list := range f.reportOnly {
		effects = append(effects, HeaderEffect{HeaderCSPReportOnly, frameAncestors + " " + list.String(), false,
			"reports violations and blocks nothing"})
	}
	for _, directive := range f.ignored {
		effects = append(effects, HeaderEffect{HeaderCSP, directive.Text, false, directive.Why.explain()})
	}
	if len(f.enforced)+len(f.ignored) == 0 {
		for _, policy := range f.silent {
			effects = append(effects, HeaderEffect{HeaderCSP, policy, false,
				"has no frame-ancestors, and default-src, frame-src and child-src do not stand in for it"})
		}
	}
	if f.xfo.State != XFOAbsent {
		effects = append(effects, f.xfoEffect())
	}
	return effects
}

func (w IgnoredWhy) explain() string {
	switch w {
	case IgnoredDuplicate:
		return "an earlier frame-ancestors of the same policy counts"
	case IgnoredBytes:
		return "dropped as a whole: it holds a byte that is not printable ASCII"
	case IgnoredNotDirective:
		return "not a directive of its own: a semicolon is missing before frame-ancestors"
	}
	return "no such directive: the name is frame-ancestors and a blank follows it"
}

// effect explains a list in force, oddities first.
func (l SourceList) effect() string {
	var notes []string
	for _, s := range l.sources {
		if note := s.oddity(); note != "" {
			notes = append(notes, note)
		}
	}
	switch {
	case l.IsNone() && len(l.sources) == 0:
		notes = append(notes, "an empty list names nobody")
	case l.IsNone():
		notes = append(notes, "names nobody")
	case slices.ContainsFunc(l.sources, func(s Source) bool { return s.Kind == SourceStar || s.Kind == SourceScheme && s.Scheme == "http" }):
		notes = append(notes, "names every page on the web")
	default:
		notes = append(notes, "every page around the frame must be named")
	}
	return strings.Join(notes, "; ")
}

// oddity points out a source that does something other than it seems to.
func (s Source) oddity() string {
	switch {
	case s.Kind == SourceInvalid && strings.Contains(s.Text, "["):
		return fmt.Sprintf("%s is skipped: addresses in brackets cannot be named", s.Text)
	case s.Kind == SourceInvalid:
		return fmt.Sprintf("%s is skipped: it is no source that frame-ancestors knows", s.Text)
	case s.Kind == SourceHost && (s.Host == "none" || s.Host == "self") && s.Text == s.Host:
		return fmt.Sprintf("%s without quotes is a host of that name", s.Text)
	case s.Kind == SourceScheme && s.Scheme != "https" && s.Scheme != "http" && s.Scheme != "file":
		return fmt.Sprintf("%s stands for pages of that scheme, of which there are none", s.Text)
	case s.Kind == SourceHost && !s.matchesPath():
		return fmt.Sprintf("%s matches no page: the path is compared with that of an origin, which is /", s.Text)
	}
	return ""
}

func (f Framing) xfoEffect() HeaderEffect {
	e := HeaderEffect{Header: HeaderXFO, Value: strings.Join(f.xfo.Values, ", "), InForce: f.XFOInForce()}
	switch {
	case len(f.enforced) > 0:
		e.Why = "an enforced frame-ancestors takes its place, even where it is laxer"
	case f.xfo.State == XFODeny:
		e.Why = "no page may frame the response"
	case f.xfo.State == XFOSameOrigin:
		e.Why = "every page around the frame must be of the same origin"
	case f.xfo.State == XFOConflicting:
		e.Why = "different values count as DENY, for the site's own pages too"
	case f.xfo.State == XFOAllowAll:
		e.Why = "restricts nobody"
	default:
		e.Why = "browsers know DENY and SAMEORIGIN and no other value"
	}
	return e
}
