package prove_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// The most important rule: what is protected is never proven, however it answers.
// It needs no browser, because nothing gets that far.
func TestProtectedEndpointsAreNeverProven(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t)
	other := finding.Variant{Name: "of another session", Token: finding.TokenOtherSession}
	lookalike := finding.Variant{Name: "a host that looks alike", Origin: finding.OriginSuffix}
	null := finding.Variant{Name: "null", Origin: finding.OriginNull}
	silent := finding.Variant{Name: "silent", Origin: finding.OriginSilent}
	safe := map[string]finding.Finding{
		"a token bound to the session":            forge(v.form("/tokened", tokenField, mottoField)),
		"and of another session":                  forge(v.form("/tokened", tokenField, mottoField), other),
		"a token kept as it was found":            forge(v.form("/tokened", tokenField, mottoField), finding.Variant{Name: "as is"}, null),
		"200 without effect":                      forge(v.form("/polite", tokenField, mottoField)),
		"a log that shows what was refused":       forge(v.form("/echo", tokenField, mottoField)),
		"an Origin check":                         forge(v.form("/origin", mottoField), finding.Variant{Name: "as it is"}, null, silent, lookalike),
		"Fetch Metadata":                          forge(v.form("/metadata", mottoField), finding.Variant{Name: "as it is"}, null, silent),
		"money behind a token":                    forge(v.form("/transfer-safe", tokenField, finding.Field{Name: "amount", Type: "number", Required: true})),
		"a switch behind a token, with no marker": forge(v.form("/switch-safe", tokenField)),
	}
	before := v.state()
	for round := range 20 {
		for name, f := range safe {
			got := r.attempt(t, f)
			if got.State != finding.Refuted {
				t.Fatalf("round %d, %s: got %s, want refuted: %s", round, name, got.State, got.Why)
			}
			if len(got.Proof.Controls) < 2 || got.Proof.Controls[1].Name != "legitimate" {
				t.Errorf("%s: controls %v", name, got.Proof.Controls)
			}
		}
	}
	r.bench.Restore(t.Context())
	if after := v.state(); after != before {
		t.Errorf("state was %s and is %s", before, after)
	}
}

func TestWhatCannotBeShownIsNotTestable(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t)
	stranger := forge(v.form("/open", mottoField))
	stranger.Plan.Victim = "carol"
	for name, row := range map[string]struct {
		f   finding.Finding
		why string
	}{
		"an effect nobody can see":         {forge(v.form("/nowhere", mottoField)), "not observable"},
		"an endpoint without a login":      {forge(v.form("/anonymous", mottoField)), "authentication is missing"},
		"an identity nobody configured":    {stranger, "not configured"},
		"a logout":                         {forge(v.form("/logout")), "ends the victim's session"},
		"a password":                       {forge(v.form("/open", finding.Field{Name: "current_password", Type: "password"})), "does not know"},
		"a deletion without a replacement": {forge(v.form("/boxes/7/delete")), "no object to lose"},
	} {
		if got := r.attempt(t, row.f); got.State != finding.NotTestable || !strings.Contains(got.Why, row.why) {
			t.Errorf("%s: got %s: %s, want %q", name, got.State, got.Why, row.why)
		}
	}
}

func TestVariantsNoBrowserSendsAreRefutedWithoutSending(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t)
	a := v.form("/json", finding.Field{Name: "motto", Type: "string"})
	a.Encoding, a.Page, a.Source = finding.EncodingJSON, "", "openapi"
	got := r.attempt(t, forge(a))
	if got.State != finding.Refuted || !strings.Contains(got.Why, "preflight") {
		t.Errorf("application/json: got %s: %s", got.State, got.Why)
	}
	for _, attempt := range got.Proof.Attempts {
		if attempt.Status != 0 {
			t.Errorf("something was sent: %v", attempt)
		}
	}
}

func TestAcceptedForgeryWithoutABrowserIsOnlySuspected(t *testing.T) {
	v := newVictim(t, anywhere)
	got := v.rig(t).attempt(t, forge(v.form("/open", mottoField)))
	if got.State != finding.Suspected || !got.Proof.Attempts[0].Accepted || len(got.Proof.Changes) == 0 {
		t.Errorf("got %s: %s, attempts %v", got.State, got.Why, got.Proof.Attempts)
	}
}

func TestWeakEndpointsAreProvenInTheBrowser(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t).withBrowser(t, v.URL)
	jsonAction := v.form("/json", finding.Field{Name: "motto", Type: "string"})
	jsonAction.Encoding, jsonAction.Page = finding.EncodingJSON, ""
	link := finding.Action{Method: "GET", URL: v.URL + "/set?colour=green", Route: "/set", Source: "link", Page: v.URL + "/",
		Fields: []finding.Field{{Name: "colour", In: "query", Type: "text", Value: "green", Options: []string{"red", "green", "blue"}}}}
	weak := map[string]finding.Finding{
		"no check at all":             forge(v.form("/open", mottoField)),
		"a token of anybody's":        forge(v.form("/unbound", tokenField, mottoField), finding.Variant{Name: "of another session", Token: finding.TokenOtherSession}),
		"an Origin that begins alike": forge(v.form("/prefix", mottoField), finding.Variant{Name: "a host that looks alike", Origin: finding.OriginSuffix}),
		"403 after the write":         forge(v.form("/late", mottoField)),
		"a change that takes time":    forge(v.form("/slow", mottoField)),
		"money":                       forge(v.form("/transfer", finding.Field{Name: "amount", Type: "number", Required: true})),
		"a switch without a marker":   forge(v.form("/switch")),
		"a counter":                   forge(v.form("/like")),
		"a choice":                    forge(v.form("/colour", finding.Field{Name: "colour", Type: "select"})),
		"a link":                      forge(link),
		"JSON as text":                forge(jsonAction, finding.Variant{Name: "JSON as text/plain", Encoding: finding.EncodingText, HasEncoding: true}),
		"a deletion":                  forge(v.deletion()),
	}
	before := v.state()
	for name, f := range weak {
		got := r.attempt(t, f)
		if got.State != finding.Proven {
			t.Errorf("%s: got %s, want proven: %s", name, got.State, got.Why)
			continue
		}
		inspect(t, name, got, r)
		if after := v.state(); after != before {
			t.Errorf("%s: state was %s and is %s", name, before, after)
		}
	}
	for _, m := range r.bench.Restore(t.Context()) {
		if !m.Undone && m.Endpoint.Route != "/transfer" && m.Endpoint.Route != "/like" {
			t.Errorf("%s %s remains: %s", m.Purpose, m.Endpoint, m.Note)
		}
	}
}

// inspect looks for what every proof has to have, and for what none may.
func inspect(t *testing.T, name string, f finding.Finding, r *rig) {
	t.Helper()
	controls := map[string]bool{}
	for _, c := range f.Proof.Controls {
		controls[c.Name] = c.Passed
	}
	if !controls["idle"] || !controls["legitimate"] || !controls["broken-session"] {
		t.Errorf("%s: controls %v", name, f.Proof.Controls)
	}
	if f.Proof.Browser == "" || f.Proof.Profile == "" || len(f.Proof.Changes) == 0 || len(f.Proof.Steps) < 3 || len(f.Vector) < 8 {
		t.Errorf("%s: incomplete proof %+v", name, f.Proof)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range f.Proof.Files {
		text = append(text, file.Data...)
		if file.Kind != "proof-html" && !bytes.HasPrefix(file.Data, []byte("\x89PNG")) {
			t.Errorf("%s: %s is no picture", name, file.Name)
		}
	}
	for _, set := range r.alice.Cookies() {
		if secret := policy.ParseSetCookie(set.Line).Value; bytes.Contains(text, []byte(secret)) {
			t.Errorf("%s: the session cookie stands in the finding", name)
		}
	}
}

func TestVectorFollowsTheCookie(t *testing.T) {
	for _, row := range []struct {
		name      string
		cookie    http.Cookie
		crossSite map[finding.Age]finding.State
		near      finding.State
	}{
		{"None", anywhere, map[finding.Age]finding.State{finding.Fresh: finding.Proven, finding.Aged: finding.Proven}, finding.Proven},
		{"unset", http.Cookie{}, map[finding.Age]finding.State{finding.Fresh: finding.Proven, finding.Aged: finding.Refuted}, finding.Proven},
		{"Lax", http.Cookie{SameSite: http.SameSiteLaxMode}, map[finding.Age]finding.State{finding.Fresh: finding.Refuted, finding.Aged: finding.Refuted}, finding.Proven},
		{"Strict", http.Cookie{SameSite: http.SameSiteStrictMode}, map[finding.Age]finding.State{finding.Fresh: finding.Refuted, finding.Aged: finding.Refuted}, finding.Proven},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := newVictim(t, row.cookie)
			got := v.rig(t).withBrowser(t, v.URL).attempt(t, forge(v.form("/open", mottoField)))
			if got.State != finding.Proven {
				t.Fatalf("got %s: %s", got.State, got.Why)
			}
			for _, c := range got.Vector {
				want := row.near
				if c.From == finding.CrossSite {
					want = row.crossSite[c.Cookie]
				}
				if c.State != want {
					t.Errorf("%s, %s, %s: got %s by %s (%s), want %s", c.From, c.Cookie, c.ThirdParty, c.State, c.By, c.Why, want)
				}
			}
		})
	}
}

func TestAPlanFromAFileWorksToo(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t).withBrowser(t, v.URL)
	text, err := json.Marshal(forge(v.form("/open", mottoField)))
	if err != nil {
		t.Fatal(err)
	}
	var f finding.Finding
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	r.bench.Site = nil
	if got := r.attempt(t, f); got.State != finding.Proven {
		t.Errorf("got %s: %s", got.State, got.Why)
	}
}

func TestALostSessionIsRenewedOnce(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t)
	f := forge(v.form("/tokened", tokenField, mottoField))
	r.attempt(t, f)
	v.mu.Lock()
	clear(v.sessions)
	before := v.logins
	v.mu.Unlock()
	if got := r.attempt(t, f); got.State != finding.Refuted {
		t.Errorf("after a new login: got %s: %s", got.State, got.Why)
	}
	if v.logins != before+1 {
		t.Errorf("logged in %d times", v.logins-before)
	}
}

func TestTheNumberOfChangesIsBounded(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t)
	r.bench.MaxMutations = 2
	var skipped []finding.Skip
	r.bench.Skip = func(s finding.Skip) { skipped = append(skipped, s) }
	before := v.state()
	got := r.attempt(t, forge(v.form("/tokened", tokenField, mottoField)))
	if got.State != finding.NotTestable || len(skipped) != 1 || !skipped[0].Incomplete {
		t.Errorf("got %s: %s, skipped %v", got.State, got.Why, skipped)
	}
	if after := v.state(); after != before {
		t.Errorf("state was %s and is %s", before, after)
	}
}

// A plan may come from an OpenAPI document that knows nothing of the form's
// hidden token, or from a crawl that did not take it for one.
func TestAHiddenTokenThePlanDoesNotKnowIsNotTheAttackers(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t)
	for _, fields := range [][]finding.Field{{mottoField}, {mottoField, {Name: "csrf", Type: "hidden"}}} {
		if got := r.attempt(t, forge(v.form("/tokened", fields...))); got.State != finding.Refuted {
			t.Errorf("fields %v: got %s: %s", fields, got.State, got.Why)
		}
	}
	// Called by a name that says nothing, too.
	v.field = "k9"
	if got := v.rig(t).attempt(t, forge(v.form("/tokened", mottoField))); got.State != finding.Refuted {
		t.Errorf("a token called k9: got %s: %s", got.State, got.Why)
	}
}

// Whatever ends an attempt early, what it changed is undone.
func TestAnInterruptedAttemptIsUndone(t *testing.T) {
	for stop := 1; stop <= 3; stop++ {
		v := newVictim(t, anywhere)
		r := v.rig(t)
		before := v.state()
		ctx, cancel := context.WithCancel(t.Context())
		posts := 0
		v.onPost = func() {
			if posts++; posts == stop {
				cancel()
			}
		}
		_, err := r.bench.Attempt(ctx, forge(v.form("/open", mottoField)))
		if err == nil {
			t.Errorf("stopped at request %d: no error", stop)
		}
		for _, m := range r.bench.Restore(t.Context()) {
			if !m.Undone {
				t.Errorf("stopped at request %d: remains %s: %s", stop, m.Purpose, m.Note)
			}
		}
		if after := v.state(); after != before {
			t.Errorf("stopped at request %d: state was %s and is %s", stop, before, after)
		}
		cancel()
	}
}
