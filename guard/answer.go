package guard

import (
	"encoding/json"
	"html"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// An answer is what a refused client gets, made before any request.
type answer struct {
	status        int
	problem, page []byte
}

// refusals are the reasons the guard answers with, and the status of each; the
// rest is 403. None echoes anything of the request.
var refusals = map[policy.Reason]int{
	policy.HostNotAllowed:       http.StatusMisdirectedRequest,
	policy.MethodNotAllowed:     http.StatusMethodNotAllowed,
	policy.NotJSON:              http.StatusUnsupportedMediaType,
	policy.TokenUnavailable:     http.StatusServiceUnavailable,
	policy.PrincipalUnavailable: http.StatusServiceUnavailable,
	policy.HeadTooLarge:         http.StatusRequestHeaderFieldsTooLarge,
	policy.RequestStalled:       http.StatusRequestTimeout,
	policy.UpstreamUnreachable:  http.StatusBadGateway,
	policy.UpstreamTimeout:      http.StatusGatewayTimeout,
}

// urn precedes a Reason in a problem's type (RFC 9457, section 3.1.1).
const urn = "urn:mantlet:guard:"

func newAnswers() map[policy.Reason]*answer {
	answers := map[policy.Reason]*answer{}
	for _, reason := range refusalReasons {
		status := refusals[reason]
		if status == 0 {
			status = http.StatusForbidden
		}
		answers[reason] = newAnswer(reason, status)
	}
	return answers
}

// refusalReasons are all with which a request can be refused.
var refusalReasons = []policy.Reason{
	policy.HostNotAllowed, policy.AmbiguousHeader, policy.MethodNotAllowed, policy.CrossSiteResource, policy.CrossSiteFrame,
	policy.FramedSubmission, policy.SameSiteOnly, policy.CrossSite, policy.UnknownFetchSite, policy.Contradiction,
	policy.NullOrigin, policy.MalformedOrigin, policy.InsecureOrigin, policy.ForeignOrigin, policy.ForeignReferer,
	policy.MissingToken, policy.InvalidToken, policy.MissingOrigin, policy.DuplicateCookie, policy.TokenUnavailable, policy.PrincipalUnavailable,
	policy.ActionSpent, policy.InsecureTransport, policy.PreflightRefused, policy.NotJSON,
	policy.UpstreamUnreachable, policy.UpstreamTimeout, policy.HeadTooLarge, policy.RequestStalled,
}

func newAnswer(reason policy.Reason, status int) *answer {
	text := reason.Explain()
	problem, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{urn + string(reason), http.StatusText(status), status, text})
	if err != nil {
		panic(err) // strings and a number
	}
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	page := "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">" +
		"<title>" + title + "</title>\n<h1>" + title + "</h1>\n<p>The request was stopped: " + html.EscapeString(text) + ".</p>\n" +
		hint(reason) + "<p><code>" + html.EscapeString(string(reason)) + "</code></p>\n</html>\n"
	return &answer{status: status, problem: problem, page: []byte(page)}
}

func hint(reason policy.Reason) string {
	switch reason {
	case policy.MissingToken, policy.InvalidToken, policy.ActionSpent:
		return "<p>Go back, reload the page and try again.</p>\n"
	case policy.DuplicateCookie:
		return "<p>Delete this site's cookies and try again.</p>\n"
	case policy.TokenUnavailable, policy.PrincipalUnavailable, policy.UpstreamUnreachable, policy.UpstreamTimeout:
		return "<p>Try again in a moment.</p>\n"
	}
	return ""
}

// Header values of refusals, shared and never written to.
var (
	typeProblem = []string{"application/problem+json"}
	typePage    = []string{"text/html; charset=utf-8"}
	noStore     = []string{"no-store"}
	varyRefusal = []string{"Sec-Fetch-Site, Origin"}
	retryAfter  = []string{"5"}
	allowed     = []string{"GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"}
)

const pageCSP = "default-src 'none'"

// Refuse answers a request that the caller refuses for reason, with the status, the
// body and the headers that the guard's own refusals have, and counts it.
func (g *Guard) Refuse(w http.ResponseWriter, r *http.Request, reason policy.Reason) {
	rw := newResponse(w, g, r)
	defer rw.finish()
	g.tell(r, policy.Decision{Reason: reason}, ruleOf(reason), Enforce)
	g.refuse(rw, r, reason)
}

// refuse answers a refused request. Headers that the application already set stay
// but for those that describe a body.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, reason policy.Reason) {
	if reason == policy.HTTPSRedirect {
		w.Header()[headerCacheControl] = noStore
		http.Redirect(w, r, g.secureURL(r), http.StatusPermanentRedirect)
		return
	}
	a, ok := g.answers[reason]
	if !ok {
		a = newAnswer(reason, http.StatusForbidden)
	}
	h := w.Header()
	had := len(h) > 0
	if rw, ok := w.(*response); ok {
		rw.commit() // while there are no headers yet, it has none to look at
	}
	h[headerCacheControl] = noStore
	if (had || g.cors != nil || g.options.StripFrames) && len(h[headerVary]) > 0 {
		addVary(h, "Sec-Fetch-Site")
		addVary(h, headerOrigin)
	} else {
		h[headerVary] = varyRefusal
	}
	switch a.status {
	case http.StatusServiceUnavailable:
		h["Retry-After"] = retryAfter
	case http.StatusMethodNotAllowed:
		h["Allow"] = allowed
	}
	// No Content-Length, which net/http adds to so short an answer: with it there
	// would be more than eight headers, and a map of these allocates again.
	if had {
		delete(h, "Content-Length")
	}
	body := a.problem
	if wantsPage(r) {
		body, h[headerContentType] = a.page, typePage
		appendValue(h, policy.HeaderCSP, pageCSP)
	} else {
		h[headerContentType] = typeProblem
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		w.Write(body) // a client that went away is none of our errors
	}
}

// wantsPage: a navigation asks for text/html; scripts and programs get the problem.
func wantsPage(r *http.Request) bool {
	if dest := r.Header["Sec-Fetch-Dest"]; len(dest) > 0 && dest[0] == "empty" {
		return false
	}
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "text/html") {
			return true
		}
	}
	return false
}

// notJSON says whether a path that takes JSON only got something else. Requests
// that must change nothing, and deletions without a body, are not asked.
func (g *Guard) notJSON(r *http.Request) bool {
	if len(g.options.JSONPaths) == 0 {
		return false
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	case http.MethodDelete:
		if r.ContentLength == 0 {
			return false
		}
	}
	if !isBelow(g.options.JSONPaths, r.URL) {
		return false
	}
	kinds := r.Header[headerContentType]
	if len(kinds) != 1 {
		return true
	}
	kind, _, err := mime.ParseMediaType(kinds[0])
	return err != nil || kind != "application/json" && !(strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// isBelow looks at a path as sent and as a lenient server reads it.
func isBelow(prefixes []string, u *url.URL) bool {
	for _, p := range []string{u.EscapedPath(), path.Clean("/" + u.Path)} {
		for _, prefix := range prefixes {
			prefix = strings.TrimSuffix(prefix, "/")
			if p == prefix || strings.HasPrefix(p, prefix+"/") {
				return true
			}
		}
	}
	return false
}
