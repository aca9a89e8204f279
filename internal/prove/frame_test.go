package prove_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// frame is a suspicion that the action can be had by clicks on a framed page.
func (v *victim) frame(page string, a finding.Action, selectors ...string) finding.Finding {
	f := finding.Finding{ID: "clickjacking-1", Weakness: finding.Clickjacking, State: finding.Suspected,
		Endpoint: finding.Endpoint{Method: "GET", Route: page, URL: v.URL + page},
		Plan:     &finding.Plan{Kind: finding.PlanFrame, Victim: "alice", Action: a}}
	f.Plan.Action.Page = v.URL + page
	for _, s := range selectors {
		f.Plan.Clicks = append(f.Plan.Clicks, finding.Click{Page: v.URL + page, Selector: s, Label: "Do it"})
	}
	return f
}

func TestFramedClicksAreProven(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t).withBrowser(t, v.URL)
	before := v.state()
	deletion := v.frame("/payees/p1/delete", v.deletion(), "#yes")
	for name, f := range map[string]finding.Finding{
		"a switch, token and all":         v.frame("/", v.form("/switch-safe", tokenField), "#switch-safe"),
		"a deletion, of a canary":         deletion,
		"a field filled in by the link":   v.frame("/prefilled", v.form("/tokened", tokenField, mottoField), "#save"),
		"two clicks, the second unknown":  v.frame("/step1", v.form("/step2"), "#first", ""),
		"a switch on a page that is long": v.frame("/", v.form("/switch"), "#switch"),
	} {
		got := r.attempt(t, f)
		if got.State != finding.Proven {
			t.Errorf("%s: got %s: %s", name, got.State, got.Why)
			continue
		}
		inspect(t, name, got, r)
		kinds := map[string]bool{}
		for _, file := range got.Proof.Files {
			kinds[file.Kind] = true
		}
		if !kinds["screenshot-victim"] || !kinds["screenshot-revealed"] || !kinds["proof-html"] || got.Proof.Disguise == "" {
			t.Errorf("%s: files %v, disguise %q", name, kinds, got.Proof.Disguise)
		}
		if after := v.state(); after != before {
			t.Errorf("%s: state was %s and is %s", name, before, after)
		}
	}
	for _, m := range r.bench.Restore(t.Context()) {
		if !m.Undone {
			t.Errorf("%s %s remains: %s", m.Purpose, m.Endpoint, m.Note)
		}
	}
}

func TestGuardedPagesAreRefuted(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t).withBrowser(t, v.URL)
	got := r.attempt(t, v.frame("/guarded", v.form("/switch"), "#switch"))
	if got.State != finding.Refuted || len(got.Vector) == 0 || got.Vector[0].By != "browser" {
		t.Errorf("got %s: %s, vector %v", got.State, got.Why, got.Vector)
	}
	for _, m := range r.bench.Restore(t.Context()) {
		t.Errorf("something was changed: %v", m)
	}
}

func TestLaxSessionsStayOutOfForeignFrames(t *testing.T) {
	v := newVictim(t, http.Cookie{SameSite: http.SameSiteLaxMode})
	got := v.rig(t).withBrowser(t, v.URL).attempt(t, v.frame("/", v.form("/switch-safe", tokenField), "#switch-safe"))
	if got.State != finding.Proven {
		t.Fatalf("got %s: %s", got.State, got.Why)
	}
	for _, c := range got.Vector {
		want := finding.Proven
		if c.From == finding.CrossSite {
			want = finding.Refuted
		}
		if c.State != want {
			t.Errorf("%s: got %s by %s (%s), want %s", c.From, c.State, c.By, c.Why, want)
		}
	}
}

func TestAClickThatChangesNothingIsNotTestable(t *testing.T) {
	v := newVictim(t, anywhere)
	r := v.rig(t).withBrowser(t, v.URL)
	for name, row := range map[string]struct {
		f   finding.Finding
		why string
	}{
		"an effect nobody sees": {v.frame("/", v.form("/nowhere", mottoField), `form[action="/nowhere"] button`), "not observable"},
		"a control not there":   {v.frame("/", v.form("/switch"), "#nothing"), "cannot be clicked"},
	} {
		if got := r.attempt(t, row.f); got.State != finding.NotTestable || !strings.Contains(got.Why, row.why) {
			t.Errorf("%s: got %s: %s", name, got.State, got.Why)
		}
	}
}
