package policy

import (
	"fmt"
	"net/http"
	"strings"
)

// A Request is what a server sees of one: the facts that Rules judge. Scheme is
// what the owner knows of the connection, not what a header claims.
type Request struct {
	Scheme string // "https" or "http"; wss and ws count as these
	Host   string // the Host header, or :authority
	Method string
	Path   string // as it will be served, still escaped; empty means "/"
	Query  string // without the question mark
	Header http.Header

	// Protocol is the :protocol of an extended CONNECT (RFC 8441), else empty.
	Protocol string
	// Token is what the caller found out about the request's token.
	Token TokenState
	// ClientCertificate says that TLS identified the client by one.
	ClientCertificate bool
}

// TokenState is whether a request carries the token its session asks for.
type TokenState int

const (
	TokenNone TokenState = iota
	TokenValid
	TokenInvalid // of another session, expired, malformed
)

// Header names that decide; each is written here and nowhere else.
const (
	headerCookie        = "Cookie"
	headerAuthorization = "Authorization"
	headerHost          = "Host"
	headerOrigin        = "Origin"
	headerReferer       = "Referer"
	headerUpgrade       = "Upgrade"
	headerFetchSite     = "Sec-Fetch-Site"
	headerFetchMode     = "Sec-Fetch-Mode"
	headerFetchDest     = "Sec-Fetch-Dest"
)

// methodOverrides are headers that frameworks take for the method meant.
var methodOverrides = []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"}

// methodOverrideField is the query parameter of the same meaning.
const methodOverrideField = "_method"

// RequestOf takes the facts of a request that a server received. The scheme is
// that of the connection: behind a proxy that ends TLS, set it afterwards, or
// name the site's origins in Rules.Hosts.
func RequestOf(r *http.Request) Request {
	q := Request{
		Scheme: "http", Host: r.Host, Method: r.Method, Header: r.Header,
		Path: r.URL.EscapedPath(), Query: r.URL.RawQuery,
		Protocol: r.Header.Get(":protocol"),
	}
	if r.TLS != nil {
		q.Scheme = "https"
		q.ClientCertificate = len(r.TLS.PeerCertificates) > 0
	}
	return q
}

// ParseHeaderLines reads "Name: value" lines. Repeated names are kept, in order.
func ParseHeaderLines(lines []string) (http.Header, error) {
	h := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) {
			return nil, fmt.Errorf("header line %q is not of the form \"Name: value\"", line)
		}
		h.Add(name, trimBlanks(value))
	}
	return h, nil
}

func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// The header fields a browser sends once, with one value (step 1 of Judge).
var singletons = []string{headerHost, headerOrigin, headerFetchSite, headerFetchMode, headerFetchDest}

// ambiguous says whether a field that decides is there twice. Which of the two
// the application reads, nobody knows.
func (q Request) ambiguous() bool {
	for _, name := range singletons {
		values := q.Header[name]
		if len(values) > 1 || len(values) == 1 && strings.Contains(values[0], ",") {
			return true
		}
	}
	if own := q.Header[headerHost]; len(own) == 1 && q.Host != "" && own[0] != q.Host {
		return true
	}
	return len(q.Header[headerReferer]) > 1
}

// field is the only value of a singleton header.
func (q Request) field(name string) (value string, present bool) {
	values := q.Header[name]
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// self is the origin the request was sent to.
func (q Request) self() (Origin, bool) {
	host := q.Host
	if host == "" {
		host, _ = q.field(headerHost)
	}
	if host == "" || strings.ContainsAny(host, "/\\@?#, \t\"'<>%") {
		return Origin{}, false
	}
	scheme := siteScheme(lowerASCII(q.Scheme))
	o, err := OriginOfURL(scheme + "://" + host)
	return o, err == nil && (scheme == "http" || scheme == "https")
}

// ambient says whether the request carries credentials that a browser adds by
// itself, whoever asks. A bearer token is none: only script can add it.
func (q Request) ambient() bool {
	if q.ClientCertificate {
		return true
	}
	for _, v := range q.Header[headerCookie] {
		if trimBlanks(v) != "" {
			return true
		}
	}
	for _, v := range q.Header[headerAuthorization] {
		scheme, _, _ := strings.Cut(trimBlanks(v), " ")
		switch lowerASCII(scheme) {
		case "basic", "digest", "negotiate", "ntlm":
			return true
		}
	}
	return false
}

// isSafe is RFC 9110, section 9.2.1, less TRACE, and in exact case: applications
// differ in what they make of "get". A method that is overridden into an unsafe
// one is not safe.
func (q Request) isSafe() bool {
	if !isSafeMethod(q.Method) {
		return false
	}
	for _, name := range methodOverrides {
		for _, v := range q.Header[name] {
			if !isSafeMethod(v) {
				return false
			}
		}
	}
	for pair := range strings.SplitSeq(q.Query, "&") {
		if name, v, _ := strings.Cut(pair, "="); name == methodOverrideField && !isSafeMethod(v) {
			return false
		}
	}
	return true
}

func isSafeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// isHandshake says whether the request asks for a WebSocket, over HTTP/1.1 or 2.
func (q Request) isHandshake() bool {
	if lowerASCII(q.Protocol) == "websocket" {
		return true
	}
	for _, v := range q.Header[headerUpgrade] {
		for token := range strings.SplitSeq(v, ",") {
			name, _, _ := strings.Cut(trimBlanks(token), "/")
			if lowerASCII(name) == "websocket" {
				return true
			}
		}
	}
	return false
}
