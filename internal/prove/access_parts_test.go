package prove

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestTokensThatOnlyLookSigned(t *testing.T) {
	const claims = "eyJzdWIiOiJhbGljZSIsImV4cCI6MTcwMDAwMDAwMH0" // {"sub":"alice","exp":1700000000}
	p, ok := readPass("eyJhbGciOiJIUzI1NiJ9." + claims + ".c2lnbmF0dXJl")
	if !ok || !p.isExpired() || p.expires.Year() != 2023 {
		t.Errorf("got %+v, %v", p, ok)
	}
	for _, f := range p.forged() {
		if f.token == p.token || strings.Split(f.token, ".")[1] != claims {
			t.Errorf("%s: the claims have to stay, the signature must not: %s", f.name, f.token)
		}
	}
	for name, token := range map[string]string{
		"a signed cookie of Flask": "eyJ1c2VyIjoiYWxpY2UifQ.Zabc12.c2lnbmF0dXJl",
		"two parts":                "eyJhbGciOiJIUzI1NiJ9." + claims,
		"no algorithm":             "eyJ0eXAiOiJKV1QifQ." + claims + ".x",
		"nothing":                  "",
	} {
		if _, ok := readPass(token); ok {
			t.Errorf("%s was taken for a token", name)
		}
	}
}

func FuzzReadPass(f *testing.F) {
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.x")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if p, ok := readPass(token); ok && len(p.forged()) == 0 {
			t.Error("a token that cannot be forged")
		}
	})
}

func TestWhatIsPersonal(t *testing.T) {
	for _, row := range []struct {
		where, value string
		want         bool
	}{
		{"GET /me $.email", "alice@shop.test", true},
		{"GET /me $.phone", "+41 44 668 18 00", true},
		{"GET /me form[POST /me] street", "12 Lindenhof Lane", true},
		{"GET /me form[POST /me] nickname", "alice of the paper club", false},
		{"GET /me $.created", "2026-11-22 00:40:11", false},
		{"GET /me $.token", "«token:123456»7654321", false},
		{"GET /me $.name", "Alice", false},
	} {
		if got := isPersonal(row.where, row.value); got != row.want {
			t.Errorf("%s %s: got %v", row.where, row.value, got)
		}
	}
}

func TestIdentifiersThatHardlyExist(t *testing.T) {
	for _, id := range []string{"7", "1001", "a81f-22", "alice-ink"} {
		first, second := absent(id, 0), absent(id, 1)
		if first == id || second == id || allDigits.MatchString(id) != allDigits.MatchString(first) {
			t.Errorf("%s: got %s and %s", id, first, second)
		}
	}
	if absent("7", 0) == absent("7", 1) {
		t.Error("two that are missing have to be two")
	}
}

func TestLabelsOfAPage(t *testing.T) {
	for _, row := range []struct {
		line, name, value string
		want              bool
	}{
		{"Role: admin", "role", "admin", true},
		{"role | admin", "role", "admin", true},
		{"Roles: admin", "role", "admin", false},
		{"Is admin: yes", "is_admin", "true", true},
		{"Credit: 51", "credit", "51.0", true},
	} {
		c := finding.Change{Where: "GET /me main>p", After: row.line}
		if got := isAbout(c, row.name) && holdsValue(c, row.name, row.value); got != row.want {
			t.Errorf("%q for %s=%s: got %v", row.line, row.name, row.value, got)
		}
	}
}

func TestKeysThatCanBeGuessed(t *testing.T) {
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"alice","exp":4102444800}`))
	token := func(key string) pass {
		p, ok := readPass(head + "." + claims + "." + base64.RawURLEncoding.EncodeToString(sign("HS256", key, []byte(head+"."+claims))))
		if !ok {
			t.Fatal("no token")
		}
		return p
	}
	for key, want := range map[string]string{"secret": "secret", "changeme": "changeme", "004217": "004217", "8b1f7c0e6d1f4f5e9c6f3a": ""} {
		p := token(key)
		if got := p.guessKey(); got != want {
			t.Errorf("signed with %q: got %q", key, got)
		}
		forged := p.signedWith("secret")
		if again, ok := readPass(forged); !ok || again.guessKey() != "secret" || forged == p.token || !strings.Contains(forged, head) {
			t.Errorf("what is written is no token signed with the key: %s", forged)
		}
	}
	rsa, _ := readPass(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + claims + ".c2ln")
	if rsa.guessKey() != "" || rsa.signedWith("secret") != "" {
		t.Error("a token that no shared key signs has none to guess")
	}
}
