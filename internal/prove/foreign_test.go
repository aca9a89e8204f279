package prove_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/websocket"
)

// A club is an application that shows its members what is theirs, over answers,
// sockets and windows, each once to everybody and once with care.
type club struct {
	*httptest.Server
	cookie http.Cookie

	mu       sync.Mutex
	sessions map[string]string // id to name
	motto    map[string]string
	role     map[string]string
}

func newClub(t testing.TB, cookie http.Cookie) *club {
	c := &club{cookie: cookie, sessions: map[string]string{}, motto: map[string]string{"alice": "festina lente", "bob": "carpe diem"}, role: map[string]string{"alice": "member", "bob": "member"}}
	c.Server = httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	return c
}

func (c *club) who(r *http.Request) string {
	k, err := r.Cookie("sid")
	if err != nil {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[k.Value]
}

func (c *club) set(name, motto string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.motto[name] = motto
}

func (c *club) mottoOf(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.motto[name]
}

func (c *club) roleOf(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.role[name]
}

func (c *club) serve(w http.ResponseWriter, r *http.Request) {
	name := c.who(r)
	switch {
	case r.URL.Path == "/login":
		c.login(w, r)
	case strings.HasPrefix(r.URL.Path, "/ws/"):
		c.socket(w, r, name)
	case r.URL.Path == "/api/public":
		c.cors(w, r)
		fmt.Fprint(w, `{"club": "Philatelists of Basel", "founded": "1890"}`)
	case r.Method == http.MethodOptions: // which browsers send without cookies
		c.cors(w, r)
	case name == "":
		w.WriteHeader(http.StatusUnauthorized)
	case strings.HasPrefix(r.URL.Path, "/api/"):
		c.cors(w, r)
		if r.Method == http.MethodPut && c.mayPut(r) {
			var body struct{ Motto string }
			if json.NewDecoder(r.Body).Decode(&body) == nil {
				c.set(name, body.Motto)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"email": name + "@club.example", "motto": c.mottoOf(name), "role": c.roleOf(name), "nonce": rand.Text()})
	case r.Method == http.MethodPost && r.URL.Path == "/member":
		c.set(name, r.PostFormValue("motto"))
		if role := r.PostFormValue("role"); role != "" {
			c.mu.Lock()
			c.role[name] = role
			c.mu.Unlock()
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case r.Method == http.MethodPost && r.URL.Path == "/motto":
		if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
			c.set(name, r.PostFormValue("motto"))
		}
	default:
		c.page(w, r, name)
	}
}

func (c *club) mayPut(r *http.Request) bool {
	return r.Header.Get("Content-Type") == "application/json"
}

func (c *club) login(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && r.PostFormValue("password") == r.PostFormValue("username")+"-pass" {
		id := rand.Text()
		c.mu.Lock()
		c.sessions[id] = r.PostFormValue("username")
		c.mu.Unlock()
		k := c.cookie
		k.Name, k.Value, k.Path, k.HttpOnly = "sid", id, "/", true
		http.SetCookie(w, &k)
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
}

// trusts says which origins each path takes for its own.
func (c *club) trusts(path, origin string) bool {
	switch path[strings.LastIndexByte(path, '/')+1:] {
	case "open", "public", "put":
		return origin != ""
	case "null":
		return origin == "null" || origin == c.URL
	case "prefix":
		return strings.HasPrefix(origin, "http://127.0.0.1") && origin != "http://127.0.0.1:1"
	case "partners":
		return origin == partner || origin == strings.Replace(partner, "https", "http", 1)
	case "partner":
		return origin == partner
	case "anything":
		return true
	}
	return origin == c.URL
}

func (c *club) cors(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	switch {
	case strings.HasSuffix(r.URL.Path, "/star"):
		w.Header().Set("Access-Control-Allow-Origin", "*")
	case c.trusts(r.URL.Path, origin):
		w.Header().Set("Access-Control-Allow-Origin", origin)
	default:
		return
	}
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	if strings.HasSuffix(r.URL.Path, "/put") {
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
	}
}

func (c *club) socket(w http.ResponseWriter, r *http.Request, name string) {
	public := r.URL.Path == "/ws/public"
	if !public && name == "" || !c.trusts(r.URL.Path, r.Header.Get("Origin")) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	conn, err := websocket.Serve(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	greeting := fmt.Sprintf(`{"hello": "%s@club.example", "at": %q}`, name, rand.Text())
	if public {
		greeting = "The club opens at nine"
	}
	if conn.Write(greeting) != nil {
		return
	}
	for {
		m, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var order struct{ Type, Motto string }
		if json.Unmarshal([]byte(m), &order) == nil && order.Type == "motto" && !public {
			c.set(name, order.Motto)
		}
		if conn.Write("noted: "+m) != nil {
			return
		}
	}
}

func (c *club) page(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Content-Type", "text/html")
	listener := ""
	switch r.URL.Path {
	case "/listens":
		listener = `addEventListener('message', e => { if (e.data.type === 'motto') fetch('/motto', {method: 'POST', body: new URLSearchParams({motto: e.data.motto})}) })`
	case "/tells":
		listener = fmt.Sprintf(`addEventListener('message', e => { if (e.data.type === 'who') e.source.postMessage({email: '%s@club.example'}, '*') })`, name)
	case "/asks":
		listener = `addEventListener('message', e => { if (e.origin !== location.origin) return; fetch('/motto', {method: 'POST', body: new URLSearchParams({motto: e.data.motto})}) })`
	}
	fmt.Fprintf(w, `<!doctype html><title>Club</title><h1>Welcome, %s</h1><p>Your motto is %s</p><p>%s@club.example, a %s</p>
<form method=post action=/member><input name=motto value=%q><button>Save</button></form><script>%s</script>`,
		name, html.EscapeString(c.mottoOf(name)), name, html.EscapeString(c.roleOf(name)), html.EscapeString(c.mottoOf(name)), listener)
}

func (c *club) rig(t testing.TB) *rig {
	r := newRig(t, c.URL, person("alice", "alice-pass"), person("bob", "bob-pass"))
	r.bench.Site.Identities = []string{"", "alice", "bob"}
	r.bench.Site.Exchanges = []*observe.Exchange{{Identity: "alice", Method: "GET", URL: c.URL + "/", Route: "/", Purpose: "crawl", Status: 200, Type: "text/html"}}
	return r
}

var everyOrigin = []finding.Variant{{Name: "foreign"}, {Name: "null", Origin: finding.OriginNull}, {Name: "prefix", Origin: finding.OriginSuffix},
	{Name: "other scheme", Origin: finding.OriginPlain}, {Name: "sibling", Origin: finding.OriginSibling}, {Name: "port", Origin: finding.OriginPort}, {Name: "missing", Origin: finding.OriginMissing}}

func (c *club) read(path string) finding.Finding {
	a := finding.Action{Method: "GET", URL: c.URL + path, Route: path}
	return finding.Finding{ID: "cors-read-1", Weakness: finding.CORSRead, Endpoint: a.Endpoint(), State: finding.Suspected,
		Plan: &finding.Plan{Kind: finding.PlanRead, Victim: "alice", Action: a, Variants: everyOrigin[:6]}}
}

func (c *club) tap(path string, messages ...string) finding.Finding {
	a := finding.Action{Method: "GET", URL: "ws" + strings.TrimPrefix(c.URL, "http") + path, Route: path}
	return finding.Finding{ID: "cswsh-1", Weakness: finding.CSWSH, Endpoint: a.Endpoint(), State: finding.Suspected,
		Plan: &finding.Plan{Kind: finding.PlanSocket, Victim: "alice", Action: a, Variants: everyOrigin, Messages: messages}}
}

const orderMotto = `{"type":"motto","motto":"{marker}"}`

// keep writes a proof's files where MANTLET_PICTURES says, for the eye.
func keep(t testing.TB, name string, f finding.Finding) {
	dir := os.Getenv("MANTLET_PICTURES")
	if dir == "" || f.Proof == nil {
		return
	}
	for _, file := range f.Proof.Files {
		if err := os.WriteFile(filepath.Join(dir, name+"-"+file.Name), file.Data, 0o600); err != nil {
			t.Error(err)
		}
	}
	story, _ := json.MarshalIndent(f, "", "  ")
	if err := os.WriteFile(filepath.Join(dir, name+".json"), story, 0o600); err != nil {
		t.Error(err)
	}
}

func stateAt(f finding.Finding, from finding.From, third finding.ThirdParty) finding.State {
	for _, c := range f.Vector {
		if c.From == from && c.ThirdParty == third {
			return c.State
		}
	}
	return ""
}

// A foreign page reads what the victim is shown, where the target lets it (R67).
func TestForeignPagesReadPrivateAnswers(t *testing.T) {
	c := newClub(t, anywhere)
	r := c.rig(t).withBrowser(t, c.URL)
	for path, want := range map[string]string{"/api/open": "foreign", "/api/null": "null", "/api/prefix": "prefix"} {
		got := r.attempt(t, c.read(path))
		keep(t, "read"+strings.ReplaceAll(path, "/", "-"), got)
		if got.State != finding.Proven || len(got.Proof.Reads) == 0 || got.Proof.Browser == "" {
			t.Errorf("%s: got %s: %s", path, got.State, got.Why)
			continue
		}
		text, _ := json.Marshal(got)
		if strings.Contains(string(text), "alice@club.example") || !strings.Contains(string(text), "private:") {
			t.Errorf("%s: the private value stands in the report", path)
		}
		accepted := ""
		for _, a := range got.Proof.Attempts {
			if a.Accepted && a.By == "browser" && accepted == "" {
				accepted = a.Variant
			}
		}
		if accepted != want {
			t.Errorf("%s: read as %q, want %q", path, accepted, want)
		}
		if s := stateAt(got, finding.CrossSite, finding.ThirdPartyBlocked); s != finding.Refuted {
			t.Errorf("%s: with third-party cookies blocked: %s", path, s)
		}
	}
}

// A partner that is let in over unencrypted http as well is whoever stands on the
// victim's network; one that is let in over https alone is not (R67).
func TestPartnersOverUnencryptedHTTP(t *testing.T) {
	c := newClub(t, anywhere)
	r := c.rig(t).withBrowser(t, c.URL)
	for path, want := range map[string]finding.State{"/api/partners": finding.Proven, "/api/partner": finding.Refuted} {
		f := c.read(path)
		f.Plan.Variants = []finding.Variant{{Name: "downgraded", Origin: finding.OriginDowngraded, Host: partner}}
		got := r.attempt(t, f)
		if got.State != want {
			t.Errorf("%s: got %s: %s", path, got.State, got.Why)
		}
		if want == finding.Proven && (len(got.Proof.Reads) == 0 || got.Proof.Browser == "") {
			t.Errorf("%s: nothing was read in a browser: %+v", path, got.Proof)
		}
	}
}

// What no browser lets a page read, and what everybody is told, is no finding (R68).
func TestWhatIsNotPrivateOrNotReadIsRefuted(t *testing.T) {
	c := newClub(t, anywhere)
	r := c.rig(t).withBrowser(t, c.URL)
	for path, why := range map[string]string{"/api/star": "no origin", "/api/exact": "no origin", "/api/public": "nothing private"} {
		if got := r.attempt(t, c.read(path)); got.State != finding.Refuted || !strings.Contains(got.Why, why) {
			t.Errorf("%s: got %s: %s", path, got.State, got.Why)
		}
	}
}

// A foreign page takes over a socket that asks nobody (R43 to R45).
func TestForeignPagesUseSockets(t *testing.T) {
	c := newClub(t, anywhere)
	r := c.rig(t).withBrowser(t, c.URL)
	got := r.attempt(t, c.tap("/ws/open", orderMotto))
	keep(t, "socket", got)
	if got.State != finding.Proven || len(got.Proof.Reads) == 0 || len(got.Proof.Changes) == 0 {
		t.Fatalf("got %s: %s", got.State, got.Why)
	}
	if m := c.mottoOf("alice"); m != "festina lente" {
		t.Errorf("the motto was left as %q", m)
	}
	for _, m := range r.bench.Restore(t.Context()) {
		if !m.Undone {
			t.Errorf("not undone: %+v", m)
		}
	}
	if s := stateAt(got, finding.CrossSite, finding.ThirdPartyAllowed); s != finding.Proven {
		t.Errorf("cross-site: %s", s)
	}
	if s := stateAt(got, finding.OtherPort, finding.ThirdPartyBlocked); s != finding.Proven {
		t.Errorf("from another port: %s", s)
	}
	text, _ := json.Marshal(got)
	if strings.Contains(string(text), "alice@club.example") {
		t.Error("the private value stands in the report")
	}
	if again := r.attempt(t, c.tap("/ws/null")); again.State != finding.Proven || !strings.Contains(again.Why, "cross-site") {
		t.Errorf("null: got %s: %s", again.State, again.Why)
	}
}

// A socket that turns foreign pages away, or serves nobody in particular, is no
// finding (R46).
func TestSocketsThatAreSafeAreRefuted(t *testing.T) {
	c := newClub(t, anywhere)
	r := c.rig(t)
	for path, why := range map[string]string{"/ws/checked": "turns away", "/ws/public": "serves no session"} {
		got := r.attempt(t, c.tap(path, orderMotto))
		if got.State != finding.Refuted || !strings.Contains(got.Why, why) {
			t.Errorf("%s: got %s: %s", path, got.State, got.Why)
		}
	}
	r.bench.Restore(t.Context())
	if m := c.mottoOf("alice"); m != "festina lente" {
		t.Errorf("the motto was left as %q", m)
	}
}

// With SameSite=Lax only neighbours bring the session along.
func TestLaxCookiesKeepOtherSitesFromSockets(t *testing.T) {
	c := newClub(t, http.Cookie{SameSite: http.SameSiteLaxMode})
	r := c.rig(t).withBrowser(t, c.URL)
	got := r.attempt(t, c.tap("/ws/open"))
	if got.State != finding.Proven || stateAt(got, finding.CrossSite, finding.ThirdPartyAllowed) != finding.Refuted || stateAt(got, finding.OtherPort, finding.ThirdPartyAllowed) != finding.Proven {
		t.Errorf("got %s: %s, %v", got.State, got.Why, got.Vector)
	}
}

func (c *club) message(path string, messages ...string) finding.Finding {
	a := finding.Action{Method: "GET", URL: c.URL + path, Route: path, Page: c.URL + path}
	return finding.Finding{ID: "postmessage-origin-1", Weakness: finding.PostMessageOrigin, Endpoint: a.Endpoint(), State: finding.Suspected,
		Plan: &finding.Plan{Kind: finding.PlanMessage, Victim: "alice", Action: a, Messages: messages}}
}

// A page that acts on anybody's message is shown to, and one that asks is not.
func TestForeignPagesSendMessages(t *testing.T) {
	c := newClub(t, http.Cookie{SameSite: http.SameSiteLaxMode})
	r := c.rig(t).withBrowser(t, c.URL)
	for path, row := range map[string]struct {
		message string
		want    finding.State
	}{
		"/listens": {orderMotto, finding.Proven},
		"/tells":   {`{"type":"who"}`, finding.Proven},
		"/asks":    {orderMotto, finding.Refuted},
	} {
		got := r.attempt(t, c.message(path, row.message))
		keep(t, "message"+strings.ReplaceAll(path, "/", "-"), got)
		if got.State != row.want {
			t.Errorf("%s: got %s: %s", path, got.State, got.Why)
		}
	}
	r.bench.Restore(t.Context())
	if m := c.mottoOf("alice"); m != "festina lente" {
		t.Errorf("the motto was left as %q", m)
	}
}

func (c *club) put(path string) finding.Finding {
	a := finding.Action{Method: "PUT", URL: c.URL + path, Route: path, Encoding: finding.EncodingJSON, Page: c.URL + "/", Source: "script",
		Fields: []finding.Field{{Name: "motto", Type: "string"}}}
	return finding.Finding{ID: "csrf-1", Weakness: finding.CSRF, Endpoint: a.Endpoint(), State: finding.Suspected,
		Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: a, Variants: []finding.Variant{{Name: "with consent", Consent: true}}}}
}

// What a CORS policy consents to is forged like everything else; what it does not is
// refuted before anything is changed (R67).
func TestConsentOpensWhatNeedsAPreflight(t *testing.T) {
	c := newClub(t, anywhere)
	r := c.rig(t).withBrowser(t, c.URL)
	got := r.attempt(t, c.put("/api/put"))
	keep(t, "put", got)
	if got.State != finding.Proven || stateAt(got, finding.CrossSite, finding.ThirdPartyAllowed) != finding.Proven || stateAt(got, finding.CrossSite, finding.ThirdPartyBlocked) != finding.Refuted {
		t.Errorf("got %s: %s %v", got.State, got.Why, got.Vector)
	}
	for _, path := range []string{"/api/open", "/api/exact", "/api/star"} {
		entries := len(r.bench.Ledger.Entries())
		if got := r.attempt(t, c.put(path)); got.State != finding.Refuted || len(r.bench.Ledger.Entries()) != entries {
			t.Errorf("%s: got %s: %s", path, got.State, got.Why)
		}
	}
	r.bench.Restore(t.Context())
	if m := c.mottoOf("alice"); m != "festina lente" {
		t.Errorf("the motto was left as %q", m)
	}
}

// One visit of the victim to the attacker's page makes an administrator of them: a
// forged request that carries a field more (R54, R56).
func TestChainOfAForgedRequestAndAFieldMore(t *testing.T) {
	c := newClub(t, anywhere)
	r := c.rig(t).withBrowser(t, c.URL)
	r.bench.Site.Exchanges = append(r.bench.Site.Exchanges, &observe.Exchange{Identity: "alice", Method: "GET", URL: c.URL + "/api/exact", Route: "/api/exact",
		Purpose: "crawl", Status: 200, Type: "application/json", Body: []byte(`{"role":"member"}`)})
	a := finding.Action{Method: "POST", URL: c.URL + "/member", Route: "/member", Encoding: finding.EncodingURL, Page: c.URL + "/", Source: "form",
		Fields: []finding.Field{{Name: "motto", Type: "text"}}}
	forged := r.attempt(t, finding.Finding{ID: "csrf-1", Weakness: finding.CSRF, Endpoint: a.Endpoint(), State: finding.Suspected,
		Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: a, Variants: []finding.Variant{{Name: "as it is"}}}})
	assigned := r.attempt(t, finding.Finding{ID: "property-assignment-1", Weakness: finding.PropertyAssignment, Endpoint: a.Endpoint(), State: finding.Suspected,
		Plan: &finding.Plan{Kind: finding.PlanAccess, Victim: "alice", Intruder: "alice", Action: a, OnlyIfProven: true,
			Extra: []finding.Field{{Name: "role", Type: "string", Value: "member", Options: []string{"admin"}}}}})
	chains := check.Chains([]finding.Finding{forged, assigned})
	if len(chains) != 1 {
		t.Fatalf("%s and %s gave %d chains", forged.State, assigned.State, len(chains))
	}
	got := r.attempt(t, chains[0])
	keep(t, "chain", got)
	if got.State != finding.Proven || stateAt(got, finding.CrossSite, finding.ThirdPartyAllowed) != finding.Proven {
		t.Fatalf("got %s: %s", got.State, got.Why)
	}
	shown := got.Proof.Changes
	if len(shown) == 0 || !strings.HasSuffix(shown[0].Where, "$.role") || shown[0].Before != "member" || shown[0].After != "admin" {
		t.Errorf("changes %v", shown)
	}
	if severity, _ := finding.Rate(got); severity != finding.High {
		t.Errorf("rated %s", severity)
	}
	for _, m := range r.bench.Restore(t.Context()) {
		if !m.Undone {
			t.Errorf("not undone: %+v", m)
		}
	}
	if c.roleOf("alice") != "member" || c.mottoOf("alice") != "festina lente" {
		t.Errorf("alice was left a %s with the motto %q", c.roleOf("alice"), c.mottoOf("alice"))
	}
	if chains := check.Chains([]finding.Finding{forged}); len(chains) != 0 {
		t.Errorf("half a chain gave %v", chains)
	}
}
