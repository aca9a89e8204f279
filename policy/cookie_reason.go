package policy

// Why a browser keeps, sends or withholds a cookie. Sections are those of RFC
// 6265bis where nothing else is named.
const (
	// CookieStored: nothing speaks against keeping it (5.7).
	CookieStored Reason = "cookie-stored"
	// CookieControlCharacter: the line holds a control character (5.6, step 1).
	CookieControlCharacter Reason = "cookie-control-character"
	// CookieEmpty: neither name nor value (5.7, step 5).
	CookieEmpty Reason = "cookie-empty"
	// CookieTooLarge: name and value together exceed 4096 octets (5.6, step 6).
	CookieTooLarge Reason = "cookie-too-large"
	// CookiePrefixInValue: nameless, and the value would pass for a prefixed name (5.7, step 22).
	CookiePrefixInValue Reason = "cookie-prefix-in-value"
	// CookieNamelessPair: nameless, and sent back the value would read as a name and a value (Chromium).
	CookieNamelessPair Reason = "cookie-nameless-pair"
	// CookieSecurePrefixBroken: __Secure- without Secure (4.1.3.1).
	CookieSecurePrefixBroken Reason = "cookie-secure-prefix-broken"
	// CookieHostPrefixBroken: __Host- without Secure, without an explicit Path=/, or with Domain (4.1.3.2).
	CookieHostPrefixBroken Reason = "cookie-host-prefix-broken"
	// CookieHTTPPrefixBroken: __Http- or __Host-Http- without HttpOnly or the rest of its promise.
	CookieHTTPPrefixBroken Reason = "cookie-http-prefix-broken"
	// CookieDomainForeign: Domain does not cover the host that sets it (5.7, step 10).
	CookieDomainForeign Reason = "cookie-domain-foreign"
	// CookieDomainPublicSuffix: Domain is a public suffix (5.7, step 9).
	CookieDomainPublicSuffix Reason = "cookie-domain-public-suffix"
	// CookieSecureOverPlain: Secure, and the connection is neither encrypted nor to this machine (5.7, step 12; 5.8.3).
	CookieSecureOverPlain Reason = "cookie-secure-over-plain"
	// CookieHTTPOnlyFromScript: HttpOnly, and script asks (5.7, step 15; 5.8.3).
	CookieHTTPOnlyFromScript Reason = "cookie-httponly-from-script"
	// CookieNoneNeedsSecure: SameSite=None without Secure (5.7, step 19).
	CookieNoneNeedsSecure Reason = "cookie-none-needs-secure"
	// CookiePartitionedNeedsSecure: Partitioned without Secure (CHIPS, 2.1).
	CookiePartitionedNeedsSecure Reason = "cookie-partitioned-needs-secure"
	// CookieExpired: its date or age has passed; so written, a line deletes (5.5).
	CookieExpired Reason = "cookie-expired"
	// CookieCredentialsOmitted: the request carries no cookies by its own mode (Fetch, 2.2.5).
	CookieCredentialsOmitted Reason = "cookie-credentials-omitted"
	// CookieSetCrossSite: not SameSite=None, set by a response that is cross-site and no top-level page (5.7, step 18).
	CookieSetCrossSite Reason = "cookie-set-cross-site"
	// CookieThirdPartyBlocked: the user blocks third-party cookies and this is one.
	CookieThirdPartyBlocked Reason = "cookie-third-party-blocked"
	// CookieOtherPartition: Partitioned, and set under another top-level site (CHIPS, 2.2).
	CookieOtherPartition Reason = "cookie-other-partition"
	// CookieOtherHost: the cookie belongs to another host (5.8.3).
	CookieOtherHost Reason = "cookie-other-host"
	// CookieOtherPath: the request's path is not under the cookie's (5.1.4).
	CookieOtherPath Reason = "cookie-other-path"
	// CookieSentSameSite: the request stays within the site, every cookie rides (5.2).
	CookieSentSameSite Reason = "cookie-sent-same-site"
	// CookieSentCrossSite: SameSite=None rides on every cross-site request (5.6.7).
	CookieSentCrossSite Reason = "cookie-sent-cross-site"
	// CookieSentLaxNavigation: a cross-site top-level navigation with a safe method (5.6.7.1).
	CookieSentLaxNavigation Reason = "cookie-sent-lax-navigation"
	// CookieSentLaxUnsafe: no SameSite attribute and younger than two minutes, so it rides on a cross-site form POST (5.6.7.2).
	CookieSentLaxUnsafe Reason = "cookie-sent-lax-unsafe"
	// CookieStrictCrossSite: SameSite=Strict and someone else's document began the request (5.8.3).
	CookieStrictCrossSite Reason = "cookie-strict-cross-site"
	// CookieLaxNotNavigation: Lax, declared or by default, and a cross-site request that navigates no tab (5.8.3).
	CookieLaxNotNavigation Reason = "cookie-lax-not-navigation"
	// CookieLaxUnsafeMethod: SameSite=Lax and a cross-site navigation with an unsafe method (5.6.7.1).
	CookieLaxUnsafeMethod Reason = "cookie-lax-unsafe-method"
	// CookieDefaultLaxAged: no SameSite attribute, a cross-site form POST, and older than two minutes (5.6.7.2).
	CookieDefaultLaxAged Reason = "cookie-default-lax-aged"
)

var cookieReasons = map[Reason]string{
	CookieStored:                 "the browser keeps the cookie",
	CookieControlCharacter:       "the line holds a control character, so the browser drops the whole cookie",
	CookieEmpty:                  "the line has neither a name nor a value",
	CookieTooLarge:               "name and value together are longer than 4096 bytes, so the browser drops the cookie",
	CookiePrefixInValue:          "the cookie has no name and its value looks like a prefixed cookie, so the browser drops it",
	CookieNamelessPair:           "the cookie has no name and its value would read as one, so the browser drops it",
	CookieSecurePrefixBroken:     "a name that begins with __Secure- needs the Secure attribute",
	CookieHostPrefixBroken:       "a name that begins with __Host- needs Secure, Path=/ written out, and no Domain",
	CookieHTTPPrefixBroken:       "a name that begins with __Http- or __Host-Http- needs Secure and HttpOnly, the latter also Path=/ and no Domain",
	CookieDomainForeign:          "the Domain attribute does not cover the host that sets the cookie",
	CookieDomainPublicSuffix:     "the Domain attribute is a public suffix, which would share the cookie with strangers",
	CookieSecureOverPlain:        "the cookie is Secure and the connection is not encrypted",
	CookieHTTPOnlyFromScript:     "the cookie is HttpOnly, so scripts can neither read nor set it",
	CookieNoneNeedsSecure:        "SameSite=None is only accepted together with Secure",
	CookiePartitionedNeedsSecure: "Partitioned is only accepted together with Secure",
	CookieExpired:                "the cookie has expired, or the line deletes it",
	CookieCredentialsOmitted:     "the request asks for no cookies to be sent or kept",
	CookieSetCrossSite:           "a response inside another site's page can only set cookies that say SameSite=None",
	CookieThirdPartyBlocked:      "the browser blocks third-party cookies",
	CookieOtherPartition:         "the cookie is Partitioned and was set under another top-level site",
	CookieOtherHost:              "the cookie belongs to another host",
	CookieOtherPath:              "the cookie belongs to another path",
	CookieSentSameSite:           "the request comes from the same site, so every cookie goes with it",
	CookieSentCrossSite:          "SameSite=None lets the cookie go with requests of any site",
	CookieSentLaxNavigation:      "a link or redirect from another site carries the cookie, because it opens a page with a safe method",
	CookieSentLaxUnsafe:          "the cookie has no SameSite attribute and is younger than two minutes, so even a cross-site form POST carries it",
	CookieStrictCrossSite:        "SameSite=Strict keeps the cookie from requests that another site began",
	CookieLaxNotNavigation:       "SameSite=Lax, declared or by default, keeps the cookie from cross-site requests that do not open a page",
	CookieLaxUnsafeMethod:        "SameSite=Lax keeps the cookie from cross-site form POSTs",
	CookieDefaultLaxAged:         "the cookie has no SameSite attribute and is older than two minutes, so a cross-site form POST goes without it",
}
