package observe

import (
	"net/http"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

func TestALoginAsksWhoItIs(t *testing.T) {
	field := func(kind, name string) finding.Field { return finding.Field{Type: kind, Name: name} }
	for _, test := range []struct {
		name   string
		fields []finding.Field
		want   bool
	}{
		{"a login", []finding.Field{field("text", "u"), field("password", "p")}, true},
		{"the second step of one", []finding.Field{field("hidden", "username"), field("password", "p")}, true},
		{"a sign-up", []finding.Field{field("email", "mail"), field("password", "p"), field("password", "again")}, true},
		{"a password that is set", []finding.Field{{Type: "hidden", Name: "csrf", Token: true}, field("password", "new"), field("password", "again")}, false},
		{"a password that is asked for once more", []finding.Field{field("password", "current"), field("checkbox", "sure")}, false},
		{"no password", []finding.Field{field("text", "q")}, false},
	} {
		if got := asksWho(test.fields); got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}

func TestAScriptThatSendsAFormElsewhere(t *testing.T) {
	site := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		html(w, `<form id=profile><input type=hidden name=uid value=7><input name=city value=Rome></form>
			<script>$("#save").on("click", function(){ var data = $("#profile").serialize(); var url = "/profile/save"; $.post(url, data) })</script>`)
	})
	_, a := actionAt(site, "POST /profile/save")
	if len(a.Fields) != 2 || a.Fields[1].Value != "Rome" || a.Encoding != finding.EncodingURL {
		t.Errorf("got %+v", a)
	}
	if i, _ := actionAt(site, "GET /"); i >= 0 {
		t.Error("the form is taken for one that is submitted by itself")
	}
}
