package policy

import (
	"net/http"
	"slices"
	"strings"
)

// Judge says whether the rules let the request through. It looks, in this order,
// at the host, at headers given twice, at the method; then, for requests that
// may change state, at exemptions, trusted origins, Sec-Fetch-Site, Origin,
// Referer, whether there are credentials at all, and at the token.
func (r Rules) Judge(q Request) Decision {
	if q.Path == "" {
		q.Path = "/"
	}
	self, refusal := r.admit(&q)
	if refusal != "" {
		return deny(refusal)
	}
	if equalASCII(q.Method, "trace") || equalASCII(q.Method, "track") {
		return deny(MethodNotAllowed)
	}
	if q.isHandshake() {
		d := r.judgeSocket(self, &q)
		if !d.Allowed || q.Method == http.MethodGet || q.Method == http.MethodConnect {
			return d
		}
		// A POST that claims to open a socket still is a POST.
	}
	if q.isSafe() && !r.sensitive(&q) {
		return r.judgeSafe(&q)
	}
	return r.judgeUnsafe(self, &q)
}

// admit finds out whom the request was sent to. A host can be refused even where
// the browser says same-origin: after DNS rebinding the browser means another's name.
func (r *Rules) admit(q *Request) (self Origin, refusal Reason) {
	if q.ambiguous() {
		return Origin{}, AmbiguousHeader
	}
	self, ok := plainOrigin(q.Scheme, q.Host)
	if !ok {
		self, ok = q.self()
	}
	if !ok {
		return Origin{}, HostNotAllowed
	}
	if len(r.Hosts) == 0 {
		return self, ""
	}
	for _, h := range r.Hosts {
		if o, ok := matchHost(h, self); ok {
			return o, ""
		}
	}
	return Origin{}, HostNotAllowed
}

// matchHost compares a declared host with where a request went. A declared
// origin wins over the connection's scheme, which ends at the proxy.
func matchHost(declared string, self Origin) (Origin, bool) {
	if !strings.Contains(declared, "://") {
		return matchName(declared, self)
	}
	if o, err := ParseOrigin(declared); err == nil && !o.IsOpaque() {
		same := o.Host() == self.Host() &&
			(o.Port() == self.Port() || self.Port() == defaultPorts[self.Scheme()] && o.Port() == defaultPorts[o.Scheme()])
		return o, same
	}
	return Origin{}, false
}

func matchName(declared string, self Origin) (Origin, bool) {
	o, ok := plainOrigin(self.Scheme(), declared)
	if !ok {
		var err error
		if o, err = OriginOfURL(self.Scheme() + "://" + declared); err != nil {
			return Origin{}, false
		}
	}
	if o.Host() != self.Host() {
		return Origin{}, false
	}
	bare := lowerASCII(declared) == o.Host()
	return self, bare || o.Port() == self.Port()
}

// judgeSafe lets through, but for what the owner wants isolated. Older browsers
// and plain HTTP send no fetch metadata; framing headers hold there.
func (r *Rules) judgeSafe(q *Request) Decision {
	site, _ := q.field(headerFetchSite)
	dest, _ := q.field(headerFetchDest)
	mode, _ := q.field(headerFetchMode)
	foreign := site == "cross-site" || site == "same-site"
	if r.IsolateFrames && foreign && isFrameDest(dest) && !r.embedsOthers(q.Path) {
		return deny(CrossSiteFrame)
	}
	if r.IsolateResources && site == "cross-site" && mode != "navigate" {
		return deny(CrossSiteResource)
	}
	return allow(SafeMethod)
}

func isFrameDest(dest string) bool {
	switch dest {
	case "iframe", "frame", "object", "embed":
		return true
	}
	return false
}

// embedsOthers: which of them asks, fetch metadata does not tell.
func (r *Rules) embedsOthers(path string) bool {
	return slices.ContainsFunc(r.EmbeddersOf(path), func(o string) bool { return o != SelfEmbedder })
}

func (r *Rules) judgeUnsafe(self Origin, q *Request) Decision {
	if r.exempts(q) {
		return allow(Exempt)
	}
	if o, ok := q.field(headerOrigin); ok && trusts(r.TrustedOrigins, o) {
		return allow(TrustedOrigin)
	}
	if dest, _ := q.field(headerFetchDest); r.IsolateFrames && isFrameDest(dest) && len(r.EmbeddersOf(q.Path)) == 0 {
		return deny(FramedSubmission)
	}
	d, known := r.evidence(self, q)
	switch {
	case known && !d.Allowed:
		return d
	case !q.ambient() && known:
		return d
	case !q.ambient():
		return allow(NoCredentials)
	case known && !r.Strict && !coversAny(r.StrictPaths, q.Path):
		return d
	}
	switch q.Token {
	case TokenValid:
		return allow(ValidToken)
	case TokenInvalid:
		return deny(InvalidToken)
	}
	return deny(MissingToken)
}

// trusts compares serialised origins, which are equal only if the origins are.
func trusts(list []string, header string) bool {
	if !slices.Contains(list, header) {
		return false
	}
	o, err := ParseOrigin(header)
	return err == nil && !o.IsOpaque()
}

// evidence is what the browser says about who made the request; known is false
// where it says nothing that counts.
func (r *Rules) evidence(self Origin, q *Request) (d Decision, known bool) {
	origin, hasOrigin := q.field(headerOrigin)
	if site, ok := q.field(headerFetchSite); ok {
		return judgeFetchSite(self, site, origin, hasOrigin), true
	}
	if hasOrigin {
		return judgeOrigin(self, origin), true
	}
	referer, _ := q.field(headerReferer)
	if referer == "" {
		return Decision{}, false
	}
	if from, err := OriginOfURL(referer); err != nil || !from.Same(self) {
		return deny(ForeignReferer), true
	}
	return allow(OwnReferer), r.AcceptReferer
}

func judgeFetchSite(self Origin, site, origin string, hasOrigin bool) Decision {
	switch site {
	case "same-origin", "none":
		// A page whose referrer policy is no-referrer posts with a null origin.
		if hasOrigin && origin != "null" && !sameHost(self, origin) {
			return deny(Contradiction)
		}
		if site == "none" {
			return allow(UserInitiated)
		}
		return allow(SameOrigin)
	case "same-site", "cross-site":
		if o, err := ParseOrigin(origin); hasOrigin && err == nil && o.Same(self) {
			return deny(Contradiction)
		}
		if site == "same-site" {
			return deny(SameSiteOnly)
		}
		return deny(CrossSite)
	}
	return deny(UnknownFetchSite)
}

// sameHost leaves the scheme out: a proxy may have ended TLS, and the browser
// has already said that the origins are equal.
func sameHost(self Origin, origin string) bool {
	o, err := ParseOrigin(origin)
	if err != nil || o.Host() != self.Host() {
		return false
	}
	return o.Port() == self.Port() || o.Port() == defaultPorts[o.Scheme()] && self.Port() == defaultPorts[self.Scheme()]
}

func judgeOrigin(self Origin, header string) Decision {
	o, err := ParseOrigin(header)
	switch {
	case err != nil:
		return deny(MalformedOrigin)
	case o.IsOpaque():
		return deny(NullOrigin)
	case o.Same(self):
		return allow(OwnOrigin)
	case o.Host() == self.Host() && o.Scheme() == "http" && self.Scheme() == "https":
		return deny(InsecureOrigin)
	}
	return deny(ForeignOrigin)
}
