package main

import (
	"bufio"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// reaches says whether a request gets through to the application, and with what answer.
func reaches(wrap func(http.Handler) http.Handler, r *http.Request) (bool, *httptest.ResponseRecorder) {
	reached, w := false, httptest.NewRecorder()
	wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })).ServeHTTP(w, r)
	return reached, w
}

// What is timed has to be the work that it is called by.
func TestCompetitorsDoTheirWork(t *testing.T) {
	g, err := newGuards()
	if err != nil {
		t.Fatal(err)
	}
	libraries, err := withTokens()
	if err != nil {
		t.Fatal(err)
	}
	type request = func(method string, extra ...string) *http.Request
	for name, c := range map[string]struct {
		wrap func(http.Handler) http.Handler
		request
	}{
		"guard":                 {g.plain.Handler, browser},
		"guard, cookie named":   {g.named.Handler, browser},
		"CrossOriginProtection": {http.NewCrossOriginProtection().Handler, browser},
		"gorilla/csrf":          {libraries["gorilla/csrf"].wrap, libraries["gorilla/csrf"].request},
		"nosurf":                {libraries["nosurf"].wrap, libraries["nosurf"].request},
	} {
		for what, want := range map[string]bool{"GET": true, "submission": true, "originOnly": true, "forgery": false} {
			r := map[string]*http.Request{"GET": c.request("GET", navigation...), "submission": c.request("POST", submission...),
				"originOnly": c.request("POST", originOnly...), "forgery": c.request("POST", forgery...)}[what]
			if what == "originOnly" && (name == "gorilla/csrf" || name == "nosurf") {
				continue // not among what they are timed for
			}
			if got, w := reaches(c.wrap, r); got != want {
				t.Errorf("%s, %s: reached %v, answered %d %s", name, what, got, w.Code, w.Body)
			}
		}
	}
}

func TestGuardAndPeerWriteTheSameFiveHeaders(t *testing.T) {
	g, err := newGuards()
	if err != nil {
		t.Fatal(err)
	}
	_, ours := reaches(g.plain.Handler, browser("GET", navigation...))
	_, theirs := reaches(fiveHeaders, browser("GET", navigation...))
	for _, name := range []string{"Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "X-Content-Type-Options", "Strict-Transport-Security"} {
		if a, b := ours.Header().Get(name), theirs.Header().Get(name); a == "" || a != b {
			t.Errorf("%s: %q and %q", name, a, b)
		}
	}
}

// G12, and that calls would be counted.
func TestOnlyTokensCostTheStoreAnything(t *testing.T) {
	for _, test := range []struct {
		name, method, token string
		headers             []string
		want                int
	}{
		{"safe", "GET", "", navigation, 0}, {"by Sec-Fetch-Site", "POST", "", submission, 0}, {"by Origin", "POST", "", originOnly, 0},
		{"refused", "POST", "", forgery, 0}, {"by a token", "POST", strings.Repeat("A", 86), nil, 1},
	} {
		if got, err := storeCalls(test.method, test.token, test.headers...); got != test.want || err != nil {
			t.Errorf("%s: %d calls, %v; want %d", test.name, got, err, test.want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	table := &table{}
	table.atMost("G", "", 1, 1, "%.0f")
	table.atMost("G", "", 1, 1.01, "%.2f")
	table.atMost("G", "", 1, math.NaN(), "%.2f")
	table.atLeast("G", "", 2, 1.9, "%.1f")
	table.atLeast("G", "", 2, 2, "%.1f")
	table.unmeasured("G", http.ErrServerClosed)
	var got []string
	for _, g := range table.goals {
		got = append(got, g.verdict)
	}
	if want := "met MISSED MISSED MISSED met not measured"; strings.Join(got, " ") != want || table.missed() != 4 {
		t.Errorf("got %v, %d missed", got, table.missed())
	}
}

func TestAnswersAreReadWhole(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, test := range []struct {
		name, answer, wants string
		good                bool
	}{
		{"of known length", ok + "content-length: 3\r\n\r\nabc", "", true},
		{"in chunks", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", "", true},
		{"with the header", ok + "X-Frame-Options: DENY\r\nContent-Length: 0\r\n\r\n", framing, true},
		{"without it", ok + "Content-Length: 0\r\n\r\n", framing, false},
		{"a refusal", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "", false},
		{"cut off", ok + "Content-Length: 3\r\n\r\nab", "", false},
	} {
		r := bufio.NewReader(strings.NewReader(test.answer + strings.Repeat("!", map[bool]int{true: 1}[test.good])))
		err := skipResponse(r, []byte(test.wants))
		if (err == nil) != test.good {
			t.Errorf("%s: %v", test.name, err)
		}
		if rest, _ := r.Peek(1); test.good && string(rest) != "!" {
			t.Errorf("%s: not read up to its end", test.name)
		}
	}
}

func TestAPeerThatIsNotThereIsNamed(t *testing.T) {
	t.Setenv("MANTLET_BENCH_NGINX", "/nonexistent/nginx")
	if path, err := findPeer("MANTLET_BENCH_NGINX", "nginx"); err == nil || !strings.Contains(err.Error(), "nginx is not installed") {
		t.Errorf("got %q, %v", path, err)
	}
}
