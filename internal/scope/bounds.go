package scope

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// ErrOutOfScope is the cause of every refusal to go to a URL that the claim does
// not cover.
var ErrOutOfScope = errors.New("out of scope")

// bounds are the origins and paths a claim covers.
type bounds struct {
	origins          []policy.Origin
	include, exclude []*regexp.Regexp
}

func newBounds(origins []policy.Origin, include, exclude []string) (*bounds, error) {
	in, err := compilePatterns(include)
	if err != nil {
		return nil, err
	}
	ex, err := compilePatterns(exclude)
	if err != nil {
		return nil, err
	}
	return &bounds{origins: origins, include: in, exclude: ex}, nil
}

// allows says whether the claim covers a URL; the error wraps ErrOutOfScope.
func (b *bounds) allows(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOutOfScope, err)
	}
	return b.allowsURL(u)
}

func (b *bounds) allowsURL(u *url.URL) error {
	if u.User != nil {
		return fmt.Errorf("%w: %s carries a user name", ErrOutOfScope, u.Redacted())
	}
	o, err := policy.OriginOfURL(webScheme(u.Scheme) + "://" + u.Host)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOutOfScope, err)
	}
	if !b.has(o) {
		return fmt.Errorf("%w: %s is none of the declared origins", ErrOutOfScope, o)
	}
	// The decoded, cleaned path is what a server routes by: /x/../logout and
	// /%6cogout are /logout.
	p := path.Clean("/" + u.Path)
	if len(b.include) > 0 && !matchesAny(b.include, p) {
		return fmt.Errorf("%w: path %s is not included", ErrOutOfScope, p)
	}
	if matchesAny(b.exclude, p) {
		return fmt.Errorf("%w: path %s is excluded", ErrOutOfScope, p)
	}
	return nil
}

func (b *bounds) has(o policy.Origin) bool {
	for _, known := range b.origins {
		if known.Same(o) {
			return true
		}
	}
	return false
}

// originAt finds the declared origin at a host and port, whatever its scheme.
func (b *bounds) originAt(host string, port uint16) (policy.Origin, bool) {
	for _, o := range b.origins {
		if o.Host() == host && o.Port() == port {
			return o, true
		}
	}
	return policy.Origin{}, false
}

// webScheme is the scheme a socket's handshake is sent with.
func webScheme(s string) string {
	switch s = strings.ToLower(s); s {
	case "ws":
		return "http"
	case "wss":
		return "https"
	case "http", "https":
		return s
	}
	return "refused-" + s
}

func compilePatterns(patterns []string) ([]*regexp.Regexp, error) {
	var compiled []*regexp.Regexp
	for _, p := range patterns {
		if !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "*") {
			return nil, fmt.Errorf("path pattern %q must begin with / or *", p)
		}
		compiled = append(compiled, compilePattern(p))
	}
	return compiled, nil
}

// compilePattern reads * as "anything within one segment", ** as "anything", and
// a pattern as covering all that lies below the path it matches.
func compilePattern(p string) *regexp.Regexp {
	var re strings.Builder
	for p = strings.TrimSuffix(p, "/"); p != ""; {
		switch {
		case strings.HasPrefix(p, "**"):
			re.WriteString(".*")
			p = p[2:]
		case p[0] == '*':
			re.WriteString("[^/]*")
			p = p[1:]
		default:
			literal, _, _ := strings.Cut(p, "*")
			re.WriteString(regexp.QuoteMeta(literal))
			p = p[len(literal):]
		}
	}
	return regexp.MustCompile(`(?s)^` + re.String() + `(?:/.*)?$`)
}

func matchesAny(patterns []*regexp.Regexp, p string) bool {
	for _, re := range patterns {
		if re.MatchString(p) {
			return true
		}
	}
	return false
}
