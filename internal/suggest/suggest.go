// Package suggest says how the guard is to be configured so that it stops what a
// scan proved. It is pure: findings and the owner's declared rules in, a guard.yaml
// and plain words out.
package suggest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// A Suggestion is the smallest configuration that stops what was proven.
type Suggestion struct {
	Upstream string
	// Rules are the declared ones and what had to be added.
	Rules policy.Rules
	// Share are those who go on reading across origins what the application shares
	// with them, because its answers name them; not nil where anybody could read.
	Share []string
	// Answers are the findings that the configuration stops, by what stops them.
	Answers []Answer
	// Partners are who may frame pages because the pages themselves name them: the
	// guard would shut them out otherwise. They are part of Rules.
	Partners map[string][]string
	// Harden are session cookies that were seen without an attribute they should
	// have. That is no proof, so it is for the owner to switch on.
	Harden []Cookie
	// Beyond is what the guard cannot stop.
	Beyond []Limit

	declared policy.Rules
	readers  []string
}

// An Answer is one rule and the findings it answers.
type Answer struct {
	// Key is the rule's place in the file, "" for what the guard does unasked.
	Key   string
	Value string
	Why   string
	For   []finding.Finding
}

// A Cookie is one to be hardened, and why.
type Cookie struct {
	Name string
	For  []finding.Finding
}

// A Limit is something that stays for the owner to repair.
type Limit struct {
	Finding finding.Finding
	Why     string
}

// Keys of rules.
const (
	keySensitive = "policy.sensitive"
	keyCORS      = "cors"
)

// What the guard does unasked.
const (
	whyFraming = "No foreign page shows this site in a frame."
	whyForgery = "No foreign page changes anything here; a sibling host and another port are foreign too."
	whySocket  = "No foreign page opens a WebSocket here."
)

// From suggests what stops the proven ones among findings, at the application whose
// start page is target. declared is what the owner declared for the scan; it is kept.
// seen is the end of the scan: what pages say of who may frame and read them.
func From(findings []finding.Finding, declared policy.Rules, target string, seen finding.End) Suggestion {
	s := Suggestion{Rules: declared, declared: declared, readers: readers(seen.Readers)}
	s.partners(findings, seen.Embedders)
	s.Rules.Sensitive = slices.Clone(declared.Sensitive)
	s.Rules.Exempt = slices.Clone(declared.Exempt)
	for i := range s.Rules.Exempt {
		s.Rules.Exempt[i].Reason = oneLine(s.Rules.Exempt[i].Reason)
	}
	site, err := policy.OriginOfURL(webAddress(target))
	if err == nil {
		s.Upstream = site.String()
	}
	for _, f := range findings {
		at, err := policy.OriginOfURL(webAddress(f.Endpoint.URL))
		switch {
		case f.State != finding.Proven && f.State != finding.Suspected:
		case err == nil && !at.Same(site):
			if f.State == finding.Proven {
				s.beyond(f, "it stands at "+at.String()+", and this file is for "+site.String())
			}
		default:
			s.take(f)
		}
	}
	return s
}

// webAddress is the address that a socket's handshake is sent to.
func webAddress(raw string) string {
	if rest, ok := strings.CutPrefix(raw, "ws"); ok && (strings.HasPrefix(rest, "://") || strings.HasPrefix(rest, "s://")) {
		return "http" + rest
	}
	return raw
}

// partners lets those frame a page whom it names, unless the owner declared somebody
// or the page was proven to keep others out badly.
func (s *Suggestion) partners(findings []finding.Finding, named map[string][]string) {
	s.Rules.Embedders, s.Partners = maps.Clone(s.declared.Embedders), map[string][]string{}
	for route, origins := range named {
		badly := slices.ContainsFunc(findings, func(f finding.Finding) bool {
			return f.State == finding.Proven && f.Endpoint.Method == http.MethodGet && f.Endpoint.Route == route &&
				(f.Weakness == finding.Clickjacking || strings.HasPrefix(string(f.Weakness), "framing-"))
		})
		rule := policy.Rules{Embedders: map[string][]string{route: origins}}
		if _, declared := s.declared.EmbedderPath(route); declared || badly || rule.Validate() != nil {
			continue
		}
		if s.Rules.Embedders == nil {
			s.Rules.Embedders = map[string][]string{}
		}
		s.Rules.Embedders[route], s.Partners[route] = origins, origins
	}
}

// take files one finding. What is only suspected gets no rule.
func (s *Suggestion) take(f finding.Finding) {
	name := string(f.Weakness)
	proven := f.State == finding.Proven
	switch {
	case f.Weakness == finding.CSRFTokenInURL:
		s.beyond(f, "the application itself writes the token into addresses, where logs and other sites see it")
	case f.Weakness == finding.CookieSecure:
		s.beyond(f, "only https can protect the cookie; behind TLS the guard adds Secure by itself")
	case f.Weakness == finding.CookieDomain:
		s.beyond(f, "every host of the domain gets the cookie; over https cookies.host_prefix gives it to this host alone")
	case f.Weakness == finding.CookieSameSite, f.Weakness == finding.CookieHTTPOnly:
		s.harden(f)
	case !proven:
	case f.Weakness == finding.Clickjacking, strings.HasPrefix(name, "framing-"), f.Weakness == finding.Chain && clicked(f):
		s.answer("", "", whyFraming, f)
	case f.Weakness == finding.CSRF, strings.HasPrefix(name, "csrf-"), f.Weakness == finding.Chain:
		s.forgery(f)
	case f.Weakness == finding.CSWSH:
		s.answer("", "", whySocket, f)
	case f.Weakness == finding.CORSRead:
		s.share(f)
	default:
		s.beyond(f, beyondWhy(f.Weakness))
	}
}

// clicked says whether a chain begins with a click in a frame, and not with a forged
// request.
func clicked(f finding.Finding) bool { return f.Plan != nil && len(f.Plan.Clicks) > 0 }

// Unstoppable says whether the guard could do nothing about f, were it proven.
func Unstoppable(f finding.Finding) bool {
	f.State = finding.Proven
	return len(From([]finding.Finding{f}, policy.Rules{}, f.Endpoint.URL, finding.End{}).Beyond) > 0
}

func beyondWhy(w finding.Weakness) string {
	switch name := string(w); {
	case w == finding.AuthMissing, strings.HasPrefix(name, "bola-"), strings.HasPrefix(name, "property-"), w == finding.RaceCondition:
		return "who may do what is decided by the application; the request comes from its own user"
	case w == finding.PostMessageOrigin:
		return "the message goes from page to page inside the browser, and never passes the guard"
	}
	return "no rule of the guard is known to stop it"
}

// forgery adds what it takes for the guard to refuse each request that was served.
func (s *Suggestion) forgery(f finding.Finding) {
	answered := false
	for _, q := range served(f) {
		if refused(s.declared, q) {
			continue
		}
		path := sensitivePath(f, q)
		with := policy.Rules{Sensitive: []string{path}}
		switch {
		case q.Method != http.MethodGet:
			s.beyond(f, "the declared rules let "+q.Method+" "+q.Path+" through: it is exempt, or its sender is trusted")
			return
		case with.Validate() != nil || !refused(with, q):
			s.beyond(f, "a GET changes something at an address that no rule can name; change the application, so that GET only reads")
			return
		case !slices.Contains(s.Rules.Sensitive, path):
			s.Rules.Sensitive = append(s.Rules.Sensitive, path)
		}
		s.answer(keySensitive, path, sensitiveWhy(path), f)
		answered = true
	}
	if !answered {
		s.answer("", "", whyForgery, f)
	}
}

// served are the requests of f that had an effect, as the guard would see them come
// from a foreign page.
func served(f finding.Finding) []policy.Request {
	if f.Plan == nil {
		return []policy.Request{foreign(f, f.Endpoint.Method, "")}
	}
	var list []policy.Request
	for _, v := range f.Plan.Variants {
		if f.Proof == nil || !slices.ContainsFunc(f.Proof.Attempts, func(a finding.Attempt) bool { return a.Accepted && a.Variant == v.Name }) {
			continue
		}
		method := v.Method
		if method == "" {
			method = f.Plan.Action.Method
		}
		query := ""
		if strings.HasPrefix(v.Override, "query:") {
			query = strings.TrimPrefix(v.Override, "query:") + "=" + f.Plan.Action.Method
		} else if method == http.MethodGet && hasParameters(f.Plan.Action) {
			query = "x=1"
		}
		list = append(list, foreign(f, method, query))
	}
	if len(list) == 0 {
		list = append(list, foreign(f, f.Endpoint.Method, ""))
	}
	return list
}

func hasParameters(a finding.Action) bool {
	return slices.ContainsFunc(a.Fields, func(f finding.Field) bool { return f.In != "path" && f.In != "header" })
}

func foreign(f finding.Finding, method, query string) policy.Request {
	q := policy.Request{Scheme: "http", Host: "site.invalid", Method: method, Path: "/", Query: query, Header: http.Header{
		"Cookie": {"session=1"}, "Origin": {"https://attacker.invalid"}, "Sec-Fetch-Site": {"cross-site"},
		"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
	}}
	if u, err := url.Parse(f.Endpoint.URL); err == nil && u.Host != "" {
		q.Scheme, q.Host, q.Path = u.Scheme, u.Host, u.EscapedPath()
	}
	return q
}

// refused leaves the hosts out: which names the site answers to is another question.
func refused(r policy.Rules, q policy.Request) bool {
	r.Hosts = nil
	return !r.Judge(q).Allowed
}

// sensitivePath names the page only where the request cannot be told from it by
// having a query.
func sensitivePath(f finding.Finding, q policy.Request) string {
	if q.Query != "" {
		return f.Endpoint.Route + "?"
	}
	return f.Endpoint.Route
}

func sensitiveWhy(path string) string {
	if strings.HasSuffix(path, "?") {
		return "A GET with a query changes something here, and any site can link to it. Only the site's own pages, and addresses that the user types, may ask it. Better: change the application, so that GET only reads, and remove this."
	}
	return "A GET changes something here, and any site can link to it. Only the site's own pages, and addresses that the user types, may ask it; other sites' links stop working. Better: change the application, so that GET only reads, and remove this."
}

// readers are those whom the guard may be told of.
func readers(named []string) []string {
	list := []string{}
	for _, n := range named {
		if (n == "*" || isOneReader(n)) && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// isOneReader says whether an origin is spelled as browsers send it and is nobody
// else's: every sandboxed frame has null, and anybody on the network a plain http one.
func isOneReader(origin string) bool {
	o, err := policy.ParseOrigin(origin)
	return err == nil && o.String() == origin && !strings.Contains(origin, "*") &&
		(o.Scheme() == "https" || o.Scheme() == "http" && o.IsLoopback())
}

// share lets read whom the application itself names, and as far as it lets them.
func (s *Suggestion) share(f finding.Finding) {
	s.Share = s.readers
	with := "nobody"
	if len(s.Share) > 0 {
		with = strings.Join(s.Share, ", ")
	}
	s.answer(keyCORS, with, "The application lets foreign pages read this with the user's cookies. Now it shares with the origins named here alone, and no more with them than it does by itself.", f)
}

func (s *Suggestion) answer(key, value, why string, f finding.Finding) {
	i := slices.IndexFunc(s.Answers, func(a Answer) bool { return a.Key == key && a.Value == value && a.Why == why })
	if i < 0 {
		s.Answers = append(s.Answers, Answer{Key: key, Value: value, Why: why})
		i = len(s.Answers) - 1
	}
	if !slices.ContainsFunc(s.Answers[i].For, func(g finding.Finding) bool { return g.ID == f.ID }) {
		s.Answers[i].For = append(s.Answers[i].For, f)
	}
}

func (s *Suggestion) beyond(f finding.Finding, why string) {
	s.Beyond = append(s.Beyond, Limit{f, why})
}

// harden reads the cookies' names from the lines that were quoted.
func (s *Suggestion) harden(f finding.Finding) {
	for _, e := range f.Evidence {
		c := policy.ParseSetCookie(e.Text)
		if e.Kind != "cookie" || c.Name == "" {
			continue
		}
		i := slices.IndexFunc(s.Harden, func(h Cookie) bool { return h.Name == c.Name })
		if i < 0 {
			s.Harden = append(s.Harden, Cookie{Name: c.Name})
			i = len(s.Harden) - 1
		}
		s.Harden[i].For = append(s.Harden[i].For, f)
	}
}

// Stopped counts the findings that the configuration answers.
func (s Suggestion) Stopped() int {
	seen := map[string]bool{}
	for _, a := range s.Answers {
		for _, f := range a.For {
			seen[f.ID] = true
		}
	}
	return len(seen)
}
