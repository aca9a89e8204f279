package observe

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// look collects what a handler shows to anonymous visitors.
func look(t *testing.T, c scope.Claim, o Options, h http.HandlerFunc) *Site {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c.Targets = []string{srv.URL}
	g, err := scope.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return site
}

// html answers with a page.
func html(w http.ResponseWriter, format string, args ...any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, format, args...)
}

// lookAtShop logs in to the lab's shop and collects it.
func lookAtShop(t *testing.T, app *lab.App, o Options) (*Site, *scope.Grant, []*identity.Session) {
	t.Helper()
	srv := httptest.NewServer(app)
	t.Cleanup(srv.Close)
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	sessions := []*identity.Session{identity.Anonymous(g)}
	for _, who := range app.Identities() {
		s, err := identity.Login(t.Context(), g, identity.Spec{Name: who.Name, Form: &identity.FormLogin{URL: "/login",
			Fields: map[string]string{"username": who.Username}, Secrets: map[string]string{"password": who.Password}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	site, err := Collect(t.Context(), g, sessions, o)
	if err != nil {
		t.Fatal(err)
	}
	return site, g, sessions
}

func paths(site *Site, identity string) []string {
	var list []string
	for _, x := range site.Exchanges {
		if x.Identity == identity && x.Purpose == "crawl" {
			u, _ := url.Parse(x.URL)
			list = append(list, u.RequestURI())
		}
	}
	return list
}

func hasSkip(site *Site, part string, incomplete bool) bool {
	return slices.ContainsFunc(site.Skips, func(s finding.Skip) bool {
		return strings.Contains(s.What+": "+s.Why, part) && s.Incomplete == incomplete
	})
}

func actionAt(site *Site, endpoint string) (int, *finding.Action) {
	for i := range site.Actions {
		if site.Actions[i].Endpoint().String() == endpoint {
			return i, &site.Actions[i]
		}
	}
	return -1, &finding.Action{}
}

func TestTheShopIsSeenWhole(t *testing.T) {
	app := lab.Weak()
	before := app.State()
	site, _, _ := lookAtShop(t, app, Options{})
	if diff := cmp.Diff(before, app.State()); diff != "" {
		t.Errorf("looking changed something:\n%s", diff)
	}
	for _, endpoint := range []string{"POST /order", "POST /account/email", "POST /account/name", "POST /api/wish", "GET /currency", "POST /login",
		"POST /notes/{id}/delete", "GET /search", "POST /membership/review", "POST /logout"} {
		if i, a := actionAt(site, endpoint); i < 0 {
			t.Errorf("%s was not found", endpoint)
		} else if a.Page == "" || a.Selector == "" {
			t.Errorf("%s: no page or control: %+v", endpoint, a)
		}
	}
	if _, a := actionAt(site, "POST /login"); !a.Login {
		t.Error("the login is not known as one")
	}
	if _, a := actionAt(site, "POST /api/reminder"); a.HeaderToken != "X-CSRF-Token" || a.Encoding != finding.EncodingJSON {
		t.Errorf("the header token was not seen: %+v", a)
	}
	if _, a := actionAt(site, "GET /currency"); a.Source != "link" || len(a.Fields) != 1 || a.Fields[0].In != "query" || strings.Contains(a.URL, "?") {
		t.Errorf("the link that changes something: %+v", a)
	}
	for _, x := range site.Exchanges {
		if x.Route == "/invoices" && x.Identity == "alice" && (x.Authenticated == nil || !*x.Authenticated) {
			t.Error("/invoices is not known to need a login")
		}
	}
	if !slices.ContainsFunc(site.Exchanges, func(x *Exchange) bool { return x.Route == UnknownRoute && x.Status == 404 }) {
		t.Error("the page that is not there was not looked at")
	}
}

func TestTokensAreKnownByBehaviour(t *testing.T) {
	site, _, _ := lookAtShop(t, lab.Weak(), Options{})
	want := map[string]string{ // endpoint → field, and how it behaves
		"POST /account/address":  "form_token fresh bound",
		"POST /account/name":     "name_token shared",
		"POST /account/delivery": "csrf_token bound",
		"POST /notes":            "k4 bound",
		"POST /newsletter":       "csrf_token bound",
	}
	got := map[string]string{}
	for _, token := range site.Tokens {
		behaviour := token.Field
		for word, holds := range map[string]bool{" fresh": token.Fresh, " shared": token.Shared} {
			if holds {
				behaviour += word
			}
		}
		if token.Bound {
			behaviour += " bound"
		}
		got[site.Actions[token.Action].Endpoint().String()] = behaviour
	}
	for endpoint, behaviour := range want {
		if got[endpoint] != behaviour {
			t.Errorf("%s: got %q, want %q", endpoint, got[endpoint], behaviour)
		}
	}
	for i, a := range site.Actions {
		for _, f := range a.Fields {
			judged := slices.ContainsFunc(site.Tokens, func(k Token) bool { return k.Action == i && k.Field == f.Name })
			if f.Token != judged || f.Token && !strings.HasPrefix(f.Value, "«token:") {
				t.Errorf("%s: field %+v, judged %v", a.Endpoint(), f, judged)
			}
		}
	}
}

func TestNoSecretIsInASite(t *testing.T) {
	app := lab.Weak()
	site, _, sessions := lookAtShop(t, app, Options{})
	text, err := json.Marshal(site)
	if err != nil {
		t.Fatal(err)
	}
	var bodies strings.Builder
	for _, x := range site.Exchanges {
		bodies.Write(x.Body)
		fmt.Fprint(&bodies, x.Header, x.URL)
	}
	all := string(text) + bodies.String()
	for _, s := range sessions {
		for _, c := range s.Cookies() {
			_, value, _ := strings.Cut(strings.SplitN(c.Line, ";", 2)[0], "=")
			if strings.Contains(all, value) {
				t.Errorf("the value of a cookie of %q is in the site", s.Name())
			}
		}
	}
	for _, who := range app.Identities() {
		if strings.Contains(all, who.Password) {
			t.Errorf("the password of %s is in the site", who.Name)
		}
	}
	if regexp.MustCompile(`name=\\?"csrf_token\\?" value=\\?"[^«]`).MatchString(all) {
		t.Error("a token is in the site")
	}
}

// comparable is a site without what differs from run to run on purpose: the port,
// and digests, whose key is made anew for each scan.
func comparable(t *testing.T, site *Site) string {
	t.Helper()
	text, err := json.MarshalIndent(site, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range site.Exchanges {
		text = append(text, x.Body...)
	}
	return regexp.MustCompile(`127\.0\.0\.1:\d+|«\w+:\w{6}»|"Date": \[[^]]*\]|"Content-Length": \[[^]]*\]`).ReplaceAllString(string(text), "·")
}

func TestTwentyRunsSeeTheSame(t *testing.T) {
	first := ""
	for run := range 20 {
		site, _, _ := lookAtShop(t, lab.Weak(), Options{})
		for _, x := range site.Exchanges {
			x.Body = nil // the shop's lists are in no order
		}
		got := comparable(t, site)
		if first == "" {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Fatalf("run %d differs:\n%s", run, diff)
		}
	}
}

func TestFiftyRoutesTakeLittleTime(t *testing.T) {
	start := time.Now()
	site := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(2 * time.Millisecond)
		var links strings.Builder
		for i := range 50 {
			fmt.Fprintf(&links, "<a href=/route%c%c>x</a>", 'a'+i/10, 'a'+i%10)
		}
		html(w, "<title>%s</title>%s<form method=post action=%s/save><input name=v><button>Save</button></form>", r.URL.Path, &links, strings.TrimSuffix(r.URL.Path, "/"))
	})
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if len(paths(site, "")) < 51 || len(site.Actions) < 51 {
		t.Errorf("got %d pages and %d actions", len(paths(site, "")), len(site.Actions))
	}
}

func TestEndlessPagesEnd(t *testing.T) {
	for _, test := range []struct {
		name, skip string
		o          Options
		links      func(r *http.Request) []string
		most       int
	}{
		{"a calendar", "more of the same", Options{}, func(r *http.Request) []string {
			n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/calendar/"))
			return []string{"/calendar/" + strconv.Itoa(n+1), "/calendar/" + strconv.Itoa(n+1000)}
		}, 30},
		{"a parameter that counts", "more of the same", Options{MaxDepth: 100}, func(r *http.Request) []string {
			n, _ := strconv.Atoi(r.URL.Query().Get("page"))
			return []string{"/list?page=" + strconv.Itoa(n+1)}
		}, 20},
		{"a path that grows", "clicks away", Options{}, func(r *http.Request) []string {
			return []string{strings.TrimSuffix(r.URL.Path, "/") + "/more"}
		}, 12},
		{"a redirect that goes on", "", Options{}, func(r *http.Request) []string { return nil }, 12},
		{"more pages than the limit", "limit of 20 pages", Options{MaxPages: 20}, func(r *http.Request) []string {
			var links []string
			for i := range 100 {
				links = append(links, fmt.Sprintf("/%c%c/page", 'a'+i/10, 'a'+i%10))
			}
			return links
		}, 30},
		{"hundreds of siblings that are alike", "alike", Options{}, func(r *http.Request) []string {
			base := strings.Count(r.URL.Path, "w")
			var links []string
			for i := range 20 {
				links = append(links, "/wiki/"+strings.Repeat("w", base+i+1))
			}
			return links
		}, 120},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := look(t, scope.Claim{}, test.o, func(w http.ResponseWriter, r *http.Request) {
				if links := test.links(r); links != nil {
					html(w, "<a href=%s>next</a>", strings.Join(links, ">next</a><a href="))
					return
				}
				http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
			})
			if n := len(paths(site, "")); n > test.most || n < 2 {
				t.Errorf("fetched %d pages, want at most %d", n, test.most)
			}
			if test.skip != "" && !hasSkip(site, test.skip, false) {
				t.Errorf("no word about %q: %+v", test.skip, site.Skips)
			}
		})
	}
}

func TestHugeAndSlowAnswersSpoilOnePageOnly(t *testing.T) {
	site := look(t, scope.Claim{MaxBody: 64 << 10, Timeout: 300 * time.Millisecond}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/huge":
			w.Header().Set("Content-Type", "text/html")
			chunk := []byte(strings.Repeat("<p>text</p>", 1000))
			for range 100 << 20 / len(chunk) {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		case "/slow":
			<-r.Context().Done()
		case "/good":
			html(w, "<title>Good</title>")
		default:
			html(w, "<a href=/huge>h</a><a href=/slow>s</a><a href=/good>g</a>")
		}
	})
	if !slices.Contains(paths(site, ""), "/good") {
		t.Error("the good page was not seen")
	}
	for _, x := range site.Exchanges {
		if strings.HasSuffix(x.URL, "/huge") && (!x.Cut || len(x.Body) > 64<<10) {
			t.Errorf("100 MB: cut %v, kept %d bytes", x.Cut, len(x.Body))
		}
	}
	if !hasSkip(site, "longer than the limit", false) || !hasSkip(site, "/slow: no answer", false) {
		t.Errorf("skips: %+v", site.Skips)
	}
}

func TestRedirectsOutOfScopeAreRecordedAndNotFollowed(t *testing.T) {
	var touched atomic.Int64
	forbidden, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer forbidden.Close()
	go func() {
		for {
			conn, err := forbidden.Accept()
			if err != nil {
				return
			}
			touched.Add(1)
			conn.Close()
		}
	}()
	away := "http://" + forbidden.Addr().String() + "/"
	site := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, away, http.StatusFound)
			return
		}
		html(w, `<a href=/away>a</a><a href=%[1]s>b</a><iframe src=%[1]sframe></iframe><script src=%[1]ss.js></script>
			<form method=post action=%[1]sform><button>x</button></form><script>fetch("%[1]sapi", {method: "POST"})</script>`, away)
	})
	if touched.Load() != 0 {
		t.Errorf("the forbidden listener was contacted %d times", touched.Load())
	}
	if !hasSkip(site, "out of scope and was not followed", false) {
		t.Errorf("skips: %+v", site.Skips)
	}
	if len(site.Actions) != 0 {
		t.Errorf("actions out of scope: %+v", site.Actions)
	}
	whole := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, away, http.StatusFound) })
	if !hasSkip(whole, "scan that address", true) {
		t.Errorf("a start that leads away: %+v", whole.Skips)
	}
}

func TestAnUnreachableTargetIsAnError(t *testing.T) {
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{"http://127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g)}, Options{})
	if err == nil || !strings.Contains(err.Error(), "cannot reach http://127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}

func TestABudgetThatEndsMakesTheSiteIncomplete(t *testing.T) {
	site := look(t, scope.Claim{MaxRequests: 25}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		html(w, "<a href=%s/a>a</a><a href=%[1]s/b>b</a>", strings.TrimSuffix(r.URL.Path, "/"))
	})
	if !hasSkip(site, "budget", true) {
		t.Errorf("skips: %+v", site.Skips)
	}
}

func TestASessionLostOnTheWay(t *testing.T) {
	for _, test := range []struct {
		name  string
		times int64 // how often the target forgets the session
		path  string
		lost  bool
	}{
		{"once is repaired", 1, "/forget", false},
		{"by one page, which is left out", 1 << 40, "/forget", false},
		{"by every page makes the site incomplete", 1 << 40, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var valid, forgotten atomic.Int64
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c, _ := r.Cookie("sid")
				in := c != nil && c.Value == fmt.Sprintf("session-%04d", valid.Load())
				switch {
				case r.Method == http.MethodPost:
					http.SetCookie(w, &http.Cookie{Name: "sid", Value: fmt.Sprintf("session-%04d", valid.Add(1)), Path: "/"})
					http.Redirect(w, r, "/home", http.StatusSeeOther)
				case r.URL.Path == "/login":
					html(w, "<form method=post><input name=u><input type=password name=p></form>")
				case !in:
					http.Redirect(w, r, "/login", http.StatusSeeOther)
				case r.URL.Path != "/home" && strings.HasPrefix(r.URL.Path, test.path) && forgotten.Load() < test.times:
					forgotten.Add(1)
					valid.Add(1)
					html(w, "gone")
				default:
					html(w, "<a href=/forget>f</a><a href=/one>1</a><a href=/two>2</a><a href=/three>3</a><a href=/four>4</a><form method=post action=/save><button>Save</button></form>")
				}
			}))
			defer srv.Close()
			g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}, Concurrency: 1})
			if err != nil {
				t.Fatal(err)
			}
			alice, err := identity.Login(t.Context(), g, identity.Spec{Name: "alice", Form: &identity.FormLogin{URL: "/login", Fields: map[string]string{"u": "a", "p": "b"}}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g), alice}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := hasSkip(site, "identity alice: its session", true); got != test.lost {
				t.Errorf("incomplete %v, want %v: %+v", got, test.lost, site.Skips)
			}
			if i, _ := actionAt(site, "POST /save"); i < 0 && !test.lost {
				t.Error("what was there before was not seen")
			}
			if got := slices.ContainsFunc(site.Exchanges, func(x *Exchange) bool { return x.Identity == "alice" && strings.HasSuffix(x.URL, "/two") }); got == test.lost {
				t.Errorf("another page seen %v, want %v", got, !test.lost)
			}
			if got := hasSkip(site, "/forget: it ends", false); got != (test.times > 1 && !test.lost) {
				t.Errorf("the page that ends the session is named %v", got)
			}
		})
	}
}

func TestASessionThatNeverWorkedIsToldApart(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { html(w, "<a href=/x>x</a>") }))
	defer srv.Close()
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	stale, err := identity.Login(t.Context(), g, identity.Spec{Name: "stale", Cookie: "sid=expired-0001"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g), stale}, Options{})
	if err != nil || !hasSkip(site, "identity stale: every page answered as it does without a login", true) {
		t.Errorf("got %v, %+v", err, site.Skips)
	}
}
