package lab

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// eachWhole is eachVariant for the shops that have more than a front, with bob
// and carol logged in too.
func eachWhole(t *testing.T, test func(t *testing.T, shop *Instance, alice, bob, carol *visitor)) {
	eachVariant(t, func(t *testing.T, shop *Instance, alice *visitor) {
		if shop.Variant != "lax" {
			test(t, shop, alice, loggedIn(t, shop, shop.Identities[1]), loggedIn(t, shop, shop.Identities[2]))
		}
	})
}

// held is settle for rows that have to be there.
func held(t *testing.T, shop *Instance, endpoint, weakness string, happened bool) {
	t.Helper()
	for _, row := range shop.Truth {
		if row.Endpoint == endpoint && row.Weakness == weakness {
			settle(t, shop, endpoint, weakness, happened)
			return
		}
	}
	t.Errorf("the truth has no row for %s %s", endpoint, weakness)
}

// script sends JSON as the pages' scripts do.
func (v *visitor) script(method, path, body string) answer {
	v.t.Helper()
	headers := v.own("application/json")
	headers["X-Requested-With"] = "shop"
	maps.Copy(headers, extras(v.get("/wishes")))
	return v.send(method, path, body, headers)
}

// replay sends a form of one's own page to another path: what somebody does who
// changes a number in the developer tools.
func (v *visitor) replay(page, path, to string, changed ...string) answer {
	v.t.Helper()
	shown := v.get(page)
	_, fields := v.form(shown, path)
	for i := 0; i < len(changed); i += 2 {
		fields.Set(changed[i], changed[i+1])
	}
	headers := v.own(urlencoded)
	maps.Copy(headers, extras(shown))
	return v.send("POST", to, fields.Encode(), headers)
}

func TestObjectsAreMadeChangedAndDeleted(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		state := shop.Embedded.State
		before := len(state())
		for _, o := range []struct{ list, field, value string }{
			{"/addresses", "street", "1 New Street"}, {"/drafts", "text", "a new draft"}, {"/reviews", "text", "a new review"},
		} {
			at := alice.submit(o.list, o.list, o.field, o.value).header.Get("Location")
			if !strings.Contains(alice.get(o.list).body, o.value) || !strings.Contains(alice.get(at).body, o.value) {
				t.Errorf("the new thing of %s is not shown at %s", o.list, at)
			}
			if o.list != "/reviews" {
				alice.submit(at, at, o.field, "changed "+o.value)
				if !strings.Contains(alice.get(at).body, "changed "+o.value) {
					t.Errorf("%s was not changed", at)
				}
			}
			alice.submit(at, at+"/delete")
			if got := alice.get(at).status; got != http.StatusNotFound {
				t.Errorf("%s answers %d after it was deleted", at, got)
			}
		}
		at := alice.submit("/receipts", "/receipts", "item", "a receipt").header.Get("Location")
		alice.submit(at, "/receipts/refund", "refund", "too blue")
		if !strings.Contains(alice.get(at).body, "too blue") {
			t.Error("the refund is not shown")
		}
		alice.submit(at, "/receipts/delete")
		at = alice.script("POST", "/api/parcels", `{"contents":"nibs","note":""}`).header.Get("Location")
		alice.script("PUT", at, `{"contents":"fine nibs","note":"soon"}`)
		if got := alice.get(at).body; !strings.Contains(got, "fine nibs") || !strings.Contains(alice.get("/api/parcels").body, "fine nibs") {
			t.Errorf("the parcel is %s", got)
		}
		if got := alice.script("DELETE", at, "").status; got != http.StatusNoContent {
			t.Errorf("cancelling a parcel answers %d", got)
		}
		if after := len(state()); after != before {
			t.Errorf("%d facts are left of %d", after, before)
		}
		alice.submit("/statements/6001", "/statements/6001/remark", "remark", "checked")
		if state()["alice.statements.6001.remark"] != "checked" {
			t.Error("the remark was not kept")
		}
	})
}

func TestWhoReachesTheObjectsOfOthers(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, bob, _ *visitor) {
		state := shop.Embedded.State
		reads := func(endpoint, path, private string) {
			held(t, shop, endpoint, "bola-read", strings.Contains(bob.get(path).body, private))
			if !strings.Contains(alice.get(path).body, private) {
				t.Errorf("%s does not show its owner %q", path, private)
			}
		}
		reads("GET /addresses/{id}", "/addresses/1001", "12 Lindenhof Lane")
		reads("GET /parcels/{id}", "/parcels/2001", "Penhallow")
		reads("GET /api/parcels/{id}", "/api/parcels/2001", "Penhallow")
		reads("GET /receipt", "/receipt?number=3001", "ordered by Alice")
		reads("GET /drafts/{id}", "/drafts/4001", "Lindenhof")
		reads("GET /statements/{id}/print", "/statements/6001/print", "40-11-7731")
		for path, public := range map[string]string{"/reviews/5001": "takes every ink", "/products/9001": "Laid", "/reviews": "takes every ink"} {
			if !strings.Contains(bob.get(path).body, public) {
				t.Errorf("%s is public and does not show %q", path, public)
			}
		}
		for endpoint, paths := range map[string][2]string{
			"GET /api/parcels/{id}": {"/api/parcels/2001", "/api/parcels/2999"}, "GET /drafts/{id}": {"/drafts/4001", "/drafts/4999"},
		} {
			foreign, missing := bob.get(paths[0]), bob.get(paths[1])
			held(t, shop, endpoint, "bola-existence", foreign.status != missing.status || foreign.body != missing.body)
		}

		writes := func(endpoint, where, wanted string) {
			held(t, shop, endpoint, "bola-write", state()[where] == wanted)
		}
		bob.replay("/addresses/1003", "/addresses/1003", "/addresses/1001", "street", "taken over")
		writes("POST /addresses/{id}", "alice.addresses.1001.street", "taken over")
		bob.replay("/receipt?number=3002", "/receipts/refund", "/receipts/refund", "number", "3001", "refund", "for bob")
		writes("POST /receipts/refund", "alice.receipts.3001.refund", "for bob")
		bob.replay("/drafts/4002", "/drafts/4002", "/drafts/4001", "text", "taken over")
		writes("POST /drafts/{id}", "alice.drafts.4001.text", "taken over")
		bob.script("PUT", "/api/parcels/2001", `{"contents":"taken over","note":"x"}`)
		writes("PUT /api/parcels/{id}", "alice.parcels.2001.contents", "taken over")
		bob.script("DELETE", "/api/parcels/2001", "")
		writes("DELETE /api/parcels/{id}", "alice.parcels.2001.contents", "")
		bob.replay("/addresses/1003", "/addresses/1003/delete", "/addresses/1002/delete")
		writes("POST /addresses/{id}/delete", "alice.addresses.1002.street", "")
		bob.replay("/receipt?number=3002", "/receipts/delete", "/receipts/delete", "number", "3001")
		writes("POST /receipts/delete", "alice.receipts.3001.item", "")
		bob.replay("/drafts/4002", "/drafts/4002/delete", "/drafts/4001/delete")
		writes("POST /drafts/{id}/delete", "alice.drafts.4001.text", "")
		bob.replay("/reviews/5002", "/reviews/5002/delete", "/reviews/5001/delete")
		writes("POST /reviews/{id}/delete", "alice.reviews.5001.text", "")
	})
}

func TestWhatIsDoneWithoutASession(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		nobody, made := visit(t, shop), visit(t, shop)
		for name := range alice.cookies {
			made.cookies[name] = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
		}
		for endpoint, path := range map[string]string{
			"GET /statements/{id}": "/statements/6001", "GET /statements/{id}/copy": "/statements/6001/copy", "GET /statements/{id}/print": "/statements/6001/print",
		} {
			happened := strings.Contains(nobody.get(path).body, "40-11-7731") || strings.Contains(made.get(path).body, "40-11-7731")
			held(t, shop, endpoint, "auth-missing", happened)
		}
		if strings.Contains(nobody.get("/statements/6001/copy").body, "40-11-7731") {
			t.Error("the copy is there without any cookie")
		}
		nobody.send("POST", "/statements/6001/remark", url.Values{"remark": {"by nobody"}}.Encode(), nobody.own(urlencoded))
		held(t, shop, "POST /statements/{id}/remark", "auth-missing", shop.Embedded.State()["alice.statements.6001.remark"] == "by nobody")
		held(t, shop, "GET /products/{id}", "auth-missing", false)
		held(t, shop, "GET /api/loyalty", "auth-missing", nobody.get("/api/loyalty").status == http.StatusOK)
		for _, path := range []string{"/addresses", "/backoffice", "/club", "/api/profile", "/api/parcels", "/live", "/connect", "/desk/card", "/reviews"} {
			if got := nobody.get(path).status; got != http.StatusSeeOther && got != http.StatusUnauthorized {
				t.Errorf("%s answers %d without a session", path, got)
			}
		}
	})
}
