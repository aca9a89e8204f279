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

	// hostTaken: net/http made Host of the Host header and took that out.
	hostTaken bool
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
	var q Request
	q.take(r)
	q.Path = r.URL.EscapedPath()
	return q
}

// Take fills q, which is new, with the facts that the rules look at: RequestOf
// without the path where no rule names one.
func (r *Rules) Take(q *Request, received *http.Request) {
	q.take(received)
	if r.namesPaths() {
		q.Path = received.URL.EscapedPath()
	}
}

func (q *Request) take(r *http.Request) {
	q.Scheme, q.Host, q.Method, q.Header, q.Query = "http", r.Host, r.Method, r.Header, r.URL.RawQuery
	q.hostTaken = r.ProtoMajor == 1
	if r.Method == http.MethodConnect {
		q.Protocol = r.Header.Get(":protocol")
	}
	if r.TLS != nil {
		q.Scheme = "https"
		q.ClientCertificate = len(r.TLS.PeerCertificates) > 0
	}
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

func (q *Request) path() string {
	if q.Path == "" {
		return "/"
	}
	return q.Path
}

// once is the value of a header that browsers send once. If it is there twice it is
// ambiguous: which of them the application reads, nobody knows.
func (q *Request) once(name string) (value string, present, ambiguous bool) {
	values := q.Header[name]
	if len(values) == 0 {
		return "", false, false
	}
	return values[0], true, len(values) > 1
}

// single is once for headers that also hold one value: two of them may have been
// joined on their way.
func (q *Request) single(name string) (value string, present, ambiguous bool) {
	value, present, ambiguous = q.once(name)
	return value, present, ambiguous || isList(value)
}

func isList(value string) bool { return strings.IndexByte(value, ',') >= 0 }

// hostDiffers says whether there is a Host header besides Host that names another,
// as HTTP/2 allows.
func (q *Request) hostDiffers() bool {
	value, present, ambiguous := q.single(headerHost)
	return ambiguous || present && q.Host != "" && value != q.Host
}

// self is the origin the request was sent to.
func (q *Request) self() (Origin, bool) {
	host := q.Host
	if host == "" {
		host, _, _ = q.single(headerHost)
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
func (q *Request) ambient() bool {
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
func (q *Request) isSafe() bool {
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
	return q.Query == "" || !q.overridesInQuery()
}

func (q *Request) overridesInQuery() bool {
	if !strings.Contains(q.Query, methodOverrideField) {
		return false
	}
	for pair := range strings.SplitSeq(q.Query, "&") {
		if name, v, _ := strings.Cut(pair, "="); name == methodOverrideField && !isSafeMethod(v) {
			return true
		}
	}
	return false
}

func isSafeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// isHandshake says whether the request asks for a WebSocket, over HTTP/1.1 or 2.
func (q *Request) isHandshake() bool {
	if equalASCII(q.Protocol, "websocket") {
		return true
	}
	for _, v := range q.Header[headerUpgrade] {
		for token := range strings.SplitSeq(v, ",") {
			name, _, _ := strings.Cut(trimBlanks(token), "/")
			if equalASCII(name, "websocket") {
				return true
			}
		}
	}
	return false
}
