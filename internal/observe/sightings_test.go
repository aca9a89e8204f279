package observe

import (
	"net/http"
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// seen is a site of which the exchanges are given as identity, address and body.
func seenAs(identities []string, rows ...[3]string) *Site {
	s := &Site{Target: "https://app.test/", Identities: identities}
	routes := newRoutes()
	for _, row := range rows {
		kind := "text/html"
		if row[2] != "" && row[2][0] == '{' {
			kind = "application/json"
		}
		x := &Exchange{Identity: row[0], Method: http.MethodGet, URL: "https://app.test" + row[1], Purpose: "crawl", Status: 200, Type: kind, Body: []byte(row[2])}
		x.Route = routes.of(x.URL)
		s.Exchanges = append(s.Exchanges, x)
	}
	return s
}

// Whose an object is follows from who was shown it (R51, R53).
func TestOwnerIsWhoAloneWasShownTheObject(t *testing.T) {
	site := seenAs([]string{"", "alice", "bob", "root"},
		[3]string{"", "/", "<a href=/products/1>"},
		[3]string{"", "/orders/9", "asked for to compare, not led to"},
		[3]string{"alice", "/orders", "<a href='/orders/7'>7</a> <a href=/products/1>ink</a>"},
		[3]string{"alice", "/api/parcels", `{"parcels":[{"number":2001}],"total":3002}`},
		[3]string{"alice", "/receipt?number=31", `<input type="hidden" name="number" value="31">`},
		[3]string{"alice", "/files", "your file b7f2k9q1"},
		[3]string{"bob", "/orders", "<a href=https://app.test/orders/8/edit>8</a> <a href=/products/1>ink</a>"},
		[3]string{"bob", "/api/parcels", `{"parcels":[{"number":2002}]}`},
		[3]string{"bob", "/transfer", `<select name=account><option value="55">mine</option></select>`},
		[3]string{"bob", "/orders/70", "not order 7"},
		[3]string{"root", "/admin/orders", "<a href=/orders/7> <a href=/orders/8>"},
	)
	seen := site.Sightings()
	for _, row := range []struct {
		name, route, path string
		fields            []finding.Field
		want              string
	}{
		{"a link", "/orders/{id}", "/orders/7", nil, "alice"},
		{"a link below it", "/orders/{id}", "/orders/8", nil, "bob"},
		{"nobody's", "/orders/{id}", "/orders/11", nil, ""},
		{"everybody's", "/products/{id}", "/products/1", nil, ""},
		{"compared only", "/orders/{id}", "/orders/9", nil, ""},
		{"a member of a list", "/api/parcels/{id}", "/api/parcels/2002", nil, "bob"},
		{"a number that is no identifier", "/api/parcels/{id}", "/api/parcels/3002", nil, ""},
		{"a query", "/receipt", "/receipt?number=31", nil, "alice"},
		{"a hidden field", "/refund", "/refund", []finding.Field{{Name: "number", Value: "31", Type: "hidden"}}, "alice"},
		{"an option", "/transfer", "/transfer", []finding.Field{{Name: "account", Value: "55"}}, "bob"},
		{"a word nobody guesses", "/files/{id}", "/files/b7f2k9q1", nil, "alice"},
		{"a field that names nothing", "/motto", "/motto", []finding.Field{{Name: "motto", Value: "31"}}, ""},
	} {
		owner, ok := seen.Owner(References(row.route, "https://app.test"+row.path, row.fields))
		if owner != row.want || ok != (row.want != "") {
			t.Errorf("%s: got %q, %v, want %q", row.name, owner, ok, row.want)
		}
	}
	if got := seen.Ordinary(); !slices.Equal(got, []string{"alice", "bob"}) || !seen.Privileged("root") {
		t.Errorf("ordinary are %q", got)
	}
}

// An area that everybody is shown is no administrator's (R48).
func TestWhoIsAnAdministrator(t *testing.T) {
	all := seenAs([]string{"", "alice", "bob"}, [3]string{"alice", "/admin", "x"}, [3]string{"bob", "/admin", "x"}).Sightings()
	if all.Privileged("alice") || all.Privileged("bob") {
		t.Error("what both are shown makes neither an administrator")
	}
	site := seenAs([]string{"", "alice", "bob"})
	site.Actions, site.Actors = []finding.Action{{Method: "POST", Route: "/staff/ban"}}, [][]string{{"bob"}}
	if seen := site.Sightings(); seen.Privileged("alice") || !seen.Privileged("bob") {
		t.Error("an action of the staff makes an administrator")
	}
}

func FuzzSightings(f *testing.F) {
	f.Add("<a href=/orders/7?x=1&amp;y=2><input name=a value='b'><select name=c><option value=d>", "/orders/7")
	f.Add(`{"a":[{"id":1,"b":{"user_id":"x"}}]}`, "//")
	f.Fuzz(func(t *testing.T, body, path string) {
		site := seenAs([]string{"", "alice", "bob"}, [3]string{"alice", path, body}, [3]string{"bob", "/", body})
		seen := site.Sightings()
		for _, r := range References("/x/{id}", "https://app.test/x/"+path, []finding.Field{{Name: "id", Value: body}}) {
			if owner, ok := seen.Owner([]Reference{r}); ok && owner == "" {
				t.Error("an owner without a name")
			}
		}
	})
}

// Who an application itself calls an administrator is one, wherever its functions stand (R47).
func TestAnAccountThatSaysItIsAnAdministratorsIsOne(t *testing.T) {
	for _, row := range []struct {
		name, alice, root string
		want              bool
	}{
		{"a flag", `{"id": 1, "is_superuser": false}`, `{"id": 2, "is_superuser": true}`, true},
		{"a role", `{"user": {"role": "member"}}`, `{"user": {"role": "admin"}}`, true},
		{"roles", `{"roles": []}`, `{"roles": ["staff", "editor"]}`, true},
		{"everybody's flag", `{"is_staff": true}`, `{"is_staff": true}`, false},
		{"another flag", `{"is_active": false, "is_user": false}`, `{"is_active": true, "is_user": true}`, false},
		{"a list of people", `{"data": [{"is_admin": false}]}`, `{"data": [{"is_admin": true}]}`, false},
		{"a role that is none", `{"role": "reader"}`, `{"role": "author"}`, false},
	} {
		site := seenAs([]string{"", "alice", "root"}, [3]string{"alice", "/users/me", row.alice}, [3]string{"root", "/users/me", row.root})
		if seen := site.Sightings(); seen.Privileged("root") != row.want || seen.Privileged("alice") {
			t.Errorf("%s: root %v, alice %v", row.name, seen.Privileged("root"), seen.Privileged("alice"))
		}
	}
}
