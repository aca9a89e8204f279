package observe

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestWhatAnAnswerCallsItsReader(t *testing.T) {
	for _, row := range []struct {
		answer string
		want   []string
	}{
		{`{"id": 7, "username": "alice.k", "plan": "free"}`, []string{"7", "alice.k"}},
		{`{"status": "ok", "data": {"user": {"id": 7, "email": "alice.k"}}}`, []string{"7"}},
		{`{"id": 7, "username": "bob.m"}`, nil},
		{`{"id": 7, "title": "alice.k"}`, nil},
		{`[{"id": 7, "username": "alice.k"}]`, nil},
		{`{"users": [{"id": 7, "username": "alice.k"}]}`, nil},
		{`"alice.k"`, nil},
	} {
		var doc any
		if err := json.Unmarshal([]byte(row.answer), &doc); err != nil {
			t.Fatal(err)
		}
		if got := selfIn(doc, []string{"alice.k"}, 0); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.answer, got, row.want)
		}
	}
}

func TestDocumentedActionsAreAimedAtTheScansOwnAccount(t *testing.T) {
	site := &Site{Identities: []string{"", "alice"}, Accounts: map[string][]string{"alice": {"alice.k", "7"}}}
	field := func(name, in, value string) finding.Field {
		return finding.Field{Name: name, In: in, Type: "string", Value: value}
	}
	for _, row := range []struct {
		name, method, url, route string
		fields                   []finding.Field
		login                    bool
		wantURL, wantValue       string // of the first field
	}{
		{"a name in the path", http.MethodPut, "http://site.test/users/admin/email", "/users/{username}/email",
			[]finding.Field{field("username", "path", "admin")}, false, "http://site.test/users/alice.k/email", "alice.k"},
		{"a number in the path", http.MethodPatch, "http://site.test/api/users/1", "/api/users/{id}",
			[]finding.Field{field("id", "path", "1")}, false, "http://site.test/api/users/7", "7"},
		{"a name in the body", http.MethodPut, "http://site.test/profile", "/profile",
			[]finding.Field{field("username", "", "sample")}, false, "http://site.test/profile", "alice.k"},
		{"another kind of thing", http.MethodPut, "http://site.test/orders/1", "/orders/{id}",
			[]finding.Field{field("id", "path", "1")}, false, "http://site.test/orders/1", "1"},
		{"something added", http.MethodPost, "http://site.test/users/admin/messages", "/users/{username}/messages",
			[]finding.Field{field("username", "path", "admin")}, false, "http://site.test/users/admin/messages", "admin"},
		{"a login", http.MethodPut, "http://site.test/session", "/session",
			[]finding.Field{field("username", "", "sample")}, true, "http://site.test/session", "sample"},
	} {
		got := site.aimAtAccount(finding.Action{Method: row.method, URL: row.url, Route: row.route, Fields: row.fields, Login: row.login})
		if got.URL != row.wantURL || got.Fields[0].Value != row.wantValue {
			t.Errorf("%s: got %s with %q, want %s with %q", row.name, got.URL, got.Fields[0].Value, row.wantURL, row.wantValue)
		}
	}
}

// A password is only set where it is the scan's own: an administrator's form for
// another user, and one that makes an account, are not.
func TestWhoseAccountARequestSets(t *testing.T) {
	site := &Site{Identities: []string{"admin", "alice"}, Accounts: map[string][]string{"admin": {"admin", "3"}, "alice": {"alice"}}}
	for _, test := range []struct {
		route, url string
		fields     []finding.Field
		own        bool
	}{
		{"/account/password", "http://127.0.0.1/account/password", nil, true},
		{"/users/{id}/password", "http://127.0.0.1/users/3/password", nil, true},
		{"/users/{id}/password", "http://127.0.0.1/users/1/password", nil, false},
		{"/users/{username}/password", "http://127.0.0.1/users/alice/password", nil, false},
		{"/users/add", "http://127.0.0.1/users/add", []finding.Field{{Name: "username", In: "body", Type: "text"}}, false},
		{"/password", "http://127.0.0.1/password", []finding.Field{{Name: "username", In: "body", Type: "hidden", Value: "admin"}}, true},
	} {
		a := finding.Action{Method: "POST", Route: test.route, URL: test.url, Fields: append(test.fields, finding.Field{Name: "password", In: "body", Type: "password"})}
		if own := site.OwnAccount(a, "admin"); own != test.own {
			t.Errorf("%s %v: own is %v", test.url, test.fields, own)
		}
	}
}
