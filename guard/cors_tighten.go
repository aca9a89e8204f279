package guard

import (
	"net/http"
	"slices"
	"strings"
)

// Names of Fetch, section 3.3.
const (
	corsPrefix       = "Access-Control-"
	allowOrigin      = corsPrefix + "Allow-Origin"
	allowCredentials = corsPrefix + "Allow-Credentials"
)

// everybody is what Access-Control-Allow-Origin calls every origin.
const everybody = "*"

// tighten takes the application's consent to sharing from everybody who is not on
// the list, and gives none: who reads afterwards is on the list and would have read
// before. It says whether something was taken.
//
// What differs by the request's Origin afterwards is marked so, whether or not the
// application did: a cache would give one reader what another was answered.
func (c *corsRules) tighten(h http.Header, r *http.Request) (taken bool) {
	named, known := consentOf(h)
	if !known {
		return false
	}
	if named == everybody {
		removeHeader(h, allowCredentials) // with these it is nobody to a browser
		if slices.Contains(c.Origins, everybody) {
			return false
		}
	} else {
		addVary(h, headerOrigin)
		if origin := r.Header[headerOrigin]; len(origin) == 1 && origin[0] == named && slices.Contains(c.Origins, named) {
			return false
		}
	}
	for name := range h {
		if len(name) > len(corsPrefix) && strings.EqualFold(name[:len(corsPrefix)], corsPrefix) {
			delete(h, name)
		}
	}
	return true
}

// consentOf is whom the application names as its reader; "" for several at once, who
// are none to a browser.
func consentOf(h http.Header) (named string, known bool) {
	for name, values := range h {
		if len(name) != len(allowOrigin) || !strings.EqualFold(name, allowOrigin) {
			continue
		}
		for _, v := range values {
			if named = v; known {
				named = ""
			}
			known = true
		}
	}
	return named, known
}
