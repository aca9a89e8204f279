package scope

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLearnedSecretsAreHiddenHoweverTheyAreWritten(t *testing.T) {
	r := newRedactor()
	secret := `p&ss "w<rd/é'+ 1`
	r.Learn("password", secret)
	for name, text := range map[string]string{
		"as it is":       "x" + secret + "y",
		"in a query":     "?p=p%26ss+%22w%3Crd%2F%C3%A9%27%2B+1&q",
		"in a path":      "/p&ss%20%22w%3Crd%2F%C3%A9%27+%201",
		"lower-case hex": "?p=p%26ss+%22w%3crd%2f%c3%a9%27%2b+1&q",
		"in HTML":        `value="p&amp;ss &#34;w&lt;rd/é&#39;+ 1"`,
		"in HTML, named": `value="p&amp;ss &quot;w&lt;rd/é&#x27;+ 1"`,
		"in JSON":        `{"p": "p\u0026ss \"w\u003crd/é'+ 1"}`,
		"in plain JSON":  `{"p": "p&ss \"w<rd/é'+ 1"}`,
		"slashes":        `{"p": "p&ss \"w<rd\/é'+ 1"}`,
	} {
		got := r.Text(text)
		if !strings.Contains(got, r.Mark("password", secret)) || strings.Contains(got, "w<rd") || strings.Contains(got, "rd/é") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestDigestsAreEqualWithinARunOnly(t *testing.T) {
	a, b := newRedactor(), newRedactor()
	one, again, other := a.Digest("secret"), a.Digest("secret"), a.Digest("other")
	if one != again || one == other {
		t.Error("digests do not tell secrets apart within a run")
	}
	if a.Digest("secret") == b.Digest("secret") && a.Digest("x") == b.Digest("x") {
		t.Error("digests are the same in another run")
	}
}

func TestCredentialsAreHiddenByWhereTheyStand(t *testing.T) {
	r := newRedactor()
	for _, test := range []struct{ name, text, gone, stays string }{
		{"a Cookie line", "GET / HTTP/1.1\r\nCookie: sid=abc123; theme=dark\r\n\r\nbody", "abc123", "Cookie: sid=«cookie:"},
		{"a Set-Cookie line", "Set-Cookie: sid=abc123; Path=/; HttpOnly", "abc123", "; Path=/; HttpOnly"},
		{"an Authorization line", "authorization: Bearer abc.def.ghi", "abc.def.ghi", "authorization: Bearer «"},
		{"a JSON password", `{"user":"a","new_password": "hunter2"}`, "hunter2", `"user":"a"`},
		{"a password in a body", "user=alice&password=hunter2&next=/", "hunter2", "user=alice&password=«"},
		{"a prefilled password", `<input type="password" name="p" value="hunter2">`, "hunter2", `name="p"`},
	} {
		got := r.Text(test.text)
		if strings.Contains(got, test.gone) || !strings.Contains(got, test.stays) {
			t.Errorf("%s: got %q", test.name, got)
		}
		if again := r.Text(got); again != got {
			t.Errorf("%s: redacted twice gives %q", test.name, again)
		}
	}
	if text := "a page about passwords and cookies: read on"; r.Text(text) != text {
		t.Errorf("ordinary text was changed: %q", r.Text(text))
	}
}

func TestHeadersAreCopiedForDisplay(t *testing.T) {
	r := newRedactor()
	r.Learn("token", "tok-123456")
	h := http.Header{"Set-Cookie": {"sid=abc; Secure", "gone=; Max-Age=0"}, "Authorization": {"Basic YTpi"}, "X-Token": {"tok-123456"}, "Server": {"x"}}
	got := r.Header(h)
	if h.Get("Authorization") != "Basic YTpi" {
		t.Error("the original was changed")
	}
	for name, want := range map[string]string{
		"Set-Cookie": "sid=" + r.Mark("cookie", "abc") + "; Secure", "Authorization": "Basic " + r.Mark("authorization", "YTpi"),
		"X-Token": r.Mark("token", "tok-123456"), "Server": "x",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Get(name), want)
		}
	}
	if got["Set-Cookie"][1] != "gone=; Max-Age=0" {
		t.Errorf("a deletion became %q", got["Set-Cookie"][1])
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add("secret-1", "other-22", "say secret-1 and other-22")
	f.Add("xxxxxx", "»zzzzz", "xxxxxxzzzzz")
	f.Add("password", "cookie:", `"password":"password" Cookie: a=password`)
	f.Add("a&b<c>d", "a&amp;b&l", "a&amp;b&lt;c&gt;d")
	f.Add("\x80\x81\x82\x83\x84\x85", "ünïcödé", "\x80\x81\x82\x83\x84\x85ünïcödé")
	f.Fuzz(func(t *testing.T, a, b, text string) {
		r := newRedactor()
		r.Learn("password", a)
		r.Learn("cookie", b)
		for _, shown := range []string{r.Text(text), r.Text(a + text + b), r.Text(`"` + a + `"=` + b), r.Header(http.Header{"X": {text + a}}).Get("X")} {
			for _, secret := range []string{a, b} {
				if utf8.RuneCountInString(secret) >= shortestSecret && strings.Contains(shown, secret) {
					t.Errorf("%q appears in %q", secret, shown)
				}
			}
		}
	})
}
