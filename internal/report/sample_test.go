package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const bank = "http://bank.example.localhost:8000"

// sample is a realistic scan of a small bank, as the engine would tell it.
func sample(t testing.TB) Report {
	t.Helper()
	var c Collector
	all := []finding.Message{{Run: &finding.Run{
		Schema: Schema, Tool: "mantlet 0.1.0", ID: "run-20261121-1", Targets: []string{bank + "/"}, Mode: "active",
		Consent: "the target is on loopback", Identities: []string{"alice", "bob"}, Browser: "Chromium 156.0.7011.0", Started: noon,
	}}}
	for _, f := range []finding.Finding{
		transferForged(), emailForged(), deleteClicked(t), cookieLax(), pagesFramable(), limitUntested(), passwordHeld(), settingsHeld(t),
	} {
		f.ID = finding.MakeID(f.Weakness, f.Endpoint)
		f.Framework = "fastapi"
		f.Severity, f.CVSS = finding.Rate(f)
		all = append(all, finding.Message{Finding: &f})
	}
	for _, m := range sampleMutations() {
		all = append(all, finding.Message{Mutation: &m})
	}
	all = append(all,
		finding.Message{Skip: &finding.Skip{What: "GET /reports/{id}/export", Why: "the body is larger than the budget of 8 MiB"}},
		finding.Message{Skip: &finding.Skip{What: "POST /logout", Why: "it would end the victim's session; excluded by rule"}},
		finding.Message{End: &finding.End{
			Complete: true, Finished: noon.Add(48 * time.Second),
			Coverage: finding.Coverage{Requests: 412, Routes: 22, Pages: 14, Actions: 11, Tested: 9, Proofs: 6, Mutations: 3, Remaining: 1, Identities: 2},
		}})
	for _, m := range all {
		if err := c.Handle(m); err != nil {
			t.Fatal(err)
		}
	}
	return c.Report()
}

func at(method, route, path string) finding.Endpoint {
	return finding.Endpoint{Method: method, Route: route, URL: bank + path}
}

// positions gives a vector in which each letter answers for one position: P proven,
// R refuted, r refuted by the model, N not testable.
func positions(letters string) []finding.Cell {
	var cells []finding.Cell
	i := 0
	for _, from := range []finding.From{finding.CrossSite, finding.Sibling, finding.OtherPort} {
		for _, age := range []finding.Age{finding.Fresh, finding.Aged} {
			for _, third := range []finding.ThirdParty{finding.ThirdPartyAllowed, finding.ThirdPartyBlocked} {
				if i >= len(letters) {
					return cells
				}
				c := finding.Cell{Position: finding.Position{From: from, Cookie: age, ThirdParty: third}, By: "browser"}
				switch letters[i] {
				case 'P':
					c.State, c.Why = finding.Proven, "the attack ran and the state changed"
				case 'R':
					c.State, c.Why = finding.Refuted, "the attack ran and nothing changed"
				case 'r':
					c.State, c.By, c.Why = finding.Refuted, "model", "the browser sends no third-party cookies here"
				default:
					c.State, c.Why = finding.NotTestable, "this position was not reached in time"
				}
				cells = append(cells, c)
				i++
			}
		}
	}
	return cells
}

func passedControls() []finding.Control {
	return []finding.Control{
		{Name: "idle", Passed: true, Text: "the state does not change by itself"},
		{Name: "legitimate", Passed: true, Text: "the same change made by the user is seen by the oracle"},
		{Name: "broken-session", Passed: true, Text: "without the victim's session nothing changes"},
	}
}

func transferForged() finding.Finding {
	return finding.Finding{
		Weakness: finding.CSRFJSON, Title: "JSON endpoint accepts a forged request sent as plain text",
		Endpoint: at("POST", "/api/transfers", "/api/transfers"), State: finding.Proven, Identity: "alice",
		Why:    "A page of another site sent the transfer as text/plain, which needs no preflight; the bank carried it out with Alice's session cookie.",
		Vector: positions("PrPrPPPPPPPP"),
		Evidence: []finding.Evidence{
			{Kind: "cookie", Source: bank + "/login", Text: "Set-Cookie: session=sha256:9c1f…; Path=/; HttpOnly; Secure; SameSite=None", Reason: "sent"},
			{Kind: "exchange", Source: "exchange 118", Text: "POST /api/transfers with content type text/plain was answered 201 Created"},
		},
		Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: finding.Action{
			Method: "POST", URL: bank + "/api/transfers", Route: "/api/transfers", Encoding: finding.EncodingJSON, Source: "openapi",
			Fields: []finding.Field{{Name: "payee", Type: "string", Value: "mantlet-4c1d", Required: true}, {Name: "amount", Type: "integer", Value: "1"}},
		}, Variants: []finding.Variant{{Name: "JSON sent as text/plain", Encoding: finding.EncodingText, HasEncoding: true}}},
		Proof: &finding.Proof{
			Oracle: "dynamodb", Marker: "mantlet-4c1d", Profile: "third-party cookies allowed", Browser: "Chromium 156.0.7011.0",
			Steps: []finding.Step{
				{Text: "Alice logs in and leaves the bank open."},
				{Text: "She opens the attacker's page, which sends the request below.", Request: "POST /api/transfers HTTP/1.1\nHost: bank.example.localhost:8000\nOrigin: https://attacker.test\nSec-Fetch-Site: cross-site\nContent-Type: text/plain\nCookie: session=[redacted]\n\n{\"payee\": \"mantlet-4c1d\", \"amount\": 1}", Answer: "HTTP/1.1 201 Created\nContent-Type: application/json"},
				{Text: "The transfers of Alice are read again."},
			},
			Changes: []finding.Change{
				{Where: "dynamodb transfers[alice] payee=mantlet-4c1d", After: "amount 1, made 2026-11-21T12:00:19Z"},
				{Where: "dynamodb users[alice].balance", Before: "1000000", After: "999999"},
			},
			Controls: passedControls(),
			Attempts: []finding.Attempt{
				{Variant: "as the application sends it", By: "browser", Status: 0, Why: "the browser asked first (preflight) and was refused"},
				{Variant: "JSON sent as text/plain", Accepted: true, By: "browser", Status: 201, Why: "the balance changed"},
				{Variant: "JSON without a content type", Accepted: true, By: "replay", Status: 201, Why: "the balance changed"},
				{Variant: "urlencoded form", By: "replay", Status: 422, Why: "nothing changed"},
			},
			At: noon.Add(19 * time.Second),
		},
	}
}

func emailForged() finding.Finding {
	return finding.Finding{
		Weakness: finding.CSRF, Title: "E-mail address can be changed by another site",
		Endpoint: at("POST", "/profile/email", "/profile/email"), State: finding.Proven, Identity: "alice",
		Why:    "The form has no token, and the request is carried out whatever page it comes from.",
		Vector: positions("PPPPPPPP"),
		Plan:   &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: finding.Action{Method: "POST", URL: bank + "/profile/email", Route: "/profile/email", Encoding: finding.EncodingURL, Source: "form"}},
		Proof: &finding.Proof{
			Oracle: "http", Marker: "mantlet-77ab@attacker.test", Profile: "third-party cookies allowed", Browser: "Chromium 156.0.7011.0",
			Steps:    []finding.Step{{Text: "The attacker's page submits a form to /profile/email by itself.", Request: "POST /profile/email HTTP/1.1\nOrigin: https://attacker.test\nContent-Type: application/x-www-form-urlencoded\n\nemail=mantlet-77ab%40attacker.test", Answer: "HTTP/1.1 303 See Other"}},
			Changes:  []finding.Change{{Where: "GET /api/me $.email", Before: "alice@bank.example", After: "mantlet-77ab@attacker.test"}},
			Controls: passedControls(),
			Attempts: []finding.Attempt{{Variant: "as the application sends it", Accepted: true, By: "browser", Status: 303, Why: "the address changed"}},
			At:       noon.Add(22 * time.Second),
		},
	}
}

func deleteClicked(t testing.TB) finding.Finding {
	return finding.Finding{
		Weakness: finding.Clickjacking, Title: "A click on a disguised page deletes a payee",
		Endpoint: at("GET", "/payees/{id}/delete", "/payees/alice-electric/delete"), State: finding.Proven, Identity: "alice",
		Routes: []finding.Endpoint{at("GET", "/payees/{id}/edit", "/payees/alice-electric/edit"), at("GET", "/cards/{id}", "/cards/1")},
		Why:    "The page may be framed by any site, Alice is logged in inside the frame, and one click on the decoy deleted a payee.",
		Vector: positions("PrPrPPPP"),
		Evidence: []finding.Evidence{
			{Kind: "header", Source: bank + "/payees/alice-electric/delete", Text: "neither Content-Security-Policy with frame-ancestors nor X-Frame-Options", Reason: "no-framing-policy"},
		},
		Plan: &finding.Plan{Kind: finding.PlanFrame, Victim: "alice", Action: finding.Action{Method: "POST", URL: bank + "/payees/alice-electric/delete", Route: "/payees/{id}/delete", Source: "form"},
			Clicks: []finding.Click{{Page: bank + "/payees/alice-electric/delete", Selector: "#confirm", Label: "Delete payee"}}},
		Proof: &finding.Proof{
			Oracle: "http", Profile: "third-party cookies allowed", Browser: "Chromium 156.0.7011.0", Disguise: "opacity",
			Steps: []finding.Step{
				{Text: "The attacker's page shows a button “Claim your prize”; the bank's page lies above it, invisible."},
				{Text: "A real mouse click is sent to the top page at the button."},
			},
			Changes:  []finding.Change{{Where: "GET /api/payees $[?name=='Electric company']", Before: "DE02 1203 0000 0000 2020 51", After: ""}},
			Controls: passedControls(),
			Files: []finding.File{
				shot(t, "screenshot-victim", "What Alice sees: a prize and a button", false),
				shot(t, "screenshot-revealed", "The same page with the frame made visible", true),
				{Kind: "proof-html", Text: "The attacker's page as one file", Data: []byte("<!doctype html><title>proof</title><p>Decoy</p>")},
			},
			At: noon.Add(31 * time.Second),
		},
	}
}

func cookieLax() finding.Finding {
	return finding.Finding{
		Weakness: finding.CookieSameSite, Title: "Session cookie is sent with requests of every site", Endpoint: at("POST", "/login", "/login"), State: finding.Suspected,
		Why:      "The cookie says SameSite=None, and no page of this site needs to be embedded elsewhere.",
		Evidence: []finding.Evidence{{Kind: "cookie", Source: bank + "/login", Text: "Set-Cookie: session=sha256:9c1f…; Path=/; HttpOnly; Secure; SameSite=None"}},
	}
}

func pagesFramable() finding.Finding {
	routes := []finding.Endpoint{at("GET", "/statements", "/statements"), at("GET", "/help", "/help"), at("GET", "/rates", "/rates"), at("GET", "/branches/{id}", "/branches/3"), at("GET", "/docs", "/docs")}
	return finding.Finding{
		Weakness: finding.FramingAbsent, Title: "Pages do not say who may frame them", Endpoint: at("GET", "/", "/"), Routes: routes, State: finding.Suspected,
		Why: "Neither header is sent; nothing on these pages could be clicked to a change of state.",
	}
}

func limitUntested() finding.Finding {
	return finding.Finding{
		Weakness: finding.CSRF, Title: "Card limit may be changed by another site", Endpoint: at("POST", "/cards/{id}/limit", "/cards/1/limit"), State: finding.NotTestable, Identity: "bob",
		Why: "The request has no token, but no page and no table shows the limit, so its change cannot be re-read.",
	}
}

func passwordHeld() finding.Finding {
	attempts := []finding.Attempt{}
	for _, name := range []string{"token absent", "token empty", "token wrong", "token of another session", "token of before login", "Origin of another site"} {
		attempts = append(attempts, finding.Attempt{Variant: name, By: "replay", Status: 403, Why: "nothing changed"})
	}
	return finding.Finding{
		Weakness: finding.CSRF, Title: "Password change", Endpoint: at("POST", "/password", "/password"), State: finding.Refuted, Identity: "alice",
		Why:   "Every forgery was refused and the password still works.",
		Proof: &finding.Proof{Oracle: "http", Steps: []finding.Step{}, Controls: passedControls(), Attempts: attempts, At: noon.Add(35 * time.Second)},
	}
}

func settingsHeld(t testing.TB) finding.Finding {
	return finding.Finding{
		Weakness: finding.Clickjacking, Title: "Settings page in a frame", Endpoint: at("GET", "/settings", "/settings"), State: finding.Refuted, Identity: "alice",
		Why:   "The browser refused to show the page in a frame of any other origin.",
		Proof: &finding.Proof{Oracle: "http", Controls: passedControls(), Steps: []finding.Step{{Text: "The page was framed from three origins; each frame stayed empty."}}, At: noon.Add(38 * time.Second)},
	}
}

func sampleMutations() []finding.Mutation {
	return []finding.Mutation{
		{Endpoint: at("POST", "/api/transfers", "/api/transfers"), Purpose: "forged request", Note: "a booked transfer cannot be taken back by the customer; remove transfer mantlet-4c1d by hand",
			Changes: []finding.Change{{Where: "dynamodb users[alice].balance", Before: "1000000", After: "999999"}}, At: noon.Add(19 * time.Second)},
		{Endpoint: at("POST", "/profile/email", "/profile/email"), Purpose: "forged request", Undone: true, Note: "the former address was written back through the same form", At: noon.Add(23 * time.Second)},
		{Endpoint: at("POST", "/payees/{id}/delete", "/payees/alice-electric/delete"), Purpose: "forged request", Undone: true, Note: "the payee was entered again", At: noon.Add(32 * time.Second)},
	}
}

// shot draws a screenshot: a page with a decoy button, and with the framed page
// shining through if revealed.
func shot(t testing.TB, kind, text string, revealed bool) finding.File {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 400))
	fill := func(x0, y0, x1, y1 int, c color.Color) {
		draw.Draw(img, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Over)
	}
	fill(0, 0, 640, 400, color.RGBA{255, 248, 220, 255})
	fill(0, 0, 640, 60, color.RGBA{214, 90, 49, 255})
	for y := 90; y < 200; y += 26 {
		fill(60, y, 580-(y*7)%150, y+10, color.RGBA{120, 110, 90, 255})
	}
	fill(220, 260, 420, 320, color.RGBA{46, 139, 87, 255})
	if revealed {
		fill(30, 70, 610, 390, color.NRGBA{40, 70, 160, 90})
		fill(220, 260, 420, 320, color.NRGBA{190, 20, 40, 150})
	}
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data.Bytes())
	return finding.File{Kind: kind, Text: text, Data: data.Bytes(), SHA256: hex.EncodeToString(sum[:])}
}
