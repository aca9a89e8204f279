package policy

// Kind is how a request comes to be made.
type Kind int

const (
	// TopLevelNavigation puts a new document into the tab: a link, a form
	// submission, script setting location, a popup, a prerendered page.
	TopLevelNavigation Kind = iota
	// TypedNavigation is one the user or the browser itself began: address bar,
	// bookmark. It has no initiator, also if it is redirected elsewhere.
	TypedNavigation
	// Subframe puts a new document into an iframe, frame, object or embed.
	Subframe
	// Subresource is everything a document loads for itself: images, scripts,
	// fetch, XMLHttpRequest, beacons, pings.
	Subresource
	// Socket is the handshake of a WebSocket.
	Socket
	// Script is no request: a document of Target reads or writes document.cookie.
	Script
)

// Credentials is what the request asks to be sent along (Fetch, section 2.2.5).
// Navigations and sockets always include.
type Credentials int

const (
	// CredentialsInclude is the mode of plain elements and of credentials:'include'.
	CredentialsInclude Credentials = iota
	// CredentialsSameOrigin is fetch's default and crossorigin=anonymous.
	CredentialsSameOrigin
	// CredentialsOmit also stands for a credentialless frame, whose jar is empty.
	CredentialsOmit
)

// ThirdParty is the user's setting for cookies of sites other than the one in
// the address bar.
type ThirdParty int

const (
	// ThirdPartyAllowed is the default of Chromium as its authors ship it.
	ThirdPartyAllowed ThirdParty = iota
	// ThirdPartyBlocked is the default of Debian's build, of private windows and
	// of most other browsers.
	ThirdPartyBlocked
)

// A party is what a Trigger and a Setting have in common: a request and the
// documents that stand around it.
type party struct {
	target      Origin
	kind        Kind
	initiator   Origin
	ancestors   []Origin
	credentials Credentials
}

// frames are the documents whose sites decide whether the request is first
// party: the requesting one and all around it. A navigation of the tab has none,
// since the target itself becomes the top.
func (p party) frames() []Origin {
	switch p.kind {
	case TypedNavigation, TopLevelNavigation:
		return nil
	case Subframe:
		if len(p.ancestors) > 0 {
			return p.ancestors
		}
		return []Origin{p.initiator}
	case Script:
		return append([]Origin{p.target}, p.ancestors...)
	}
	return append([]Origin{p.initiator}, p.ancestors...)
}

// firstParty says whether every document around the request is same-site with
// its target ("site for cookies", RFC 6265bis, section 5.2.1).
func (p party) firstParty() bool {
	for _, f := range p.frames() {
		if !f.SameSite(p.target) {
			return false
		}
	}
	return true
}

// sameSite says whether Strict cookies may ride: first party, and begun by a
// document of the same site. Sites that redirected in between do not matter to
// Chromium, though section 5.2 would have them.
func (p party) sameSite() bool {
	switch p.kind {
	case TypedNavigation:
		return true
	case TopLevelNavigation:
		return p.initiator.SameSite(p.target)
	case Script:
		return p.firstParty()
	}
	return p.firstParty() && p.initiator.SameSite(p.target)
}

func (p party) topLevel() bool { return p.kind == TopLevelNavigation || p.kind == TypedNavigation }

// omitsCookies says whether the request neither carries nor keeps any cookie.
func (p party) omitsCookies() bool {
	if p.kind != Subresource && p.kind != Subframe {
		return false
	}
	return p.credentials == CredentialsOmit ||
		p.kind == Subresource && p.credentials == CredentialsSameOrigin && !p.initiator.Same(p.target)
}

// A partition is the jar of partitioned cookies a request opens (CHIPS): the
// site in the address bar, and whether a foreign document stands in between.
type partition struct {
	site     string // empty: an opaque top-level page, whose jar nobody else opens
	embedded bool
}

func (p party) partition() partition {
	frames := p.frames()
	if len(frames) == 0 {
		return partition{site: siteOf(p.target)}
	}
	return partition{siteOf(frames[len(frames)-1]), !p.firstParty()}
}

func siteOf(o Origin) string {
	if o.IsOpaque() {
		return ""
	}
	return siteScheme(o.Scheme()) + "://" + o.RegistrableDomain()
}
