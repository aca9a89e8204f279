package suggest

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/guardfile"
	"github.com/mantlet-dev/mantlet/policy"
)

const site = "http://127.0.0.1:8000"

// proven is a forgery that was served in the variants given, or at all.
func proven(w finding.Weakness, endpoint string, served ...finding.Variant) finding.Finding {
	method, route, _ := strings.Cut(endpoint, " ")
	url := site + strings.ReplaceAll(route, "{id}", "7")
	f := finding.Finding{Weakness: w, State: finding.Proven, Endpoint: finding.Endpoint{Method: method, Route: route, URL: url}}
	f.ID = finding.MakeID(w, f.Endpoint)
	f.Plan = &finding.Plan{Kind: finding.PlanForge, Action: finding.Action{Method: method, Route: route, URL: url}, Variants: served}
	f.Proof = &finding.Proof{}
	for _, v := range served {
		f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: v.Name, Accepted: true, By: "browser"})
	}
	return f
}

func suspected(w finding.Weakness, endpoint string, lines ...string) finding.Finding {
	f := proven(w, endpoint)
	f.State, f.Plan, f.Proof = finding.Suspected, nil, nil
	for _, line := range lines {
		f.Evidence = append(f.Evidence, finding.Evidence{Kind: "cookie", Text: line})
	}
	return f
}

func with(f finding.Finding, fields ...finding.Field) finding.Finding {
	f.Plan.Action.Fields = fields
	return f
}

var asIs = finding.Variant{Name: "as it is"}

// What the scan proved is answered by as few rules as there can be, and what the guard
// cannot stop is said.
func TestTheSmallestRulesThatStopWhatWasProven(t *testing.T) {
	value := finding.Field{Name: "value", In: "query"}
	for _, row := range []struct {
		name     string
		finding  finding.Finding
		declared policy.Rules
		want     policy.Rules
		stopped  int
		beyond   string
	}{
		{name: "forged forms need no rule", finding: proven(finding.CSRF, "POST /email", asIs), stopped: 1},
		{name: "nor do frames", finding: proven(finding.Clickjacking, "GET /email"), stopped: 1},
		{name: "nor sockets", finding: proven(finding.CSWSH, "GET /chat"), stopped: 1},
		{name: "a link with a query", finding: with(proven(finding.CSRFGet, "GET /theme", asIs), value),
			want: policy.Rules{Sensitive: []string{"/theme?"}}, stopped: 1},
		{name: "a link without", finding: with(proven(finding.CSRFGet, "GET /notes/{id}/drop", asIs), finding.Field{Name: "id", In: "path"}),
			want: policy.Rules{Sensitive: []string{"/notes/{id}/drop"}}, stopped: 1},
		{name: "a form that answers GET", finding: with(proven(finding.CSRFMethodOverride, "POST /theme", finding.Variant{Name: "as GET", Method: "GET"}), finding.Field{Name: "value"}),
			want: policy.Rules{Sensitive: []string{"/theme?"}}, stopped: 1},
		{name: "a GET that calls itself PUT is unsafe anyway", finding: proven(finding.CSRFMethodOverride, "POST /theme", finding.Variant{Name: "o", Method: "GET", Override: "query:_method"}), stopped: 1},
		{name: "a POST that calls itself PUT", finding: proven(finding.CSRFMethodOverride, "POST /theme", finding.Variant{Name: "o", Method: "POST", Override: "_method"}), stopped: 1},
		{name: "what is declared is kept", finding: with(proven(finding.CSRFGet, "GET /theme", asIs), value),
			declared: policy.Rules{Hosts: []string{"https://app.example"}, Sensitive: []string{"/admin"}, TrustedOrigins: []string{"https://sso.example"}, Embedders: map[string][]string{"/w": {"self", "https://p.example"}}},
			want:     policy.Rules{Hosts: []string{"https://app.example"}, Sensitive: []string{"/admin", "/theme?"}, TrustedOrigins: []string{"https://sso.example"}, Embedders: map[string][]string{"/w": {"self", "https://p.example"}}},
			stopped:  1},
		{name: "and may already be enough", finding: with(proven(finding.CSRFGet, "GET /theme", asIs), value),
			declared: policy.Rules{Sensitive: []string{"/theme"}}, want: policy.Rules{Sensitive: []string{"/theme"}}, stopped: 1},
		{name: "or stand in the way", finding: proven(finding.CSRF, "POST /hook", asIs),
			declared: policy.Rules{Exempt: []policy.Exemption{{Path: "/hook"}}}, want: policy.Rules{Exempt: []policy.Exemption{{Path: "/hook"}}}, beyond: "exempt"},
		{name: "an address that no rule can name", finding: proven(finding.CSRFGet, "GET /a*b", asIs), beyond: "no rule can name"},
		{name: "tokens in addresses", finding: suspected(finding.CSRFTokenInURL, "POST /email"), beyond: "writes the token into addresses"},
		{name: "authorization", finding: proven(finding.BOLAWrite, "POST /notes/{id}"), beyond: "decided by the application"},
		{name: "missing logins", finding: proven(finding.AuthMissing, "GET /export"), beyond: "decided by the application"},
		{name: "messages between pages", finding: proven(finding.PostMessageOrigin, "GET /desk"), beyond: "never passes the guard"},
		{name: "a chain begins with a forgery", finding: proven(finding.Chain, "POST /profile"), stopped: 1},
		{name: "or with a click", finding: func() finding.Finding {
			f := proven(finding.Chain, "GET /office/opening", asIs)
			f.Plan.Action.Method, f.Plan.Clicks = "GET", []finding.Click{{Page: f.Endpoint.URL}}
			return f
		}(), stopped: 1},
		{name: "a socket stands at the site as well", finding: func() finding.Finding {
			f := proven(finding.CSWSH, "GET /chat")
			f.Endpoint.URL = strings.Replace(f.Endpoint.URL, "http", "ws", 1)
			return f
		}(), stopped: 1},
		{name: "what nobody has heard of", finding: proven("teleport", "POST /x"), beyond: "no rule of the guard is known"},
		{name: "a mere suspicion", finding: suspected(finding.CSRF, "POST /email")},
		{name: "another application", finding: func() finding.Finding {
			f := proven(finding.CSRF, "POST /email", asIs)
			f.Endpoint.URL = "http://127.0.0.1:9000/email"
			return f
		}(), beyond: "http://127.0.0.1:9000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := From([]finding.Finding{row.finding}, row.declared, site+"/start", finding.End{})
			said := ""
			for _, l := range s.Beyond {
				said += l.Why
			}
			if s.Stopped() != row.stopped || !strings.Contains(said, row.beyond) || row.beyond == "" && said != "" {
				t.Errorf("stops %d, beyond it %q", s.Stopped(), said)
			}
			if got := load(t, s); !reflect.DeepEqual(got.Policy, row.want) || got.Upstream != site {
				t.Errorf("got %+v for %s\nwant %+v", got.Policy, got.Upstream, row.want)
			}
		})
	}
}

// load reads the file as the guard does, which also has to accept it.
func load(t *testing.T, s Suggestion) guardfile.File {
	t.Helper()
	text, err := s.File()
	if err != nil {
		t.Fatal(err)
	}
	file, err := guardfile.Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	options, err := file.Options(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := guard.New(file.Policy, options); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return file
}

func TestEachRuleNamesTheFindingsItAnswers(t *testing.T) {
	value := finding.Field{Name: "value"}
	get := with(proven(finding.CSRFGet, "GET /theme", asIs), value)
	form := with(proven(finding.CSRFMethodOverride, "POST /theme", finding.Variant{Name: "as GET", Method: "GET"}), value)
	csrf := proven(finding.CSRF, "POST /email", asIs)
	s := From([]finding.Finding{csrf, get, form}, policy.Rules{}, site, finding.End{})
	if len(s.Rules.Sensitive) != 1 || s.Stopped() != 3 {
		t.Fatalf("got %+v", s)
	}
	text, err := s.File()
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(text), "policy:")
	for _, id := range []string{get.ID, form.ID} {
		if !strings.Contains(after, id) {
			t.Errorf("the rule does not name %s:\n%s", id, text)
		}
	}
	if !strings.Contains(before, csrf.ID) {
		t.Errorf("what needs no rule does not name %s:\n%s", csrf.ID, text)
	}
}

// The guard shuts everybody out, so partners that the application lets in are kept.
func TestPartnersThatPagesNameAreKept(t *testing.T) {
	partner := []string{"https://partner.example"}
	named := map[string][]string{"/widget": partner, "/{id}#": partner}
	for _, row := range []struct {
		name     string
		findings []finding.Finding
		declared map[string][]string
		want     map[string][]string
	}{
		{"named by the page", nil, nil, map[string][]string{"/widget": partner}},
		{"declared otherwise", nil, map[string][]string{"/": {"self"}}, map[string][]string{"/": {"self"}}},
		{"declared elsewhere", nil, map[string][]string{"/a": {"self"}}, map[string][]string{"/a": {"self"}, "/widget": partner}},
		{"named by a page that lets others in", []finding.Finding{proven(finding.FramingWeak, "GET /widget")}, nil, nil},
	} {
		s := From(row.findings, policy.Rules{Embedders: row.declared}, site, finding.End{Embedders: named})
		if got := load(t, s).Policy.Embedders; !reflect.DeepEqual(got, row.want) || len(row.declared) > 1 {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

// Who reads behind the guard is whom the application names by itself, and as far as it
// lets them: the guard's list only takes away.
func TestAnswersThatForeignPagesMayReadAreLeftToNamedPartners(t *testing.T) {
	for _, row := range []struct {
		name  string
		named []string
		want  []string
	}{
		{"nobody is named", nil, []string{}},
		{"a partner", []string{"https://partner.example"}, []string{"https://partner.example"}},
		{"and everybody, without cookies", []string{"https://partner.example", "*"}, []string{"https://partner.example", "*"}},
		{"twice", []string{"https://a.example", "https://a.example"}, []string{"https://a.example"}},
		{"one whom anybody can speak for", []string{"http://partner.example", "null", "wss://partner.example"}, []string{}},
		{"what is no origin", []string{"https://partner.example/x", "https://*.example", "https://A.example", ""}, []string{}},
	} {
		s := From([]finding.Finding{proven(finding.CORSRead, "GET /api/me")}, policy.Rules{}, site, finding.End{Readers: row.named})
		if got := load(t, s).CORS; got == nil || !reflect.DeepEqual(*got, guardfile.CORS{Tighten: true, Origins: row.want}) {
			t.Errorf("%s: got %+v, want %v", row.name, got, row.want)
		}
		if text, _ := s.File(); len(row.want) == 0 && !strings.Contains(string(text), "Name yours here") {
			t.Errorf("%s: nothing says how to name a partner:\n%s", row.name, text)
		}
	}
	if s := From([]finding.Finding{proven(finding.CSRF, "POST /x", asIs)}, policy.Rules{}, site, finding.End{Readers: []string{"*"}}); load(t, s).CORS != nil {
		t.Error("a rule that no proof asks for")
	}
}

func TestCookiesAreOnlyNamedForTheOwnerToSwitchOn(t *testing.T) {
	s := From([]finding.Finding{
		suspected(finding.CookieHTTPOnly, "POST /login", "shop_invoices=«cookie:7be29b»; Path=/; SameSite=Lax"),
		suspected(finding.CookieSameSite, "POST /login", "sid=«cookie:1»; SameSite=None", "shop_invoices=x"),
	}, policy.Rules{}, site, finding.End{})
	if file := load(t, s); file.Cookies.Session != nil {
		t.Errorf("switched on: %v", file.Cookies.Session)
	}
	text, _ := s.File()
	file, err := guardfile.Parse([]byte(strings.Replace(string(text), "# cookies:", "cookies:", 1)))
	if err != nil || !reflect.DeepEqual(file.Cookies.Session, []string{"shop_invoices", "sid"}) {
		t.Errorf("switched on by hand: %v, %v", file.Cookies.Session, err)
	}
}

// What a target calls its routes and cookies stands in the file, and must stay in it.
func FuzzFileSaysNoMoreThanItMeans(f *testing.F) {
	f.Add("/theme", "value", "sid=1", "https://a.example")
	f.Add("/a\ninsecure_off: {forgery: x}\n#", "\"", "x\r\nframing: own\r\n#=1", "b")
	f.Add("/{id}: [", "'", "\u2028admin: x=2", "-")
	f.Add("/\u0085strict: true", "]", "]}=1", "? :")
	f.Fuzz(func(t *testing.T, route, name, cookie, host string) {
		if !utf8.ValidString(host) {
			t.Skip("what is declared was read from YAML")
		}
		get := with(proven(finding.CSRFGet, "GET "+route, asIs), finding.Field{Name: name})
		get.Endpoint.URL = site + "/x"
		list := []finding.Finding{get, proven(finding.CSRF, "POST "+route, asIs), proven(finding.CORSRead, "GET "+route),
			suspected(finding.CookieHTTPOnly, "POST /login", cookie), suspected(finding.CSRFTokenInURL, "GET "+route)}
		declared := policy.Rules{Exempt: []policy.Exemption{{Path: "/hook", Reason: host}}}
		s := From(list, declared, site, finding.End{Embedders: map[string][]string{route: {host}, "/widget": {"https://partner.example"}}, Readers: []string{host, "https://partner.example", "*"}})
		text, err := s.File()
		if err != nil {
			t.Fatal(err)
		}
		file, err := guardfile.Parse(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		want := guardfile.File{Upstream: site, Policy: s.Rules, CORS: &guardfile.CORS{Tighten: true, Origins: s.Share}}
		if s.Share == nil {
			want.CORS = nil
		}
		if !reflect.DeepEqual(file, want) {
			t.Fatalf("got %+v\nwant %+v\nin\n%s", file, want, text)
		}
	})
}
