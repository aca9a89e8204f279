package guard

import (
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/mantlet-dev/mantlet/policy"
)

// principals forwards who is logged in. nil forwards and removes nothing.
type principals struct {
	Principals
	key *key // nil where headers are only removed
}

// isSet says whether anything was asked for.
func (p Principals) isSet() bool {
	return p.Of != nil || p.Name != "" || p.Audience != "" || len(p.Keys) > 0 || p.Life != 0
}

// validate is about the rest of the options as well.
func (p Principals) validate(o Options) error {
	if !p.isSet() {
		return nil
	}
	h := p.withDefaults()
	if p.Of == nil && (p.Audience != "" || len(p.Keys) > 0 || p.Life != 0) {
		return fmt.Errorf("principal: nothing says who is logged in (in guard.yaml, sessions do); to only remove the header, name it and leave the rest")
	}
	if p.Of == nil {
		return validPrincipalName(h.Name)
	}
	for _, key := range p.Keys {
		if slices.ContainsFunc(o.Tokens.Keys, func(k []byte) bool { return string(k) == string(key) }) {
			return fmt.Errorf("principal: a key signs tokens as well; the application gets this one, so it has to be another")
		}
	}
	return h.validate()
}

func newPrincipals(p Principals) *principals {
	if !p.isSet() {
		return nil
	}
	p.PrincipalHeader = p.withDefaults()
	p.Name = http.CanonicalHeaderKey(p.Name)
	forward := &principals{Principals: p}
	if p.Of != nil {
		forward.key = newKey(p.Keys[0])
	}
	return forward
}

// introduce gives the application its request without what a client has put into the
// header, and with the guard's word for who is logged in. A request that goes on
// without credentials is nobody's, whatever session it came with. refusal is set
// where nobody can say.
func (g *Guard) introduce(r *http.Request, stranger bool) (_ *http.Request, refusal policy.Reason) {
	p := g.principals
	if p == nil {
		return r, ""
	}
	user := ""
	if p.Of != nil && !stranger {
		var err error
		if user, err = p.Of(r); err == nil {
			err = validUser(user)
		}
		if err != nil {
			g.principalFailed(r, err)
			return nil, policy.PrincipalUnavailable
		}
	}
	if user == "" && !p.isIn(r.Header) {
		return r, ""
	}
	r = shallowClone(r)
	p.remove(r.Header)
	if user != "" {
		r.Header[p.Name] = []string{p.write(labelPrincipal, p.key, user, r.Method, g.now())}
	}
	return r, ""
}

func validUser(user string) error {
	if len(user) > maxPrincipal || !utf8.ValidString(user) {
		return fmt.Errorf("the user's id has %d bytes: it has to be UTF-8 of at most %d", len(user), maxPrincipal)
	}
	return nil
}

func (g *Guard) principalFailed(r *http.Request, err error) {
	g.tell(r, policy.Decision{Reason: policy.PrincipalUnavailable}, rulePrincipal, Enforce)
	if log := g.options.Logger; log != nil {
		log.Error("who is logged in cannot be told", "error", err.Error())
	}
}

func (p *principals) isIn(h http.Header) bool {
	for name := range h {
		if sameHeader(name, p.Name) {
			return true
		}
	}
	return false
}

func (p *principals) remove(h http.Header) {
	for name := range h {
		if sameHeader(name, p.Name) {
			delete(h, name)
		}
	}
}

// restore puts the header back that a client named in Connection, which makes the
// proxy drop it: users would log themselves out, and applications see strangers.
func (p *principals) restore(out, in *http.Request) {
	if p == nil {
		return
	}
	if word := in.Header[p.Name]; word != nil {
		out.Header[p.Name] = word
	}
	p.remove(out.Trailer) // which some servers take for headers
}

// sameHeader says whether an application may read two names as one. Behind CGI and
// WSGI a header is a variable: letters in upper case, everything else an underscore.
func sameHeader(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := rune(a[i]), rune(b[i])
		if x|0x20 == y|0x20 && isAlphanumeric(x) && isAlphanumeric(y) || !isAlphanumeric(x) && !isAlphanumeric(y) {
			continue
		}
		return false
	}
	return true
}
