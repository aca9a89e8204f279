package policy

import (
	"net/http"
	"slices"
	"strings"
)

// Names of the headers by which a server consents to another origin's script.
const (
	headerAllowOrigin      = "Access-Control-Allow-Origin"
	headerAllowCredentials = "Access-Control-Allow-Credentials"
	headerAllowMethods     = "Access-Control-Allow-Methods"
	headerAllowHeaders     = "Access-Control-Allow-Headers"
)

// CORSReadable says whether a page of origin from may read an answer with these
// headers that it asked for with the user's credentials (Fetch, section 4.9).
// Credentials are always meant: without them there is nothing private to read.
func CORSReadable(header http.Header, from Origin) Decision {
	allowed := header.Values(headerAllowOrigin)
	switch {
	case len(allowed) == 0:
		return deny(CORSNoConsent)
	case len(allowed) > 1 || strings.Contains(allowed[0], ","):
		return deny(CORSSeveralOrigins)
	}
	switch value := trimBlanks(allowed[0]); {
	case value == "*":
		return deny(CORSWildcard)
	case value != from.String():
		return deny(CORSOtherOrigin)
	}
	if credentials := header.Values(headerAllowCredentials); len(credentials) != 1 || trimBlanks(credentials[0]) != "true" {
		return deny(CORSNoCredentials)
	}
	return allow(CORSConsent)
}

// A Preflight is the question that a browser asks before it sends what NeedsPreflight.
type Preflight struct {
	From   Origin
	Method string
	Header http.Header // set by script, Content-Type included
}

// Question is the preflight's own headers (Fetch, section 4.8).
func (p Preflight) Question() http.Header {
	h := http.Header{}
	h.Set(headerOrigin, p.From.String())
	h.Set("Access-Control-Request-Method", normaliseMethod(p.Method))
	if names := unsafeHeaders(p.Header); len(names) > 0 {
		h.Set("Access-Control-Request-Headers", strings.Join(names, ","))
	}
	return h
}

// Consents says whether an answer to the question lets the request follow, with
// the user's credentials (Fetch, section 4.8).
func (p Preflight) Consents(status int, answer http.Header) Decision {
	if status < 200 || status > 299 {
		return deny(CORSPreflightStatus)
	}
	if d := CORSReadable(answer, p.From); !d.Allowed {
		return d
	}
	// With credentials an asterisk is a name like any other.
	if method := normaliseMethod(p.Method); !isSimpleMethod(method) && !slices.Contains(listed(answer, headerAllowMethods), method) {
		return deny(CORSMethod)
	}
	granted := listed(answer, headerAllowHeaders)
	for _, name := range unsafeHeaders(p.Header) {
		if !slices.ContainsFunc(granted, func(g string) bool { return lowerASCII(g) == name }) {
			return deny(CORSHeader)
		}
	}
	return allow(CORSConsent)
}

// listed are the members of a header that is a comma-separated list.
func listed(h http.Header, name string) []string {
	var members []string
	for _, line := range h.Values(name) {
		for member := range strings.SplitSeq(line, ",") {
			if member = trimBlanks(member); member != "" {
				members = append(members, member)
			}
		}
	}
	return members
}
