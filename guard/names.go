package guard

// Header names that the guard reads or writes and policy has no constant for, in
// canonical form, so that they can index an http.Header.
const (
	headerUpgrade        = "Upgrade"
	headerCookie         = "Cookie"
	headerSetCookie      = "Set-Cookie"
	headerAuthorization  = "Authorization"
	headerOrigin         = "Origin"
	headerVary           = "Vary"
	headerCacheControl   = "Cache-Control"
	headerContentType    = "Content-Type"
	headerReferrerPolicy = "Referrer-Policy"
	headerNosniff        = "X-Content-Type-Options"
	headerHSTS           = "Strict-Transport-Security"
	headerForwardedProto = "X-Forwarded-Proto"
)
