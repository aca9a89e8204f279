package guard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

// shape is one line of testdata/conformance: a request, what we make of it, and
// why that is not what its source does.
type shape struct {
	line           string
	method, target string
	keys           []pair
	allow          bool
	reason         policy.Reason
	deviates       bool
	why            string
}

type pair struct{ key, value string }

// vectors runs the shapes of one file against the site that its directives describe.
type vectors struct {
	t       *testing.T
	rules   policy.Rules
	options Options
	secure  bool
	cookie  string
	site    *site
	last    policy.Decision // of the latest decision that was enforced
	shapes  int
	differ  int
}

func TestRequestShapesOfOtherProjects(t *testing.T) {
	files, err := filepath.Glob("testdata/conformance/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	shapes, differ := 0, 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v := &vectors{t: t, secure: true, cookie: "sid=victim"}
			if !strings.HasPrefix(string(text), "source ") {
				t.Error("does not name its source")
			}
			for n, line := range strings.Split(string(text), "\n") {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					v.read(fmt.Sprintf("line %d: %s", n+1, line), line)
				}
			}
			if strings.HasPrefix(file, "testdata/conformance/battery") && v.shapes != 32 {
				t.Errorf("the battery has %d shapes", v.shapes)
			}
			shapes, differ = shapes+v.shapes, differ+v.differ
		})
	}
	t.Logf("%d shapes from %d files, %d where we differ on purpose", shapes, len(files), differ)
	if shapes < 250 {
		t.Errorf("only %d shapes", shapes)
	}
}

func (v *vectors) read(where, line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "source":
	case "rules":
		rules, err := policy.ParseRules([]byte(rest))
		if err != nil {
			v.t.Fatalf("%s: %v", where, err)
		}
		v.rules, v.site = rules, nil
	case "options":
		v.options, v.site = readOptions(v.t, rest), nil
	case "scheme":
		v.secure, v.site = rest == "https", nil
	case "cookie":
		v.cookie = rest
	default:
		s, err := readShape(line)
		if err != nil {
			v.t.Fatalf("%s: %v", where, err)
		}
		v.run(where, s)
	}
}

func readOptions(t *testing.T, text string) Options {
	var o Options
	for _, word := range strings.Fields(text) {
		key, value, _ := strings.Cut(word, "=")
		list := strings.Split(value, ",")
		if o.CORS == nil && (key == "cors" || key == "methods" || key == "headers") {
			o.CORS = &CORS{}
		}
		switch key {
		case "sessions":
			o.SessionCookies = list
		case "cors":
			o.CORS.Origins = list
		case "methods":
			o.CORS.Methods = list
		case "headers":
			o.CORS.Headers = list
		default:
			t.Fatalf("no option is called %q", key)
		}
	}
	return o
}

func readShape(line string) (shape, error) {
	request, verdict, found := strings.Cut(line, " -> ")
	if !found {
		return shape{}, fmt.Errorf("no verdict")
	}
	verdict, theirs, deviates := strings.Cut(verdict, " ! ")
	word, reason, _ := strings.Cut(verdict, " ")
	s := shape{line: line, allow: word == "allow", reason: policy.Reason(reason), deviates: deviates}
	if word != "allow" && word != "deny" || reason == "" {
		return s, fmt.Errorf("verdict %q", verdict)
	}
	if deviates {
		was, why, _ := strings.Cut(theirs, ": ")
		if why == "" || was != "allow" && was != "deny" || (was == "allow") == s.allow {
			return s, fmt.Errorf("a deviation names the other verdict and why")
		}
		s.why = why
	}
	s.method, request, _ = strings.Cut(request, " ")
	s.target, request, _ = strings.Cut(request, " ")
	for request = strings.TrimSpace(request); request != ""; request = strings.TrimSpace(request) {
		var p pair
		var err error
		if p, request, err = readPair(request); err != nil {
			return s, err
		}
		s.keys = append(s.keys, p)
	}
	return s, nil
}

// readPair reads key=value, key="value with blanks" or "key=value with blanks".
func readPair(text string) (p pair, rest string, err error) {
	if text[0] == '"' {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return p, "", err
		}
		whole, _ := strconv.Unquote(quoted)
		p.key, p.value, _ = strings.Cut(whole, "=")
		return p, text[len(quoted):], nil
	}
	key, value, found := strings.Cut(text, "=")
	if !found {
		return p, "", fmt.Errorf("%q is no key=value", text)
	}
	if strings.HasPrefix(value, `"`) {
		quoted, err := strconv.QuotedPrefix(value)
		if err != nil {
			return p, "", err
		}
		whole, _ := strconv.Unquote(quoted)
		return pair{key, whole}, value[len(quoted):], nil
	}
	value, rest, _ = strings.Cut(value, " ")
	return pair{key, value}, rest, nil
}

func (v *vectors) run(where string, s shape) {
	if v.site == nil {
		o := v.options
		o.OnDecision = func(_ *http.Request, e Event) { v.last = e.Decision }
		v.site = serve(v.t, v.secure, v.rules, o, nil)
	}
	v.shapes++
	if s.deviates {
		v.differ++
	}
	v.last = policy.Decision{Reason: "bad-request"} // what net/http refuses reaches no guard
	before := v.site.served.Load()
	res := v.site.send(v.t, v.lines(s)...)
	served := v.site.served.Load() > before
	if v.last.Reason == policy.PreflightAnswered {
		served = true // by the guard
	}
	if served != s.allow || v.last.Allowed != s.allow || v.last.Reason != s.reason {
		v.t.Errorf("%s\n got %d, served %v, %v", where, res.StatusCode, served, v.last)
	}
	if v.last.Reason != "bad-request" {
		mustBeGuarded(v.t, where, res.Header)
	}
}

// headerOf are the keys that stand for one header.
var headerOf = map[string]string{"sfs": "Sec-Fetch-Site", "mode": "Sec-Fetch-Mode", "dest": "Sec-Fetch-Dest",
	"origin": "Origin", "referer": "Referer", "upgrade": "Upgrade", "type": "Content-Type"}

// lines are the request as it is sent.
func (v *vectors) lines(s shape) []string {
	host, cookie := "app.example", v.cookie
	var headers, body []string
	target := s.target
	for _, p := range s.keys {
		switch p.key {
		case "host":
			host = p.value
		case "cookie":
			cookie = p.value
		case "h":
			headers = append(headers, p.value)
		case "token":
			kind, place, _ := strings.Cut(p.value, "@")
			token := v.token(kind)
			switch place {
			case "header":
				headers = append(headers, "X-CSRF-Token: "+token)
			case "query":
				target += "?csrf_token=" + token
			case "cookie":
				cookie += "; csrf_token=" + token
			default:
				body = append(body, place, token)
			}
		default:
			if headerOf[p.key] == "" {
				v.t.Fatalf("%s: no key is called %q", s.line, p.key)
			}
			headers = append(headers, headerOf[p.key]+": "+p.value)
			if p.key == "upgrade" {
				headers = append(headers, "Connection: Upgrade, close")
			}
		}
	}
	lines := append([]string{s.method + " " + target + " HTTP/1.1", "Host: " + host}, headers...)
	if cookie != "-" {
		lines = append(lines, "Cookie: "+cookie)
	}
	return append(lines, asForm(body)...)
}

// asForm are the header and the body of a form with these tokens.
func asForm(body []string) []string {
	if len(body) == 0 {
		return []string{"Content-Length: 0"}
	}
	if body[0] == "part" {
		return []string{"Content-Type: multipart/form-data; boundary=B", "",
			"--B", `Content-Disposition: form-data; name="csrf_token"`, "", body[1], "--B--", ""}
	}
	form := "a=1"
	for i := 1; i < len(body); i += 2 {
		form += "&csrf_token=" + body[i]
	}
	return []string{"Content-Type: application/x-www-form-urlencoded", "", form}
}

func (v *vectors) token(kind string) string {
	scheme := map[bool]string{true: "https", false: "http"}[v.secure]
	made := func(cookie string) string {
		r := httptest.NewRequest("GET", scheme+"://app.example/", nil)
		r.Header.Set("Cookie", cookie)
		token, err := v.site.guard.Token(http.Header{}, r)
		if err != nil {
			v.t.Fatal(err)
		}
		return token
	}
	switch kind {
	case "good":
		return made("sid=victim")
	case "other":
		return made("sid=attacker")
	case "bad":
		return strings.Repeat("a", len(made("sid=victim")))
	case "short":
		return strings.Repeat("a", 16)
	case "odd":
		return strings.Repeat("*", 66)
	case "empty":
		return ""
	}
	v.t.Fatalf("no token is called %q", kind)
	return ""
}
