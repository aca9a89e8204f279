package policy

import (
	"net/http"
	"slices"
	"strings"
)

// Judge says whether the rules let the request through. It looks, in this order,
// at the host and at the method; then, for requests that may change state, at
// exemptions, trusted origins, Sec-Fetch-Site, Origin, Referer, whether there are
// credentials at all, and at the token. A header that would decide and is there
// twice is a refusal.
func (r Rules) Judge(q Request) Decision { return r.Decide(&q) }

// Decide is Judge for servers: it copies, allocates and changes nothing.
func (r *Rules) Decide(q *Request) Decision {
	var self Origin
	if refusal := r.admit(&self, q); refusal != "" {
		return deny(refusal)
	}
	switch q.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return r.judgeUnsafe(&self, q) // nobody opens a socket by these (RFC 6455, section 4.1)
	case http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		if equalASCII(q.Method, "trace") || equalASCII(q.Method, "track") {
			return deny(MethodNotAllowed)
		}
	}
	if q.isHandshake() {
		d := r.judgeSocket(&self, q)
		if !d.Allowed || q.Method == http.MethodGet || q.Method == http.MethodConnect {
			return d
		}
		// A PROPFIND that claims to open a socket still is a PROPFIND.
	}
	if q.isSafe() && !r.sensitive(q) {
		return r.judgeSafe(q)
	}
	return r.judgeUnsafe(&self, q)
}

// admit finds out whom the request was sent to, and puts that into self. A host can be refused even where
// the browser says same-origin: after DNS rebinding the browser means another's name.
func (r *Rules) admit(self *Origin, q *Request) (refusal Reason) {
	if !q.hostTaken && q.hostDiffers() {
		return AmbiguousHeader
	}
	if !self.setPlain(q.Scheme, q.Host) {
		var ok bool
		if *self, ok = q.self(); !ok {
			return HostNotAllowed
		}
	}
	if len(r.Hosts) == 0 {
		return ""
	}
	for _, h := range r.Hosts {
		if o, ok := matchHost(h, *self); ok {
			*self = o
			return ""
		}
	}
	return HostNotAllowed
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
	if q.Method == http.MethodOptions { // a preflight is answered for whom Origin names
		if _, _, twice := q.single(headerOrigin); twice {
			return deny(AmbiguousHeader)
		}
	}
	if r.IsolateFrames || r.IsolateResources {
		return r.isolate(q)
	}
	return allow(SafeMethod)
}

func (r *Rules) isolate(q *Request) Decision {
	site, _, twice := q.single(headerFetchSite)
	dest, _, twiceDest := q.single(headerFetchDest)
	mode, _, twiceMode := q.single(headerFetchMode)
	foreign := site == "cross-site" || site == "same-site"
	switch {
	case twice || twiceDest || twiceMode:
		return deny(AmbiguousHeader)
	case r.IsolateFrames && foreign && isFrameDest(dest) && !r.embedsOthers(q.path()):
		return deny(CrossSiteFrame)
	case r.IsolateResources && site == "cross-site" && mode != "navigate":
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

func (r *Rules) judgeUnsafe(self *Origin, q *Request) Decision {
	origin, hasOrigin, twice := q.once(headerOrigin)
	site, hasSite, twiceSite := q.once(headerFetchSite)
	own := hasOrigin && self.isWritten(origin)
	switch {
	case twice || twiceSite || !own && isList(origin) || !isFetchSite(site) && isList(site):
		return deny(AmbiguousHeader)
	case len(r.Exempt) > 0 && r.exempts(q):
		return allow(Exempt)
	case hasOrigin && len(r.TrustedOrigins) > 0 && trusts(r.TrustedOrigins, origin):
		return allow(TrustedOrigin)
	case r.IsolateFrames:
		if refusal := r.framed(q); refusal != "" {
			return deny(refusal)
		}
	}
	var d Decision
	known := true
	switch {
	case hasSite:
		d = judgeFetchSite(self, site, origin, hasOrigin, own)
	case own:
		d = allow(OwnOrigin)
	case hasOrigin:
		d = judgeOrigin(self, origin)
	default:
		d, known = r.judgeReferer(self, q)
	}
	if known && (!d.Allowed || !r.Strict && (len(r.StrictPaths) == 0 || !coversAny(r.StrictPaths, q.path()))) {
		return d
	}
	return r.judgeToken(q, d, known)
}

// framed is why a request made inside a frame is refused, "" if it is not.
func (r *Rules) framed(q *Request) Reason {
	dest, _, twice := q.single(headerFetchDest)
	switch {
	case twice:
		return AmbiguousHeader
	case isFrameDest(dest) && len(r.EmbeddersOf(q.path())) == 0:
		return FramedSubmission
	}
	return ""
}

// judgeToken decides where the browser's evidence, d if it is known, does not.
func (r *Rules) judgeToken(q *Request, d Decision, known bool) Decision {
	if !q.ambient() {
		if known {
			return d
		}
		return allow(NoCredentials)
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

// judgeReferer is for requests with neither Origin nor Sec-Fetch-Site; known is
// false where the Referer says nothing that counts.
func (r *Rules) judgeReferer(self *Origin, q *Request) (d Decision, known bool) {
	values := q.Header[headerReferer]
	if len(values) > 1 {
		return deny(AmbiguousHeader), true
	}
	if len(values) == 0 || values[0] == "" {
		return Decision{}, false
	}
	if from, err := OriginOfURL(values[0]); err != nil || !from.Same(*self) {
		return deny(ForeignReferer), true
	}
	return allow(OwnReferer), r.AcceptReferer
}

func isFetchSite(s string) bool {
	return s == "same-origin" || s == "none" || s == "cross-site" || s == "same-site"
}

// judgeFetchSite: own says that the origin is the site's own.
func judgeFetchSite(self *Origin, site, origin string, hasOrigin, own bool) Decision {
	switch site {
	case "same-origin", "none":
		// A page whose referrer policy is no-referrer posts with a null origin.
		if hasOrigin && !own && origin != "null" && !sameHost(self, origin) {
			return deny(Contradiction)
		}
		if site == "none" {
			return allow(UserInitiated)
		}
		return allow(SameOrigin)
	case "same-site", "cross-site":
		if own {
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
func sameHost(self *Origin, origin string) bool {
	o, err := ParseOrigin(origin)
	if err != nil || o.Host() != self.Host() {
		return false
	}
	return o.Port() == self.Port() || o.Port() == defaultPorts[o.Scheme()] && self.Port() == defaultPorts[self.Scheme()]
}

func judgeOrigin(self *Origin, header string) Decision {
	o, err := ParseOrigin(header)
	switch {
	case err != nil:
		return deny(MalformedOrigin)
	case o.IsOpaque():
		return deny(NullOrigin)
	case o.Same(*self):
		return allow(OwnOrigin)
	case o.Host() == self.Host() && o.Scheme() == "http" && self.Scheme() == "https":
		return deny(InsecureOrigin)
	}
	return deny(ForeignOrigin)
}
