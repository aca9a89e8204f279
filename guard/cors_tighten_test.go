package guard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

const (
	partner = "https://partner.example"
	evil    = "https://evil.example"
)

// sharing answers everything with these lines of header.
func sharing(lines ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			if value == "its asker" {
				value = r.Header.Get("Origin")
			}
			w.Header()[name] = append(w.Header()[name], value)
		}
	})
}

// R68: what the application shares is left to the partners that are named, and to
// nobody else; what it keeps to itself stays there.
func TestTighteningLeavesTheApplicationsConsentToPartners(t *testing.T) {
	const credentials = "Access-Control-Allow-Credentials: true"
	reflecting := []string{"Access-Control-Allow-Origin: its asker", credentials, "Access-Control-Expose-Headers: X-Page"}
	for _, row := range []struct {
		name   string
		origin string
		app    []string
		list   []string
		want   string // the sharing lines that are left
		vary   bool
	}{
		{"a partner", partner, reflecting, []string{partner}, "Credentials: true Expose-Headers: X-Page Origin: https://partner.example", true},
		{"a stranger", evil, reflecting, []string{partner}, "", true},
		{"a sandboxed frame", "null", reflecting, []string{partner}, "", true},
		{"the partner over plain http", "http://partner.example", reflecting, []string{partner}, "", true},
		{"another port of the partner", partner + ":8443", reflecting, []string{partner}, "", true},
		{"nobody is on the list", partner, reflecting, nil, "", true},
		{"a partner whom the application does not share with", partner, nil, []string{partner}, "", false},
		{"a partner, where the application names another", partner, []string{"Access-Control-Allow-Origin: https://other.example", credentials}, []string{partner}, "", true},
		{"a stranger, where the application names the partner", evil, []string{"Access-Control-Allow-Origin: " + partner, credentials}, []string{partner}, "", true},
		{"without credentials it stays without", partner, []string{"Access-Control-Allow-Origin: its asker"}, []string{partner}, "Origin: https://partner.example", true},
		{"two at once are none", partner, []string{"Access-Control-Allow-Origin: its asker", "Access-Control-Allow-Origin: its asker", credentials}, []string{partner}, "", true},
		{"also in two spellings", partner, []string{"Access-Control-Allow-Origin: its asker", "access-control-allow-origin: its asker", credentials}, []string{partner}, "", true},
		{"an odd spelling", partner, []string{"access-control-allow-origin: its asker", "ACCESS-CONTROL-ALLOW-CREDENTIALS: true"}, []string{partner}, "Credentials: true Origin: https://partner.example", true},
		{"everybody, who is not on the list", partner, []string{"Access-Control-Allow-Origin: *", credentials}, []string{partner}, "", false},
		{"everybody", evil, []string{"Access-Control-Allow-Origin: *", credentials}, []string{partner, "*"}, "Origin: *", false},
		{"everybody is nobody by name", evil, reflecting, []string{partner, "*"}, "", true},
		{"what is not known yet", evil, append([]string{"Access-Control-Allow-Private-Network: true"}, reflecting...), []string{partner}, "", true},
	} {
		s := serve(t, true, policy.Rules{}, Options{CORS: &CORS{Origins: row.list, Tighten: true}}, sharing(row.app...))
		res := s.send(t, get, appHost, "Origin: "+row.origin)
		if got := sharingOf(res.Header); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
		if varies := slices.Contains(res.Header["Vary"], "Origin"); varies != row.vary {
			t.Errorf("%s: Vary: %v", row.name, res.Header["Vary"])
		}
		if n := s.guard.metrics.sharing.Load(); (n > 0) != (row.app != nil && row.want == "") {
			t.Errorf("%s: %d counted", row.name, n)
		}
		mustBeGuarded(t, row.name, res.Header)
	}
}

// sharingOf are the lines that share, sorted, in short.
func sharingOf(h http.Header) string {
	var lines []string
	for name, values := range h {
		if rest, ok := strings.CutPrefix(http.CanonicalHeaderKey(name), "Access-Control-"); ok {
			lines = append(lines, strings.TrimPrefix(rest, "Allow-")+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

// R70: preflights are the application's to answer, and its answer is narrowed.
func TestTighteningLeavesPreflightsToTheApplication(t *testing.T) {
	app := sharing("Access-Control-Allow-Origin: its asker", "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Methods: PUT",
		"Access-Control-Allow-Headers: X-A", "Access-Control-Max-Age: 600")
	s := serve(t, true, policy.Rules{}, Options{CORS: &CORS{Origins: []string{partner}, Tighten: true}}, app)
	for origin, want := range map[string]string{
		partner: "Credentials: true Headers: X-A Max-Age: 600 Methods: PUT Origin: https://partner.example", evil: "", "null": "",
	} {
		res := s.send(t, "OPTIONS / HTTP/1.1", appHost, "Origin: "+origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-a")
		if got := sharingOf(res.Header); res.StatusCode != 200 || got != want {
			t.Errorf("%s: got %d %q, want %q", origin, res.StatusCode, got, want)
		}
		mustBeGuarded(t, origin, res.Header)
	}
	if s.served.Load() != 3 {
		t.Errorf("the application heard %d preflights of 3", s.served.Load())
	}
	// Being read by a partner is no trust in what it sends.
	wantReason(t, s, policy.ForeignOrigin, "POST / HTTP/1.1", appHost, "Origin: "+partner, "Cookie: a=1")
}

func TestTighteningThatOnlyReportsCounts(t *testing.T) {
	app := sharing("Access-Control-Allow-Origin: its asker")
	s := serve(t, true, policy.Rules{}, Options{CORS: &CORS{Origins: []string{partner}, Tighten: true}, ReportOnly: []Rule{RuleCORS}}, app)
	for _, origin := range []string{partner, evil} {
		if got := s.send(t, get, appHost, "Origin: "+origin).Header.Get("Access-Control-Allow-Origin"); got != origin {
			t.Errorf("%s: got %q", origin, got)
		}
	}
	if n := s.guard.metrics.sharing.Load(); n != 1 {
		t.Errorf("%d counted", n)
	}
}

// Whatever the application answers, who reads it behind the guard is on the list and
// would have read it without, with and without cookies; and who is on the list and is
// named alone goes on reading.
func TestTighteningSharesWithASubset(t *testing.T) {
	compared, left := 0, 0
	for _, list := range [][]string{nil, {partner}, {partner, evil}, {"*"}, {"*", partner}, {"https://partner.example:8443"}} {
		g, err := New(policy.Rules{}, Options{CORS: &CORS{Origins: list, Tighten: true}})
		if err != nil {
			t.Fatal(err)
		}
		for _, lines := range consents() {
			app := sharing(lines...)
			for _, asker := range readers {
				without, behind := ask(app, asker), ask(g.Handler(app), asker)
				for _, reader := range readers {
					for _, cookies := range []bool{true, false} {
						before, after := mayRead(without, reader, cookies), mayRead(behind, reader, cookies)
						byName := slices.Contains(list, reader) && without.Get("Access-Control-Allow-Origin") == reader && asker == reader
						listed := slices.Contains(list, reader) || slices.Contains(list, "*") && !cookies
						if after && !(before && listed) || before && byName && !after {
							t.Fatalf("list %v, application %v, asked by %q: %q reads, with cookies %v: %v, without the guard %v", list, lines, asker, reader, cookies, after, before)
						}
						if compared++; after {
							left++
						}
					}
				}
			}
		}
	}
	if left == 0 {
		t.Fatal("nobody reads at all")
	}
	t.Logf("%d readings compared, %d left", compared, left)
}

var readers = []string{partner, evil, "null", "http://partner.example", "https://partner.example:8443", "https://a.partner.example", ""}

// consents are answers that share: rightly, too widely, and in ways that browsers do not heed.
func consents() (all [][]string) {
	for _, named := range [][]string{nil, {""}, {"*"}, {"null"}, {partner}, {" " + partner}, {partner + "/"}, {"HTTPS://partner.example"}, {evil}, {"*", "*"},
		{partner, partner}, {partner + ", " + partner}, {partner + ", *"}, {"*", partner}, {partner, evil}, {"http://partner.example"}, {"its asker"}} {
		for _, credentials := range [][]string{nil, {"true"}, {"TRUE"}, {"true", "true"}} {
			for _, spelling := range []string{"Access-Control-Allow-Origin", "access-control-allow-origin"} {
				var lines []string
				for i, v := range named {
					if i > 0 {
						spelling = "Access-Control-Allow-Origin"
					}
					lines = append(lines, spelling+": "+v)
				}
				for _, v := range credentials {
					lines = append(lines, "Access-Control-Allow-Credentials: "+v)
				}
				all = append(all, lines)
			}
		}
	}
	return all
}

func ask(h http.Handler, origin string) http.Header {
	r := httptest.NewRequest(http.MethodGet, "https://app.example/", nil)
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Header()
}

// mayRead is the check of Fetch, section 4.9, for a page of origin.
func mayRead(h http.Header, origin string, withCookies bool) bool {
	combined := func(want string) string {
		var all []string
		for name, values := range h {
			if strings.EqualFold(name, want) {
				for _, v := range values {
					all = append(all, strings.Trim(v, " \t"))
				}
			}
		}
		return strings.Join(all, ", ")
	}
	named := combined("Access-Control-Allow-Origin")
	switch {
	case origin == "":
		return false
	case named == "*" && !withCookies:
		return true
	case named != origin:
		return false
	}
	return !withCookies || combined("Access-Control-Allow-Credentials") == "true"
}

func TestTighteningTakesOriginsAlone(t *testing.T) {
	for _, row := range []struct {
		cors CORS
		want string // "" is accepted
	}{
		{CORS{Tighten: true}, ""},
		{CORS{Tighten: true, Origins: []string{partner, "*"}}, ""},
		{CORS{Tighten: true, Origins: []string{"http://localhost:3000"}}, ""},
		{CORS{Tighten: true, Origins: []string{"null"}}, "sandboxed"},
		{CORS{Tighten: true, Origins: []string{"http://partner.example"}}, "speak for"},
		{CORS{Tighten: true, Origins: []string{"https://*.partner.example"}}, "pattern"},
		{CORS{Tighten: true, Origins: []string{partner + "/"}}, "serialised"},
		{CORS{Tighten: true, Origins: []string{partner}, Credentials: true}, "to the application"},
		{CORS{Tighten: true, Origins: []string{partner}, Methods: []string{"PUT"}}, "to the application"},
		{CORS{Tighten: true, Origins: []string{partner}, MaxAge: 1}, "to the application"},
	} {
		_, err := New(policy.Rules{}, Options{CORS: &row.cors})
		if got := fmt.Sprint(err); (err == nil) != (row.want == "") || !strings.Contains(got, row.want) && row.want != "" {
			t.Errorf("%+v: got %v", row.cors, err)
		}
	}
}
