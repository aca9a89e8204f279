package observe

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
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
