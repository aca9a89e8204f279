package lab

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var variants = append([]string{"weak", "repaired", "lax"}, Protected()...)

// eachVariant runs a test on a fresh shop of every variant, with alice logged in.
func eachVariant(t *testing.T, test func(t *testing.T, shop *Instance, alice *visitor)) {
	for _, name := range variants {
		t.Run(name, func(t *testing.T) {
			shop, err := StartEmbedded(name)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := shop.Stop(); err != nil {
					t.Error(err)
				}
			})
			test(t, shop, loggedIn(t, shop, shop.Identities[0]))
		})
	}
}

// settle holds what happened against the truth.
func settle(t *testing.T, shop *Instance, endpoint, weakness string, happened bool) {
	t.Helper()
	for _, row := range shop.Truth {
		if row.Endpoint == endpoint && row.Weakness == weakness {
			if happened != (row.Truth == Vulnerable) {
				t.Errorf("%s %s is %s, and trying it worked: %v", endpoint, weakness, row.Truth, happened)
			}
			return
		}
	}
}

func TestTheShopDoesItsBusiness(t *testing.T) {
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		state := shop.Embedded.State
		for _, s := range settings {
			alice.submit(s.page, strings.TrimPrefix(s.endpoint, "POST "), s.name, "new "+s.name)
			if got := state()["alice."+s.name]; got != "new "+s.name {
				t.Errorf("%s is %q", s.name, got)
			}
			if !strings.Contains(alice.get(s.page).body, "new "+s.name) {
				t.Errorf("%s does not show the new %s", s.page, s.name)
			}
		}
		alice.submit("/order", "/order", "item", "Nibs", "quantity", "3", "note", "fine ones")
		if got := state()["alice.orders.2"]; got != "3 × Nibs (fine ones)" {
			t.Errorf("order is %q", got)
		}
		alice.submit("/notes", "/notes", "text", "a fresh note")
		if !strings.Contains(alice.get("/search?q=fresh").body, "a fresh note") {
			t.Error("the new note is not found")
		}
		alice.get("/notes/alice-ink/delete")
		if state()["alice.notes.alice-ink"] == "" {
			t.Error("looking at the question deleted the note")
		}
		alice.submit("/notes/alice-ink/delete", "/notes/alice-ink/delete")
		if got, left := state()["alice.notes.alice-ink"]; left {
			t.Errorf("the note %q is still there", got)
		}
		if got := alice.get("/notes/bob-ink/delete").status; got != http.StatusNotFound {
			t.Errorf("somebody else's note answers %d", got)
		}
		alice.press(alice.submit("/membership", "/membership/review"), "/membership/confirm")
		if got := state()["alice.membership"]; got != "on" {
			t.Errorf("membership is %q after both steps", got)
		}
		if got := alice.submit("/account", "/logout").status; got != http.StatusSeeOther || len(alice.cookies) != 0 {
			t.Errorf("logout answers %d and leaves %v", got, alice.cookies)
		}
	})
}

func TestEachLeafsButtonGoesBothWays(t *testing.T) {
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		for _, l := range brochure {
			for _, wanted := range []string{"on", "off"} {
				shown := alice.get(l.path)
				for range 2 { // the same button twice is the same as once
					if got := alice.press(shown, l.path).status; got != http.StatusSeeOther {
						t.Errorf("%s answers %d", l.path, got)
					}
					if got := shop.Embedded.State()["alice."+l.setting]; got != wanted {
						t.Errorf("%s is %q, not %q", l.setting, got, wanted)
					}
				}
				if !strings.Contains(alice.get(l.path).body, "<dt>"+l.label+"</dt><dd>"+wanted+"</dd>") {
					t.Errorf("%s does not show that it is %s", l.path, wanted)
				}
			}
		}
	})
}

func TestScriptsSaveInJSON(t *testing.T) {
	headersPattern := regexp.MustCompile(`data-endpoint="([^"]*)" data-headers="([^"]*)"`)
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		sends := headersPattern.FindAllStringSubmatch(alice.get("/wishes").body, -1)
		if len(sends) != len(scripted) {
			t.Fatalf("found %d scripted forms, not %d", len(sends), len(scripted))
		}
		for i, s := range scripted {
			headers := alice.own("application/json")
			var extra map[string]string
			if err := json.Unmarshal([]byte(strings.ReplaceAll(sends[i][2], "&#34;", `"`)), &extra); err != nil {
				t.Fatal(err)
			}
			maps.Copy(headers, extra)
			alice.send("POST", sends[i][1], `{"`+s.name+`":"by script"}`, headers)
			if got := shop.Embedded.State()["alice."+s.name]; got != "by script" {
				t.Errorf("%s is %q", s.name, got)
			}
		}
	})
}

func TestWhatForgedRequestsReach(t *testing.T) {
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		state := shop.Embedded.State
		for _, s := range settings {
			path := strings.TrimPrefix(s.endpoint, "POST ")
			alice.forge(path, s.name, "forged")
			happened := state()["alice."+s.name] == "forged"
			settle(t, shop, s.endpoint, "csrf", happened)
			// The visitor here sends Lax cookies too, as a sibling's page would.
			settle(t, shop, s.endpoint, "csrf-samesite-only", happened)
		}
		for _, l := range brochure {
			before := state()["alice."+l.setting]
			alice.forge(l.path, l.setting, opposite(before))
			happened := state()["alice."+l.setting] != before
			settle(t, shop, "POST "+l.path, "csrf", happened)
			settle(t, shop, "POST "+l.path, "csrf-samesite-only", happened)
		}
		for _, s := range scripted {
			for _, kind := range []string{"text/plain", urlencoded, ""} {
				alice.send("POST", strings.TrimPrefix(s.endpoint, "POST "), `{"`+s.name+`":"forged `+kind+`"}`, foreign(kind))
				happened := state()["alice."+s.name] == "forged "+kind
				settle(t, shop, s.endpoint, "csrf-json", happened)
				settle(t, shop, s.endpoint, "csrf-samesite-only", happened)
			}
		}
		alice.forge("/order", "item", "Glue", "quantity", "9", "note", "forged")
		settle(t, shop, "POST /order", "csrf", state()["alice.orders.2"] != "")
		alice.forge("/notes", "text", "forged")
		forged := false
		for _, text := range state() {
			forged = forged || text == "forged" && strings.Contains(text, "note")
		}
		settle(t, shop, "POST /notes", "csrf", forged)
		alice.forge("/notes/alice-card/delete")
		_, left := state()["alice.notes.alice-card"]
		settle(t, shop, "POST /notes/{id}/delete", "csrf", !left)
		alice.send("GET", "/currency?set=forged+link", "", foreign(""))
		settle(t, shop, "GET /currency", "csrf-get", state()["alice.currency"] == "forged link")
	})
}

func TestWhatTokensAreWorth(t *testing.T) {
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		state := shop.Embedded.State
		bob := loggedIn(t, shop, shop.Identities[1])
		for path, try := range map[string]struct{ page, field, weakness string }{
			"/account/address": {"/account", "address", "csrf-token-unbound"},
			"/account/name":    {"/account", "name", "csrf-token-constant"},
			"/notes":           {"/notes", "text", "csrf-token-constant"},
		} {
			_, fields := bob.form(bob.get(try.page), path)
			before := len(state())
			fields.Set(try.field, "with bob's token")
			alice.send("POST", path, fields.Encode(), alice.own(urlencoded))
			happened := state()["alice."+try.field] == "with bob's token" || len(state()) != before
			// Where there is no token, bob's is none either, and the request is alice's own.
			if slices.Contains([]string{"weak", "repaired", "token", "double-submit"}, shop.Variant) {
				settle(t, shop, "POST "+path, try.weakness, happened)
			}
		}
		action, _ := alice.form(alice.get("/account"), "/account/delivery")
		settle(t, shop, "POST /account/delivery", "csrf-token-in-url", strings.Contains(action, "token"))
		for path, field := range map[string]string{"/account/phone": "phone", "/paper": "paper"} {
			for _, origin := range []string{"", "null", shop.URL + ".elsewhere.example"} {
				headers := map[string]string{"Content-Type": urlencoded, "Origin": origin}
				if origin == "" {
					if shop.Variant == "standard-library" {
						continue // takes what says nothing for no browser, and no browser says nothing
					}
					delete(headers, "Origin")
				}
				alice.send("POST", path, url.Values{field: {"from " + origin}}.Encode(), headers)
				settle(t, shop, "POST "+path, "csrf-origin-check", state()["alice."+field] == "from "+origin)
			}
		}
		stranger, i := visit(t, shop), shop.Identities[1]
		stranger.forge("/login", "username", i.Username, "password", i.Password)
		settle(t, shop, "POST /login", "csrf-login", stranger.get("/api/me").status == http.StatusOK)
	})
}

func TestCookiesAreAsTheTruthSays(t *testing.T) {
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		flaws := map[string]bool{}
		for _, c := range alice.set {
			flaws["cookie-samesite"] = flaws["cookie-samesite"] || c.SameSite == http.SameSiteNoneMode
			flaws["cookie-httponly"] = flaws["cookie-httponly"] || !c.HttpOnly
			flaws["cookie-secure"] = flaws["cookie-secure"] || !c.Secure
		}
		for _, weakness := range []string{"cookie-samesite", "cookie-httponly", "cookie-secure"} {
			settle(t, shop, "POST /login", weakness, flaws[weakness])
		}
	})
}

func TestFramingIsAsTheTruthSays(t *testing.T) {
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		framable := map[string]bool{}
		for _, row := range shop.Truth {
			if strings.HasPrefix(row.Endpoint, "GET ") && (row.Weakness == "clickjacking" || strings.HasPrefix(row.Weakness, "framing")) {
				framable[row.Endpoint] = framable[row.Endpoint] || row.Truth == Vulnerable
			}
		}
		for endpoint, weak := range framable {
			path := strings.NewReplacer("GET ", "", "{id}", "alice-ink", "{unknown}", "nowhere").Replace(endpoint)
			header := alice.get(path).header
			policy := header.Get(csp)
			sound := strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "frame-ancestors 'self'") || strings.Contains(policy, "https://partner.example")
			if !strings.Contains(policy, "frame-ancestors") {
				sound = header.Get(xfo) == "DENY" || header.Get(xfo) == "SAMEORIGIN"
			}
			if sound == weak {
				t.Errorf("%s: framing policy %q, and the truth says weak: %v", endpoint, policy, weak)
			}
		}
	})
}

func TestEveryTruthRowNamesAnEndpointThereIs(t *testing.T) {
	eachVariant(t, func(t *testing.T, shop *Instance, _ *visitor) {
		if len(shop.Truth) == 0 {
			t.Fatal("no truth")
		}
		mux := shop.Embedded.routes().(*http.ServeMux)
		for _, row := range shop.Truth {
			method, path, _ := strings.Cut(row.Endpoint, " ")
			if path == "/{unknown}" {
				continue
			}
			r, err := http.NewRequest(method, strings.ReplaceAll(path, "{id}", "1"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, pattern := mux.Handler(r); pattern != row.Endpoint {
				t.Errorf("%s is served by %q", row.Endpoint, pattern)
			}
		}
	})
}

func TestLookingChangesNothing(t *testing.T) {
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		before := shop.Embedded.State()
		for _, path := range []string{"/", "/login", "/about", "/widget", "/notes", "/search?q=a", "/order", "/orders", "/account", "/paper",
			"/currency", "/newsletter", "/membership", "/wishes", "/api/me", "/invoices", "/history", "/stamp.svg"} {
			if got := alice.get(path).status; got != http.StatusOK {
				t.Errorf("%s answers %d", path, got)
			}
		}
		if after := shop.Embedded.State(); !maps.Equal(before, after) {
			t.Errorf("state was %v, is %v", before, after)
		}
	})
}

func TestAnUnknownVariantAndAnOpenAddressAreRefused(t *testing.T) {
	if _, err := StartEmbedded("strong"); err == nil {
		t.Error("there is no variant called strong")
	}
	if _, err := StartEmbeddedAt("weak", "0.0.0.0:0"); err == nil {
		t.Error("a weak shop listens on all addresses")
	}
}
