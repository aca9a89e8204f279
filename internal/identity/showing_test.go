package identity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

// A wrapped interface takes and gives its login within an object, and wants the token
// in a way of its own.
func wrapped(way string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var sent struct {
			User struct{ Email, Password string }
		}
		wanted := http.Header{}
		show(wanted, way, "tok-0815-ann-ulm")
		shown := true
		for name := range wanted {
			shown = r.Header.Get(name) == wanted.Get(name)
		}
		switch {
		case r.URL.Path == "/open":
		case r.URL.Path == "/user" && !shown:
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Path == "/login" && (json.NewDecoder(r.Body).Decode(&sent) != nil || sent.User.Email != "ann@example.com" || sent.User.Password != "pw-secret"):
			w.WriteHeader(http.StatusBadRequest)
		default:
			fmt.Fprint(w, `{"user": {"email": "ann@example.com", "token": "tok-0815-ann-ulm"}}`)
		}
	}
}

// R9: a login whose fields stand within an object, and whose token is no bearer token,
// works without being told more than that; logged in again, the session shows its token
// in the same way, and a token that means nothing goes there, too.
func TestTokensThatAreShownInOtherWays(t *testing.T) {
	for _, way := range []string{"Authorization: Bearer {token}", "Authorization: Token {token}", "Authorization: {token}", "X-Auth-Token: {token}", "X-Own-Key: {token}"} {
		srv := httptest.NewServer(wrapped(way))
		t.Cleanup(srv.Close)
		g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Login(t.Context(), g, Spec{Name: "ann", JSON: &JSONLogin{URL: "/login", Token: "/user/token",
			Fields: map[string]string{"/user/email": "ann@example.com"}, Secrets: map[string]string{"/user/password": "pw-secret"}}}, nil)
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		if names := s.Accounts(); len(names) != 1 || names[0] != "ann@example.com" {
			t.Errorf("%s: accounts %q", way, names)
		}
		if err := s.Recognise(t.Context(), []string{srv.URL + "/open", srv.URL + "/user"}, []string{"X-Own-Key"}); err != nil {
			t.Fatal(err)
		}
		if got := page(t, s, srv.URL, "/user"); got == "403" || s.Probe() != srv.URL+"/user" {
			t.Errorf("%s: %s, told from a visitor by %q", way, got, s.Probe())
		}
		if got := page(t, s.Broken(), srv.URL, "/user"); got != "403" {
			t.Errorf("%s: nonsense is shown as %s", way, got)
		}
		if err := s.Renew(t.Context()); err != nil || page(t, s, srv.URL, "/user") == "403" {
			t.Errorf("%s: after another login the token is not shown in that way: %v", way, err)
		}
	}
}

func TestHeadersForTokens(t *testing.T) {
	for text, want := range map[string]bool{"Authorization: Token {token}": true, "X-Key: {token}": true, "Token {token}": false,
		"X-Key: token": false, "X Key: {token}": false, "": false, "X-Key: {token}\r\nHost: x": false} {
		if IsTokenAs(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
