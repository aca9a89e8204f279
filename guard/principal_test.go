package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write testdata/principal.json anew")

var (
	principalKey = []byte("a-key-for-principals-of-32-bytes")
	previousKey  = []byte("the-key-before-it-of-32-bytes...")
	foreignKey   = []byte("somebody-elses-key-of-32-bytes..")
	principalNow = time.Unix(1_800_000_000, 0)
)

func principalHeader() PrincipalHeader {
	return PrincipalHeader{Audience: "bank", Keys: [][]byte{principalKey, previousKey}}.withDefaults()
}

// A principalVector is a header's lines and what they are worth to the application
// "bank" at principalNow. The recipes for Python are held against the same file.
type principalVector struct {
	Name   string   `json:"name"`
	Method string   `json:"method"`
	Lines  []string `json:"lines"`
	User   string   `json:"user"`
	Error  bool     `json:"error"`
}

type principalVectors struct {
	Keys     []string          `json:"keys"`
	Audience string            `json:"audience"`
	Now      int64             `json:"now"`
	Vectors  []principalVector `json:"vectors"`
	Login    string            `json:"login"`  // what the application says when alice has logged in by a POST
	Logout   string            `json:"logout"` // and out
}

func makePrincipalVectors() principalVectors {
	h := principalHeader()
	line := func(edit func(*PrincipalHeader), user string, at time.Time) string {
		as := principalHeader()
		edit(&as)
		return as.write(labelPrincipal, newKey(as.Keys[0]), user, "GET", at)
	}
	same := func(*PrincipalHeader) {}
	good := line(same, "alice", principalNow)
	v := principalVectors{Keys: []string{string(principalKey), string(previousKey)}, Audience: h.Audience, Now: principalNow.Unix()}
	v.Login = h.write(labelLogin, newKey(principalKey), "alice", "POST", principalNow)
	v.Logout = h.write(labelLogin, newKey(principalKey), "", "POST", principalNow)
	add := func(name, user string, lines ...string) {
		v.Vectors = append(v.Vectors, principalVector{name, "GET", lines, user, user == "" && len(lines) > 0})
	}
	signed := func(text string) string {
		return text + "." + h.sign(labelPrincipal, newKey(principalKey), text, "GET")
	}
	dot := strings.LastIndexByte(good, '.')
	add("good", "alice", good)
	add("not ASCII", "zoë@exämple.org", line(same, "zoë@exämple.org", principalNow))
	add("the previous key", "alice", line(func(h *PrincipalHeader) { h.Keys = h.Keys[1:] }, "alice", principalNow))
	add("in its last second", "alice", line(same, "alice", principalNow.Add(-59*time.Second)))
	add("the guard's clock ahead", "alice", line(same, "alice", principalNow.Add(principalSkew)))
	add("none", "")
	add("empty", "", "")
	add("a bare name", "", "alice")
	add("expired", "", line(same, "alice", principalNow.Add(-time.Minute)))
	add("from the future", "", line(same, "alice", principalNow.Add(principalSkew+time.Second)))
	add("a foreign key", "", line(func(h *PrincipalHeader) { h.Keys = [][]byte{foreignKey} }, "alice", principalNow))
	add("another application's", "", line(func(h *PrincipalHeader) { h.Audience = "shop" }, "alice", principalNow))
	add("another user under the signature", "", strings.Replace(good, encoding.EncodeToString([]byte("alice")), encoding.EncodeToString([]byte("admin")), 1))
	add("a longer life under the signature", "", strings.Replace(good, fmt.Sprint(principalNow.Add(time.Minute).Unix()), fmt.Sprint(principalNow.Add(time.Hour).Unix()), 1))
	add("twice", "", good, good)
	add("twice in one line", "", good+", "+good)
	add("a forged one beside it", "", good, "1.0.9.YWRtaW4.x")
	add("no signature", "", good[:dot])
	add("an empty signature", "", good[:dot+1])
	add("a cut signature", "", good[:len(good)-1])
	add("a padded signature", "", good+"=")
	add("a signature with a line's end", "", good+"\n")
	add("a byte that is not ASCII", "", good[:len(good)-1]+"\u00e9")
	add("a blank before", "", " "+good)
	add("another version, signed", "", signed("2"+good[1:dot]))
	add("too few parts, signed", "", signed("1.1800000000.1800000060"))
	add("too many parts, signed", "", signed(good[:dot]+".x"))
	add("nobody, signed", "", signed("1.1800000000.1800000060."))
	add("no time, signed", "", signed("1.now.later.YWxpY2U"))
	add("a user that is not UTF-8, signed", "", signed("1.1800000000.1800000060._w"))
	add("too long", "", line(same, strings.Repeat("a", 2000), principalNow))
	v.Vectors = append(v.Vectors, principalVector{"another method", "POST", []string{good}, "", true})
	return v
}

// R84, R85, R108: only the guard's own word is taken, and the file that the recipes
// are tested with says the same.
func TestPrincipalVectors(t *testing.T) {
	v := makePrincipalVectors()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/principal.json"
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, text) {
		t.Errorf("%s is not what the code signs (%v): go test ./guard -run TestPrincipalVectors -update", file, err)
	}
	for _, c := range v.Vectors {
		user, err := "", error(nil)
		switch len(c.Lines) {
		case 0:
		case 1:
			user, err = principalHeader().read(labelPrincipal, c.Lines[0], c.Method, principalNow)
		default:
			user, err = principalHeader().Verify(&http.Request{Method: c.Method, Header: http.Header{"Mantlet-Principal": c.Lines}})
		}
		if user != c.User || errors.Is(err, ErrPrincipal) != c.Error {
			t.Errorf("%s: got %q, %v", c.Name, user, err)
		}
	}
}

func TestVerifyReadsEverySpellingOfTheHeader(t *testing.T) {
	h := principalHeader()
	line := h.write(labelPrincipal, newKey(principalKey), "alice", "GET", time.Now())
	for name, want := range map[string]error{"Mantlet-Principal": nil, "mantlet-principal": nil, "Mantlet_principal": nil} {
		user, err := h.Verify(&http.Request{Method: "GET", Header: http.Header{name: {line}}})
		if user != "alice" || !errors.Is(err, want) {
			t.Errorf("%s: got %q, %v", name, user, err)
		}
	}
	both := http.Header{"Mantlet-Principal": {line}, "Mantlet_principal": {line}}
	if user, err := h.Verify(&http.Request{Method: "GET", Header: both}); user != "" || !errors.Is(err, ErrPrincipal) {
		t.Errorf("two spellings at once: got %q, %v", user, err)
	}
	if user, err := h.Verify(&http.Request{Method: "GET", Header: http.Header{}}); user != "" || err != nil {
		t.Errorf("no header: got %q, %v", user, err)
	}
	if _, err := (PrincipalHeader{Audience: "bank"}).Verify(&http.Request{}); err == nil {
		t.Error("verifies without a key")
	}
}

func TestPrincipalsThatWouldNotDoWhatTheySay(t *testing.T) {
	of := func(*http.Request) (string, error) { return "", nil }
	good := PrincipalHeader{Audience: "bank", Keys: [][]byte{principalKey}}
	with := func(edit func(*PrincipalHeader)) Principals {
		h := good
		edit(&h)
		return Principals{h, of}
	}
	for name, test := range map[string]struct {
		p    Principals
		want string
	}{
		"good":               {Principals{good, of}, ""},
		"nothing":            {Principals{}, ""},
		"only removed":       {Principals{PrincipalHeader: PrincipalHeader{Name: "X-User"}}, ""},
		"nobody knows":       {Principals{PrincipalHeader: good}, "nothing says who"},
		"no audience":        {with(func(h *PrincipalHeader) { h.Audience = "" }), "audience"},
		"no key":             {with(func(h *PrincipalHeader) { h.Keys = nil }), "needs a key"},
		"a short key":        {with(func(h *PrincipalHeader) { h.Keys = [][]byte{[]byte("short")} }), "fewer than 32"},
		"the tokens' key":    {with(func(h *PrincipalHeader) { h.Keys = [][]byte{foreignKey} }), "signs tokens"},
		"a day":              {with(func(h *PrincipalHeader) { h.Life = 24 * time.Hour }), "between a second and an hour"},
		"Cookie":             {with(func(h *PrincipalHeader) { h.Name = "cookie" }), "no name"},
		"X_Forwarded_For":    {with(func(h *PrincipalHeader) { h.Name = "X-forwarded-for" }), "no name"},
		"a name of two":      {with(func(h *PrincipalHeader) { h.Name = "A\r\nB" }), "no name"},
		"an underscore":      {with(func(h *PrincipalHeader) { h.Name = "X_User" }), "no name"},
		"removed, and a bad": {Principals{PrincipalHeader: PrincipalHeader{Name: "Host"}}, "no name"},
	} {
		err := test.p.validate(Options{Tokens: Tokens{Keys: [][]byte{foreignKey}}})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// Whatever is sent, nothing counts that was not signed, and reading does not panic.
func FuzzPrincipal(f *testing.F) {
	genuine := map[string]bool{}
	for _, c := range makePrincipalVectors().Vectors {
		for _, line := range c.Lines {
			f.Add(line)
			genuine[line] = genuine[line] || !c.Error
		}
	}
	f.Fuzz(func(t *testing.T, line string) {
		user, err := principalHeader().read(labelPrincipal, line, "GET", principalNow)
		if (err == nil) != (user != "") {
			t.Errorf("%q: %q and %v", line, user, err)
		}
		if err == nil && !genuine[line] {
			t.Errorf("%q counts as %q", line, user)
		}
	})
}

// What is signed and makes no sense is nobody; what is somebody reads back as written.
func FuzzSignedPrincipal(f *testing.F) {
	for _, c := range makePrincipalVectors().Vectors {
		for _, line := range c.Lines {
			f.Add(line[:max(0, strings.LastIndexByte(line, '.'))])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := principalHeader()
		for _, label := range []string{labelPrincipal, labelLogin} {
			user, err := h.read(label, text+"."+h.sign(label, newKey(principalKey), text, "GET"), "GET", principalNow)
			switch {
			case err != nil:
				if user != "" || !errors.Is(err, ErrPrincipal) {
					t.Errorf("%q: %q and %v", text, user, err)
				}
			case user == "" && label == labelPrincipal || !utf8.ValidString(user):
				t.Errorf("%q counts as %q", text, user)
			case !strings.HasPrefix(text, "1.") || !strings.HasSuffix(text, "."+encoding.EncodeToString([]byte(user))) && !strings.ContainsAny(text, "\r\n"):
				t.Errorf("%q reads as %q", text, user)
			}
		}
	})
}

// Two names are the same where the variables are that CGI makes of them (RFC 3875,
// section 4.1.18), with every sign and not only the hyphen as an underscore.
func FuzzSameHeader(f *testing.F) {
	f.Add("Mantlet-Principal", "mantlet_principal")
	f.Add("Mantlet-Principal", "Mantlet.Principal")
	f.Add("a@", "A`")
	f.Add("a\x00", "a_")
	variable := func(name string) string {
		b := []byte(name)
		for i, c := range b {
			switch {
			case 'a' <= c && c <= 'z':
				b[i] = c - 'a' + 'A'
			case ('A' > c || c > 'Z') && ('0' > c || c > '9'):
				b[i] = '_'
			}
		}
		return string(b)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if got, want := sameHeader(a, b), variable(a) == variable(b); got != want {
			t.Errorf("%q and %q: got %v", a, b, got)
		}
	})
}
