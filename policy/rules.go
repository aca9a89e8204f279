package policy

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Rules are what a site's owner declares. The zero value is the strictest: nobody
// embeds, only the site's own origin changes state or opens sockets, and where a
// browser leaves no evidence a token decides. Rules are read, never written, by
// their methods, and safe for concurrent use.
type Rules struct {
	// Hosts are the names the site answers to, "app.example" (any port),
	// "app.example:8443" or "https://app.example", the last of which also tells
	// the scheme where a proxy ends TLS. Empty: whatever host a request names.
	Hosts []string `json:"hosts,omitempty" yaml:"hosts,omitempty"`

	// TrustedOrigins may send state-changing requests: exact, with scheme, and
	// port where it is not the scheme's own.
	TrustedOrigins []string `json:"trusted_origins,omitempty" yaml:"trusted_origins,omitempty"`

	// SocketOrigins may open WebSockets. TrustedOrigins may not by that alone.
	SocketOrigins []string `json:"socket_origins,omitempty" yaml:"socket_origins,omitempty"`

	// Embedders are the origins that may frame a page, or "self", by path; a path
	// covers what is below it, the longest that fits counts, "/" covers all.
	Embedders map[string][]string `json:"embedders,omitempty" yaml:"embedders,omitempty"`

	// Exempt requests are let through whoever sends them.
	Exempt []Exemption `json:"exempt,omitempty" yaml:"exempt,omitempty"`

	// Sensitive paths, and what is below them, are checked for safe methods too. A
	// segment in braces, "/notes/{id}/drop", is any one segment; a question mark at
	// the end, "/currency?", means requests with a query, so that the page itself
	// can still be linked to.
	Sensitive []string `json:"sensitive,omitempty" yaml:"sensitive,omitempty"`

	// Strict also wants a token where the browser's evidence is good, if the
	// request carries credentials; StrictPaths does so for paths and below.
	Strict      bool     `json:"strict,omitempty" yaml:"strict,omitempty"`
	StrictPaths []string `json:"strict_paths,omitempty" yaml:"strict_paths,omitempty"`

	// AcceptReferer takes an own Referer for proof where Origin and
	// Sec-Fetch-Site are missing; without it a token is needed then.
	AcceptReferer bool `json:"accept_referer,omitempty" yaml:"accept_referer,omitempty"`

	// IsolateFrames refuses, before the application sees them, frame navigations
	// from other origins where Embedders names none, and forms submitted inside a
	// frame where Embedders does not even name "self".
	IsolateFrames bool `json:"isolate_frames,omitempty" yaml:"isolate_frames,omitempty"`

	// IsolateResources refuses other sites' safe requests that navigate no tab.
	IsolateResources bool `json:"isolate_resources,omitempty" yaml:"isolate_resources,omitempty"`
}

// An Exemption lets one method on one literal path through unchecked. Reason is
// for the owner's readers.
type Exemption struct {
	Method string `json:"method,omitempty" yaml:"method,omitempty"` // empty: every method
	Path   string `json:"path" yaml:"path"`
	Reason string `json:"reason,omitempty" yaml:"reason,omitempty"`
}

// SelfEmbedder stands for the site's own origin in Rules.Embedders.
const SelfEmbedder = "self"

// Validate finds declarations that can mean nothing, or more than they say.
// Judging with rules that do not validate is safe: such an entry matches nothing.
func (r Rules) Validate() error {
	var errs []error
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	for _, h := range r.Hosts {
		add(validHost(h))
	}
	for _, o := range r.TrustedOrigins {
		add(validOrigin("trusted_origins", o))
	}
	for _, o := range r.SocketOrigins {
		add(validOrigin("socket_origins", o))
	}
	for p, origins := range r.Embedders {
		add(validPath("embedders", p))
		for _, o := range origins {
			if o != SelfEmbedder {
				add(validOrigin("embedders of "+p, o))
			}
		}
	}
	for _, e := range r.Exempt {
		add(validPath("exempt", e.Path))
	}
	for _, p := range r.Sensitive {
		add(validPath("sensitive", strings.TrimSuffix(p, "?")))
	}
	for _, p := range r.StrictPaths {
		add(validPath("strict_paths", p))
	}
	return errors.Join(errs...)
}

func validOrigin(where, s string) error {
	o, err := ParseOrigin(s)
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	if o.IsOpaque() {
		return fmt.Errorf("%s: %q is no one's origin and cannot be trusted", where, s)
	}
	if o.Scheme() != "https" && o.Scheme() != "http" || strings.Contains(s, "*") {
		return fmt.Errorf("%s: %q must be an exact http or https origin", where, s)
	}
	return nil
}

func validHost(s string) error {
	raw := s
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || strings.Contains(s, "*") {
		return fmt.Errorf("hosts: %q is not a host, host:port or origin", s)
	}
	if raw == s {
		return validOrigin("hosts", s)
	}
	return nil
}

func validPath(where, p string) error {
	if !strings.HasPrefix(p, "/") || p != path.Clean(p) && p != path.Clean(p)+"/" || strings.ContainsAny(p, "?#%*") {
		return fmt.Errorf("%s: %q is not a plain absolute path", where, p)
	}
	return nil
}

// EmbeddersOf are the origins (or SelfEmbedder) that may frame what is served at
// path; empty means nobody.
func (r Rules) EmbeddersOf(p string) []string {
	prefix, ok := r.EmbedderPath(p)
	if !ok {
		return nil
	}
	return r.Embedders[prefix]
}

// EmbedderPath is the key of Embedders that holds for path. It is not ok where
// none does, and where a server might take the path for another one than a plain
// reading gives: nobody embeds what nobody can name.
func (r Rules) EmbedderPath(p string) (prefix string, ok bool) {
	if len(r.Embedders) == 0 {
		return "", false
	}
	plain := p
	if strings.IndexByte(p, '%') >= 0 {
		var err error
		if plain, err = url.PathUnescape(p); err != nil {
			return "", false
		}
	}
	if clean := path.Clean(plain); plain != clean && plain != clean+"/" || strings.ContainsAny(plain, `\;%`) || strings.Count(plain, "/") != strings.Count(p, "/") {
		return "", false
	}
	for candidate := range r.Embedders {
		if covers(candidate, plain) && (!ok || len(candidate) > len(prefix)) {
			prefix, ok = candidate, true
		}
	}
	return prefix, ok
}

// namesPaths says whether what r decides can depend on the path.
func (r *Rules) namesPaths() bool {
	return len(r.Embedders)+len(r.Exempt)+len(r.Sensitive)+len(r.StrictPaths) > 0
}

// covers says whether p is prefix or below it, in whole segments.
func covers(prefix, p string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return p == prefix || strings.HasPrefix(p, prefix+"/")
}

// coversAny also looks at p as a lenient server might read it, since the point
// of a listed path is that nobody reaches it unchecked.
func coversAny(prefixes []string, p string) bool {
	if len(prefixes) == 0 {
		return false
	}
	plain := p
	if u, err := url.PathUnescape(p); err == nil {
		plain = u
	}
	plain = path.Clean("/" + plain)
	for _, prefix := range prefixes {
		if covers(filled(prefix, p), p) || covers(filled(prefix, plain), plain) {
			return true
		}
	}
	return false
}

// filled is prefix with its segments in braces replaced by those of p.
func filled(prefix, p string) string {
	if !strings.Contains(prefix, "{") {
		return prefix
	}
	want, have := strings.Split(prefix, "/"), strings.Split(p, "/")
	for i, s := range want {
		if i < len(have) && have[i] != "" && strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
			want[i] = have[i]
		}
	}
	return strings.Join(want, "/")
}

// sensitive says whether a safe request is to be judged like an unsafe one.
func (r *Rules) sensitive(q *Request) bool {
	for _, s := range r.Sensitive {
		s, query := strings.CutSuffix(s, "?")
		if (!query || q.Query != "") && coversAny([]string{s}, q.path()) {
			return true
		}
	}
	return false
}

// exempts wants the literal path: one that a router would clean, redirect or
// decode first is not exempt.
func (r *Rules) exempts(q *Request) bool {
	for _, e := range r.Exempt {
		if (e.Method == "" || e.Method == q.Method) && e.Path == q.path() && validPath("exempt", e.Path) == nil {
			return true
		}
	}
	return false
}
