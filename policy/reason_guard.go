package policy

// Why a guard, which sees what Rules cannot, answers a request itself or changes
// it on its way.
const (
	// DuplicateCookie: a session cookie is there twice, so one of them may be planted
	// by a sibling host (RFC 6265bis, section 8.6).
	DuplicateCookie Reason = "duplicate-cookie"
	// TokenUnavailable: what remembers tokens failed, so none can be checked.
	TokenUnavailable Reason = "token-unavailable"
	// PrincipalUnavailable: what knows who is logged in failed, so nobody can say.
	PrincipalUnavailable Reason = "principal-unavailable"
	// ActionSpent: a token for one action was used before, or is too old.
	ActionSpent Reason = "action-spent"
	// InsecureTransport: the request came unencrypted to a site that wants https.
	InsecureTransport Reason = "insecure-transport"
	// HTTPSRedirect: a safe request came unencrypted and is sent to https.
	HTTPSRedirect Reason = "https-redirect"
	// PreflightAnswered: a CORS preflight from an origin on the list (Fetch, section 4.8).
	PreflightAnswered Reason = "preflight-answered"
	// PreflightRefused: a CORS preflight that the list does not cover.
	PreflightRefused Reason = "preflight-refused"
	// NotJSON: the path takes JSON only, and the content type is another or missing.
	NotJSON Reason = "not-json"
	// FrameWithoutCookies: a frame navigation from another origin, forwarded without credentials.
	FrameWithoutCookies Reason = "frame-without-cookies"
	// UpstreamUnreachable: the application behind the proxy does not answer.
	UpstreamUnreachable Reason = "upstream-unreachable"
	// UpstreamTimeout: the application behind the proxy took too long to answer.
	UpstreamTimeout Reason = "upstream-timeout"
	// HeadTooLarge: the request's headers are larger than the proxy takes.
	HeadTooLarge Reason = "head-too-large"
	// RequestStalled: the client stopped sending in the middle of a request.
	RequestStalled Reason = "request-stalled"
)

var guardReasons = map[Reason]string{
	DuplicateCookie:      "a session cookie is there more than once, and one of them may be somebody else's",
	TokenUnavailable:     "the token cannot be checked at the moment, so the request is refused",
	PrincipalUnavailable: "who is logged in cannot be told at the moment, so the request is refused",
	ActionSpent:          "the token for this action was used before or is too old",
	InsecureTransport:    "the request came unencrypted, and this site takes changes over https only",
	HTTPSRedirect:        "the request came unencrypted and is sent to https",
	PreflightAnswered:    "the preflight comes from an origin that is listed for cross-origin requests",
	PreflightRefused:     "the preflight asks for an origin, a method or a header that is not listed",
	NotJSON:              "this path takes application/json and nothing else",
	FrameWithoutCookies:  "another site's page shows this page in a frame, so it was forwarded without cookies",
	UpstreamUnreachable:  "the application behind the guard does not answer",
	UpstreamTimeout:      "the application behind the guard took too long to answer",
	RequestStalled:       "the rest of the request did not arrive in time",
	HeadTooLarge:         "the headers of the request are larger than this site takes",
}
