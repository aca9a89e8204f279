package finding

import (
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

// The origins that are tried are those of R44, as a browser writes them.
func TestImpostor(t *testing.T) {
	for _, row := range []struct {
		target string
		use    OriginUse
		want   string
	}{
		{"https://app.shop.example", OriginForeign, "https://attacker.example"},
		{"https://www.attacker.example", OriginForeign, "https://attacker.test"},
		{"http://app.shop.example", OriginForeign, "http://attacker.example"},
		{"http://127.0.0.1:8000", OriginForeign, "https://attacker.example"},
		{"https://app.shop.example", OriginNull, "null"},
		{"https://app.shop.example", OriginSuffix, "https://app.shop.example.attacker.example"},
		{"http://127.0.0.1:8000", OriginSuffix, "http://127.0.0.1.attacker.example"},
		{"http://[::1]:8000", OriginSuffix, ""},
		{"https://app.shop.example", OriginEnding, "https://evilapp.shop.example"},
		{"http://localhost:8000", OriginEnding, "http://evillocalhost:8000"},
		{"http://127.0.0.1:8000", OriginEnding, ""},
		{"https://app.shop.example", OriginPlain, "http://app.shop.example"},
		{"http://127.0.0.1:8000", OriginPlain, "https://127.0.0.1:8000"},
		{"https://app.shop.example", OriginSibling, "https://evil.shop.example"},
		{"http://127.0.0.1:8000", OriginSibling, ""},
		{"http://127.0.0.1:65535", OriginPort, "http://127.0.0.1:1024"},
		{"http://127.0.0.1:8000", OriginPort, "http://127.0.0.1:8001"},
		{"https://app.shop.example", OriginMissing, ""},
	} {
		target, err := policy.OriginOfURL(row.target)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := Impostor(target, row.use)
		if ok != (row.want != "") || ok && got.String() != row.want {
			t.Errorf("%s against %s: got %s, %v, want %q", row.use, row.target, got, ok, row.want)
		}
	}
}
