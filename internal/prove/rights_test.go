package prove

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestRightsAreOnlyChangedOfOtherTestAccounts(t *testing.T) {
	identities := []string{"", "admin", "alice"}
	for _, test := range []struct {
		name    string
		action  finding.Action
		changes bool
		ok      bool
		url     string
	}{
		{"one's own role", finding.Action{URL: "http://a/users/admin/role"}, true, true, "http://a/users/alice/role"},
		{"the role of another identity", finding.Action{URL: "http://a/users/alice/role"}, true, true, "http://a/users/alice/role"},
		{"the role of somebody who is no test account", finding.Action{URL: "http://a/users/carol/role"}, true, false, "http://a/users/carol/role"},
		{"one's own role in a field", finding.Action{URL: "http://a/profile", Fields: []finding.Field{{Name: "role", Value: "admin"}}}, true, false, "http://a/profile"},
		{"another's role in a field", finding.Action{URL: "http://a/roles", Fields: []finding.Field{{Name: "user", Value: "alice"}, {Name: "is_admin"}}}, true, true, "http://a/roles"},
		{"an account that is disabled", finding.Action{URL: "http://a/users/alice/disable"}, true, true, "http://a/users/alice/disable"},
		{"a user who is locked by a field", finding.Action{URL: "http://a/save", Fields: []finding.Field{{Name: "user", Value: "alice"}, {Name: "locked"}, {Name: "disabled"}}}, true, true, "http://a/save"},
		{"a feed with a switch of its own", finding.Action{URL: "http://a/feed/7/update", Fields: []finding.Field{{Name: "title"}, {Name: "disable_http2"}, {Name: "disabled"}}}, false, false, ""},
		{"a feed that is read as some browser", finding.Action{URL: "http://a/subscribe", Fields: []finding.Field{{Name: "url"}, {Name: "user_agent"}, {Name: "username"}, {Name: "disable_http2"}}}, false, false, ""},
		{"a name that only sounds like it", finding.Action{URL: "http://a/payroll", Fields: []finding.Field{{Name: "groupon"}}}, false, false, ""},
	} {
		if got := changesRights(test.action); got != test.changes {
			t.Errorf("%s: changes rights %v, want %v", test.name, got, test.changes)
		}
		if !test.changes {
			continue
		}
		aimed, ok := onAnother(test.action, "admin", identities)
		if ok != test.ok || aimed.URL != test.url {
			t.Errorf("%s: got %v, %s, want %v, %s", test.name, ok, aimed.URL, test.ok, test.url)
		}
	}
}
