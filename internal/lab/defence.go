package lab

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"mime"
	"net/http"
	"strings"
)

// A defence stands between a state-changing endpoint and a forged request.
type defence struct {
	// allows says whether the request may go on. The session is the sender's:
	// a customer's, or a visitor's for the endpoints one logs in through.
	allows func(r *http.Request, s *session) bool
	// fields are what the endpoint's own form carries, query what its action
	// does, headers what its page's script sends. Nil means nothing.
	fields, query, headers func(s *session) map[string]string
}

var unprotected = defence{allows: func(*http.Request, *session) bool { return true }}

// synchronizer demands the session's own token in a form field of that name.
func synchronizer(field string) defence {
	return defence{
		allows: func(r *http.Request, s *session) bool { return same(s.token, r.PostFormValue(field)) },
		fields: func(s *session) map[string]string { return map[string]string{field: s.token} },
	}
}

var headerToken = defence{
	allows:  func(r *http.Request, s *session) bool { return same(s.token, r.Header.Get("X-CSRF-Token")) },
	headers: func(s *session) map[string]string { return map[string]string{"X-CSRF-Token": s.token} },
}

// jsonOnly works because another site's page cannot call its body
// application/json without a preflight, which the shop does not answer.
var jsonOnly = defence{allows: func(r *http.Request, _ *session) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}}

// sameOrigin takes Origin at its word and nothing else: absent and null are refused.
var sameOrigin = defence{allows: func(r *http.Request, _ *session) bool {
	return r.Header.Get("Origin") == origin(r)
}}

// fetchMetadata refuses what does not say that it comes from the same origin.
var fetchMetadata = defence{allows: func(r *http.Request, _ *session) bool {
	return r.Header.Get("Sec-Fetch-Site") == "same-origin"
}}

// customHeader works like jsonOnly: a header that no form can send.
var customHeader = defence{
	allows:  func(r *http.Request, _ *session) bool { return r.Header.Get("X-Requested-With") == "shop" },
	headers: func(*session) map[string]string { return map[string]string{"X-Requested-With": "shop"} },
}

// doubleCookie carries the value that a form has to repeat.
const doubleCookie = "shop_double"

// doubleSubmit demands a value twice, in a cookie and in the form, signed over the
// session, so that a neighbour cannot plant a pair of its own.
func doubleSubmit(key []byte) defence {
	return defence{
		allows: func(r *http.Request, s *session) bool {
			return same(doubled(r, key, s), r.PostFormValue("double"))
		},
		fields: func(s *session) map[string]string { return map[string]string{"double": sign(key, s.id)} },
	}
}

// doubleHeader is the same with the value in a header.
func doubleHeader(key []byte) defence {
	return defence{
		allows:  func(r *http.Request, s *session) bool { return same(doubled(r, key, s), r.Header.Get("X-Double")) },
		headers: func(s *session) map[string]string { return map[string]string{"X-Double": sign(key, s.id)} },
	}
}

// doubled is the cookie's value if it was signed for that session, else empty.
func doubled(r *http.Request, key []byte, s *session) string {
	if cookie, err := r.Cookie(doubleCookie); err == nil && s.id != "" && same(sign(key, s.id), cookie.Value) {
		return cookie.Value
	}
	return ""
}

// both demands two things of the requests a page's script sends.
func both(first, second defence) defence {
	return defence{
		allows:  func(r *http.Request, s *session) bool { return first.allows(r, s) && second.allows(r, s) },
		headers: second.headers,
	}
}

// The planted ones.

// unboundToken is signed by the shop, for nobody in particular.
func unboundToken(key []byte) defence {
	return defence{
		allows: func(r *http.Request, _ *session) bool {
			nonce, signature, _ := strings.Cut(r.PostFormValue("form_token"), ".")
			return same(sign(key, nonce), signature)
		},
		fields: func(*session) map[string]string {
			nonce := rand.Text()
			return map[string]string{"form_token": nonce + "." + sign(key, nonce)}
		},
	}
}

// constantToken is the same for everybody.
func constantToken(key []byte) defence {
	token := sign(key, "the name form")
	return defence{
		allows: func(r *http.Request, _ *session) bool { return same(token, r.PostFormValue("name_token")) },
		fields: func(*session) map[string]string { return map[string]string{"name_token": token} },
	}
}

// tokenInURL is the session's own, where logs, histories and Referer see it.
var tokenInURL = defence{
	allows: func(r *http.Request, s *session) bool { return same(s.token, r.URL.Query().Get("csrf_token")) },
	query:  func(s *session) map[string]string { return map[string]string{"csrf_token": s.token} },
}

// lenientOrigin takes a prefix for an origin, and lets a missing and an opaque one through.
var lenientOrigin = defence{allows: func(r *http.Request, _ *session) bool {
	sent := r.Header.Get("Origin")
	return sent == "" || sent == "null" || strings.HasPrefix(sent, origin(r))
}}

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// same is false when either is absent: two missing tokens do not match.
func same(expected, sent string) bool {
	return expected != "" && subtle.ConstantTimeCompare([]byte(expected), []byte(sent)) == 1
}

func sign(key []byte, text string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))[:40]
}
