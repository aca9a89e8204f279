package policy

// Why a request is let through or refused. These are the guard's metric labels.
const (
	// HostNotAllowed: the Host is none the rules name (DNS rebinding), or no host at all.
	HostNotAllowed Reason = "host-not-allowed"
	// AmbiguousHeader: a header that decides is there more than once.
	AmbiguousHeader Reason = "ambiguous-header"
	// MethodNotAllowed: TRACE or TRACK, which echo the credentials.
	MethodNotAllowed Reason = "method-not-allowed"
	// SafeMethod: GET, HEAD or OPTIONS, which must change nothing (RFC 9110, 9.2.1).
	SafeMethod Reason = "safe-method"
	// CrossSiteResource: the rules isolate resources, and another site asks for one (Fetch Metadata, 2).
	CrossSiteResource Reason = "cross-site-resource"
	// CrossSiteFrame: the rules isolate frames, and another site's page wants to embed this one.
	CrossSiteFrame Reason = "cross-site-frame"
	// FramedSubmission: the rules isolate frames, and a form was submitted inside one.
	FramedSubmission Reason = "framed-submission"
	// Exempt: the owner exempted this method and path.
	Exempt Reason = "exempt"
	// TrustedOrigin: Origin is one the owner trusts.
	TrustedOrigin Reason = "trusted-origin"
	// SameOrigin: Sec-Fetch-Site says so (Fetch Metadata, 2.3).
	SameOrigin Reason = "same-origin"
	// UserInitiated: Sec-Fetch-Site says none: address bar, bookmark (Fetch Metadata, 2.3).
	UserInitiated Reason = "user-initiated"
	// SameSiteOnly: a sibling, which is not the same party.
	SameSiteOnly Reason = "same-site"
	// CrossSite: Sec-Fetch-Site says so.
	CrossSite Reason = "cross-site"
	// UnknownFetchSite: Sec-Fetch-Site has a value no browser sends.
	UnknownFetchSite Reason = "unknown-fetch-site"
	// Contradiction: Origin and Sec-Fetch-Site tell different stories, so no browser wrote both.
	Contradiction Reason = "contradiction"
	// OwnOrigin: Origin is the site's own.
	OwnOrigin Reason = "own-origin"
	// NullOrigin: an opaque origin: sandboxed, data:, redirected (Fetch, 3.2).
	NullOrigin Reason = "null-origin"
	// MalformedOrigin: not a serialised origin (HTML, 7.1.1).
	MalformedOrigin Reason = "malformed-origin"
	// InsecureOrigin: the own host over plain HTTP, which anybody on the network can speak for.
	InsecureOrigin Reason = "insecure-origin"
	// ForeignOrigin: Origin is another's.
	ForeignOrigin Reason = "foreign-origin"
	// ForeignReferer: no Origin, and the Referer is not the site's own.
	ForeignReferer Reason = "foreign-referer"
	// OwnReferer: no Origin, the Referer is the site's own, and the rules accept that.
	OwnReferer Reason = "own-referer"
	// NoCredentials: nothing a browser adds by itself, so nothing to ride on.
	NoCredentials Reason = "no-credentials"
	// ValidToken: the token of this session.
	ValidToken Reason = "valid-token"
	// MissingToken: a token is needed and there is none.
	MissingToken Reason = "missing-token"
	// InvalidToken: a token is needed and this one is not good.
	InvalidToken Reason = "invalid-token"
	// SocketOrigin: a WebSocket from an origin the owner lists (RFC 6455, 10.2).
	SocketOrigin Reason = "socket-origin"
	// MissingOrigin: a WebSocket with credentials and without Origin.
	MissingOrigin Reason = "missing-origin"
	// ForgeArrives: a page can make this request, and nobody is asked first.
	ForgeArrives Reason = "forge-arrives"
	// ForgePreflight: the browser asks the server first (Fetch, 4.8).
	ForgePreflight Reason = "forge-preflight"
	// ForgeMethodImpossible: fetch refuses the method, or refuses it without CORS (Fetch, 5.4).
	ForgeMethodImpossible Reason = "forge-method-impossible"
	// ForgeMixedContent: an encrypted page asks for something unencrypted (Mixed Content, 5.3).
	ForgeMixedContent Reason = "forge-mixed-content"
)

var requestReasons = map[Reason]string{
	HostNotAllowed:    "the request names a host that is none of this site's",
	AmbiguousHeader:   "a header that decides is there more than once, so the application might read the other one",
	MethodNotAllowed:  "TRACE and TRACK are never allowed, since they echo credentials",
	SafeMethod:        "the method is safe: it must not change anything",
	CrossSiteResource: "another site asks for a resource of this one",
	CrossSiteFrame:    "another site's page wants to show this page in a frame",
	FramedSubmission:  "the form was submitted inside a frame, and this page must not be framed",
	Exempt:            "the owner exempted this method and path from the check",
	TrustedOrigin:     "the request comes from an origin the owner trusts",
	SameOrigin:        "the browser says that a page of this very origin made the request",
	UserInitiated:     "the browser says that the user made the request, from the address bar or a bookmark",
	SameSiteOnly:      "another host or port of the same site made the request, and it is not among the trusted origins",
	CrossSite:         "the browser says that another site made the request",
	UnknownFetchSite:  "Sec-Fetch-Site has a value that no browser sends",
	Contradiction:     "Origin and Sec-Fetch-Site contradict each other, so a browser did not write both",
	OwnOrigin:         "the request comes from this site's own origin",
	NullOrigin:        "the request comes from an opaque origin, such as a sandboxed frame",
	MalformedOrigin:   "the Origin header is not one a browser would write",
	InsecureOrigin:    "the request comes from the unencrypted twin of this site",
	ForeignOrigin:     "the request comes from another origin",
	ForeignReferer:    "the request has no Origin, and its Referer is another site's page",
	OwnReferer:        "the request has no Origin, and its Referer is a page of this site",
	NoCredentials:     "the request carries no credentials that a browser adds by itself",
	ValidToken:        "the request carries the token of its session",
	MissingToken:      "the request needs a token and has none",
	InvalidToken:      "the request needs a token and the one it has is not valid",
	SocketOrigin:      "the WebSocket is opened by an origin the owner lists for sockets",
	MissingOrigin:     "the WebSocket handshake carries credentials and does not say who opens it",

	ForgeArrives:          "a page of any site can make this request, and the browser asks nobody first",
	ForgePreflight:        "the browser asks the server with a preflight first, and sends the request only with its consent",
	ForgeMethodImpossible: "no script can send this method, or not without a CORS request",
	ForgeMixedContent:     "the browser blocks an unencrypted request made by an encrypted page",
}
