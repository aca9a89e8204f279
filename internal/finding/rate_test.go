package finding

import "testing"

func cell(from From, age Age, state State) Cell {
	return Cell{Position: Position{From: from, Cookie: age, ThirdParty: ThirdPartyAllowed}, State: state, By: "browser", Why: "x"}
}

var (
	anywhere   = []Cell{cell(CrossSite, Aged, Proven), cell(Sibling, Aged, Proven)}
	neighbours = []Cell{cell(CrossSite, Aged, Refuted), cell(Sibling, Aged, Proven)}
	freshOnly  = []Cell{cell(CrossSite, Fresh, Proven), cell(CrossSite, Aged, Refuted)}
	suspected  = []Cell{cell(CrossSite, Aged, Suspected)}
	siblings   = []Cell{cell(CrossSite, Aged, Refuted), cell(Sibling, Aged, Suspected)}
	closed     = []Cell{cell(CrossSite, Aged, Refuted), cell(Sibling, Aged, Refuted)}
)

func TestRate(t *testing.T) {
	email := &Plan{Action: Action{Method: "POST", Route: "/profile", Fields: []Field{{Name: "ownerEmail"}}}}
	theme := &Plan{Action: Action{Method: "POST", Route: "/theme", Fields: []Field{{Name: "csrf_token", Token: true}, {Name: "theme"}}}}
	twoClicks := &Plan{Action: email.Action, Clicks: []Click{{}, {}}}
	for _, row := range []struct {
		name     string
		f        Finding
		severity Severity
		score    float64
	}{
		{"forged change of the e-mail address", Finding{Weakness: CSRF, State: Proven, Plan: email, Vector: anywhere}, High, 7.1},
		{"forged ordinary change", Finding{Weakness: CSRF, State: Proven, Plan: theme, Vector: anywhere}, Medium, 5.3},
		{"forged by neighbours only, much at stake", Finding{Weakness: CSRF, State: Proven, Plan: email, Vector: neighbours}, Medium, 6.0},
		{"forged by neighbours only, little at stake", Finding{Weakness: CSRF, State: Proven, Plan: theme, Vector: neighbours}, Low, 2.3},
		{"forged in the first two minutes only", Finding{Weakness: CSRF, State: Proven, Plan: email, Vector: freshOnly}, Medium, 6.0},
		{"the change shows what the action hides", Finding{Weakness: CSRF, State: Proven, Plan: theme, Vector: anywhere,
			Proof: &Proof{Changes: []Change{{Where: "dynamodb users[alice].role"}}}}, High, 7.1},
		{"how it was read back does not count", Finding{Weakness: CSRF, State: Proven, Plan: theme, Vector: anywhere,
			Proof: &Proof{Changes: []Change{{Where: "GET /admin/email $.theme"}}}}, Medium, 5.3},
		{"SameSite alone is always a special position", Finding{Weakness: CSRFSameSiteOnly, State: Proven, Plan: email, Vector: anywhere}, Medium, 6.0},
		{"login forgery", Finding{Weakness: CSRFLogin, State: Proven, Vector: anywhere}, Medium, 5.3},
		{"proven click, much at stake", Finding{Weakness: Clickjacking, State: Proven, Plan: email, Vector: anywhere}, Medium, 6.9},
		{"proven click, two steps", Finding{Weakness: Clickjacking, State: Proven, Plan: twoClicks, Vector: anywhere}, Medium, 5.9},
		{"proven click, little at stake", Finding{Weakness: Clickjacking, State: Proven, Plan: theme, Vector: anywhere}, Medium, 5.1},
		{"framable, nothing proven", Finding{Weakness: FramingAbsent, State: Suspected, Vector: suspected}, Low, 2.1},
		{"suspicion is at most low", Finding{Weakness: CSRF, State: Suspected, Plan: email, Vector: suspected}, Low, 2.3},
		{"not testable accuses nobody", Finding{Weakness: CSRF, State: NotTestable, Plan: email, Vector: suspected}, Info, 0},
		{"refuted", Finding{Weakness: CSRF, State: Refuted, Plan: email, Vector: closed}, Info, 0},
		{"no position is open", Finding{Weakness: FramingAbsent, State: Suspected, Vector: closed}, Info, 0},
		{"unproven and open to neighbours only", Finding{Weakness: Clickjacking, State: Suspected, Vector: siblings}, Info, 0},
		{"a cookie for neighbours", Finding{Weakness: CookieDomain, State: Suspected, Vector: siblings}, Low, 2.3},
		{"a policy's flaw, shown by an attack that is rated itself", Finding{Weakness: FramingAbsent, State: Proven, Vector: suspected}, Low, 2.1},
		{"another's object read", Finding{Weakness: BOLARead, State: Proven}, High, 7.1},
		{"another's object changed", Finding{Weakness: BOLAWrite, State: Proven, Plan: email}, High, 7.1},
		{"read without a login", Finding{Weakness: AuthMissing, State: Proven, Plan: &Plan{Action: Action{Method: "GET"}}}, High, 8.7},
		{"changed without a login", Finding{Weakness: AuthMissing, State: Proven, Plan: theme}, High, 8.7},
		{"a right taken", Finding{Weakness: PropertyAssignment, State: Proven, Plan: theme,
			Proof: &Proof{Changes: []Change{{Where: "GET /api/me $.role"}}}}, High, 8.7},
		{"a price chosen", Finding{Weakness: PropertyAssignment, State: Proven, Plan: theme}, High, 7.1},
		{"access suspected", Finding{Weakness: BOLARead, State: Suspected}, Low, 2.3},
		{"access tested", Finding{Weakness: BOLARead, State: Refuted}, Info, 0},
		{"a key in an answer to everybody", Finding{Weakness: ExposedSecret, State: Suspected}, Medium, 6.9},
		{"a card in an answer to its owner", Finding{Weakness: ExposedCard, State: Suspected, Identity: "alice"}, Medium, 5.3},
		{"a trace of the stack", Finding{Weakness: DebugTrace, State: Suspected}, Low, 2.3},
		{"no HSTS", Finding{Weakness: TransportHSTS, State: Suspected}, Low, 2.3},
		{"no policy for content", Finding{Weakness: HeaderCSP, State: Suspected}, Info, 0},
		{"obsolete header", Finding{Weakness: FramingXFOOnly, State: Suspected, Vector: suspected}, Info, 0},
	} {
		severity, cvss := Rate(row.f)
		if severity != row.severity || cvss.Score != row.score {
			t.Errorf("%s: got %s %.1f (%s), want %s %.1f", row.name, severity, cvss.Score, cvss.Vector, row.severity, row.score)
		}
	}
}

func TestWordsOfIdentifiers(t *testing.T) {
	for text, want := range map[string]bool{
		"/account/e-mail": true, "newEmail": true, "user_role": true, "/admin/users/{id}": true, "/api/apiKey": false,
		"theme": false, "parole": false, "/mailbox": false, "transfer-id": true, "": false, "ROLE": true,
	} {
		if got := hasWord(text, highStakes); got != want {
			t.Errorf("hasWord(%q) = %v", text, got)
		}
	}
}
