package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSourceExpressions(t *testing.T) {
	host := func(scheme, name string, wildcard bool, port int, path string) Source {
		return Source{Kind: SourceHost, Scheme: scheme, Host: name, Wildcard: wildcard, Port: port, Path: path}
	}
	tests := []struct {
		text string
		want Source
	}{
		{"'NONE'", Source{Kind: SourceNone, Port: NoPort}},
		{"'Self'", Source{Kind: SourceSelf, Port: NoPort}},
		{"*", Source{Kind: SourceStar, Port: NoPort}},
		{"HTTPS:", Source{Kind: SourceScheme, Scheme: "https", Port: NoPort}},
		{"a+b-c.1:", Source{Kind: SourceScheme, Scheme: "a+b-c.1", Port: NoPort}},
		{"a.example:", Source{Kind: SourceScheme, Scheme: "a.example", Port: NoPort}}, // not a host without its port
		{"Example.COM", host("", "example.com", false, NoPort, "")},
		{"example.com.", host("", "example.com.", false, NoPort, "")},
		{"https://*.example.com:8443/a?b#c", host("https", "example.com", true, 8443, "/a")},
		{"https:443", host("", "https", false, 443, "")}, // a host of that name
		{"https://*", host("https", "", true, NoPort, "")},
		{"*:*", host("", "", true, AnyPort, "")},
		{"localhost:0080", host("", "localhost", false, 80, "")},
		{"example.com/?q", host("", "example.com", false, NoPort, "/")},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			tt.want.Text = tt.text
			if diff := cmp.Diff([]Source{tt.want}, ParseSourceList(tt.text).Sources()); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoSourceExpressionIsKeptAsInvalid(t *testing.T) {
	for _, text := range []string{
		"'self", `"self"`, "'unsafe-inline'", "'nonce-abc'", "1https:", "://a.example", "//a.example", "https:/", "https://",
		"*a.example", "*.", "*.*", "a..b", ".a", "a_b.example", "[::1]", "http://[::1]:80", "a.example:/", "a.example:x",
		"a.example:443?x", "a.example:99999999999", "user@a.example", "a.example?x", "%61.example", "*:", "https:a.example",
	} {
		t.Run(text, func(t *testing.T) {
			list := ParseSourceList(text)
			if got := list.Sources()[0]; got.Kind != SourceInvalid || got.Text != text {
				t.Errorf("got %+v, want it invalid", got)
			}
			if list.String() != "'none'" {
				t.Errorf("a list of nothing else is %s, want 'none'", list)
			}
		})
	}
}

func TestAListPrintsWhatTakesEffect(t *testing.T) {
	got := ParseSourceList("  'none'\t'Self'  a_b https://Example.com/x ").String()
	if want := "'Self' https://Example.com/x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
