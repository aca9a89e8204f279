package policy

import (
	"slices"
	"strconv"
	"strings"
)

// A SourceList is the value of one frame-ancestors directive.
type SourceList struct{ sources []Source }

// SourceKind says what a source expression stands for (CSP Level 3, section 2.3.1).
type SourceKind string

// The kinds of source expression that frame-ancestors knows. Any other token is
// SourceInvalid: browsers skip it, so a list of nothing else names nobody.
const (
	SourceNone    SourceKind = "none"    // 'none': counts only if it stands alone
	SourceSelf    SourceKind = "self"    // 'self': the target's origin, or its upgrade to https
	SourceStar    SourceKind = "star"    // *: every http, https, ws and wss origin
	SourceScheme  SourceKind = "scheme"  // https:
	SourceHost    SourceKind = "host"    // https://*.example.com:8443
	SourceInvalid SourceKind = "invalid" // anything else, as for instance an unknown 'keyword'
)

// Ports of a host source that are no number.
const (
	NoPort  = -1 // none was given: the default port of the embedder's scheme
	AnyPort = -2 // *
)

// A Source is one source expression.
type Source struct {
	Kind     SourceKind
	Text     string // as sent
	Scheme   string // lower case; empty in a host source without one: the target's scheme
	Host     string // lower case, without the leading "*."; empty for a lone * and in other kinds
	Wildcard bool   // Host is preceded by "*.", or is "*"
	Port     int    // NoPort, AnyPort or a number; NoPort in other kinds
	Path     string // as sent, without query and fragment
}

// ParseSourceList reads the value of a frame-ancestors directive. It accepts any
// input; what is no source expression is kept as SourceInvalid.
func ParseSourceList(value string) SourceList {
	var l SourceList
	for _, token := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(cspSpace, r) }) {
		l.sources = append(l.sources, parseSource(token))
	}
	return l
}

// Sources are the expressions of the list, in the order sent, 'none' and invalid
// ones included.
func (l SourceList) Sources() []Source { return slices.Clone(l.sources) }

// IsNone says whether the list names nobody.
func (l SourceList) IsNone() bool {
	return !slices.ContainsFunc(l.sources, Source.counts)
}

// String is the list as it takes effect: without what browsers skip, and 'none'
// where nothing is left. Parsing it again gives a list that decides the same.
func (l SourceList) String() string {
	var texts []string
	for _, s := range l.sources {
		if s.counts() {
			texts = append(texts, s.Text)
		}
	}
	if texts == nil {
		return "'none'"
	}
	return strings.Join(texts, " ")
}

func (s Source) counts() bool { return s.Kind != SourceNone && s.Kind != SourceInvalid }

func parseSource(token string) Source {
	s := Source{Text: token, Port: NoPort}
	switch lowerASCII(token) {
	case "'none'":
		s.Kind = SourceNone
	case "'self'":
		s.Kind = SourceSelf
	case "*":
		s.Kind = SourceStar
	default:
		if !s.parseSchemeOrHost(token) {
			s = Source{Kind: SourceInvalid, Text: token, Port: NoPort}
		}
	}
	return s
}

// parseSchemeOrHost reads scheme-source and host-source. IPv6 addresses, names
// outside ASCII and underscores are not in the grammar.
func (s *Source) parseSchemeOrHost(text string) bool {
	if scheme, rest, found := strings.Cut(text, "://"); found && !strings.ContainsAny(scheme, ":/") {
		s.Scheme, text = lowerASCII(scheme), rest
		if !validScheme(scheme) {
			return false
		}
	} else if scheme, isScheme := strings.CutSuffix(text, ":"); isScheme && !strings.ContainsAny(scheme, ":/") {
		s.Kind, s.Scheme = SourceScheme, lowerASCII(scheme)
		return validScheme(scheme)
	}
	s.Kind = SourceHost
	end := strings.IndexAny(text, ":/")
	if end < 0 {
		end = len(text)
	}
	return s.parseHost(text[:end]) && s.parsePortAndPath(text[end:])
}

func (s *Source) parseHost(host string) bool {
	if host == "*" {
		s.Wildcard = true
		return true
	}
	host, s.Wildcard = strings.CutPrefix(host, "*.")
	s.Host = lowerASCII(host)
	if host == "" {
		return false
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".") // the name of a root may end in a dot
	return !slices.ContainsFunc(labels, func(label string) bool {
		return label == "" || strings.ContainsFunc(label, func(r rune) bool { return !isAlphanumeric(r) && r != '-' })
	})
}

// parsePortAndPath reads what follows the host: nothing, or a port after a colon
// and a path after a slash.
func (s *Source) parsePortAndPath(rest string) bool {
	if port, found := strings.CutPrefix(rest, ":"); found {
		port, _, _ = strings.Cut(port, "/")
		rest = rest[1+len(port):]
		if !s.parsePort(port) {
			return false
		}
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	s.Path = rest
	return true
}

func (s *Source) parsePort(port string) bool {
	if port == "*" {
		s.Port = AnyPort
		return true
	}
	if port == "" || strings.ContainsFunc(port, func(r rune) bool { return r < '0' || r > '9' }) {
		return false
	}
	n, err := strconv.ParseInt(port, 10, 32)
	s.Port = int(n)
	return err == nil
}

func validScheme(scheme string) bool {
	if scheme == "" || !isAlphanumeric(rune(scheme[0])) || '0' <= scheme[0] && scheme[0] <= '9' {
		return false
	}
	return !strings.ContainsFunc(scheme, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("+-.", r) })
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
