package lab

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestWhoReachesTheBackOffice(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, carol *visitor) {
		state := shop.Embedded.State
		for _, path := range []string{"/backoffice", "/backoffice/customers", "/backoffice/notices", "/backoffice/opening", "/api/backoffice/stock"} {
			if got := carol.get(path).status; got != http.StatusOK {
				t.Errorf("%s answers the staff %d", path, got)
			}
			held(t, shop, "GET "+path, "auth-function", alice.get(path).status == http.StatusOK)
		}
		carol.submit("/backoffice/notices", "/backoffice/banner", "banner", "Closed on Friday")
		if !strings.Contains(alice.get("/products").body, "Closed on Friday") {
			t.Error("the banner is not shown")
		}
		// Alice's token is one she has from a page of her own.
		_, fields := alice.form(alice.get("/order?"), "/order")
		if token := alice.get("/newsletter").body; strings.Contains(token, "csrf_token") {
			_, fields = alice.form(alice.get("/newsletter"), "/newsletter")
		}
		for name, wanted := range map[string]string{"banner": "hers", "discount": "half", "opening": "closed"} {
			fields.Set(name, wanted)
			alice.send("POST", "/backoffice/"+name, fields.Encode(), alice.own(urlencoded))
			held(t, shop, "POST /backoffice/"+name, "auth-function", state()["shop."+name] == wanted)
		}
		for _, method := range []string{"POST", "PUT"} {
			alice.script(method, "/api/backoffice/stock", `{"stock":"by `+method+`"}`)
			held(t, shop, method+" /api/backoffice/stock", "auth-function", state()["shop.stock"] == "by "+method)
			carol.script(method, "/api/backoffice/stock", `{"stock":"carol's `+method+`"}`)
			if got := state()["shop.stock"]; got != "carol's "+method {
				t.Errorf("stock is %q after the staff's %s", got, method)
			}
		}
	})
}

func TestWhichPropertiesAreWritten(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		role := func() string { return shop.Embedded.State()["alice.record.role"] }
		for _, path := range []string{"/api/profile", "/api/motto"} {
			alice.script("POST", path, `{"motto":"by `+path+`","role":"admin by `+path+`","credit":1000}`)
			if got := shop.Embedded.State()["alice.record.motto"]; got != "by "+path {
				t.Errorf("the motto is %q", got)
			}
			held(t, shop, "POST "+path, "property-assignment", role() == "admin by "+path)
		}
		alice.submit("/club", "/club/profile", "nickname", "A.", "role", "steward")
		if !strings.Contains(alice.get("/club").body, "A.") {
			t.Error("the nickname is not shown")
		}
		held(t, shop, "POST /club/profile", "property-assignment", role() == "steward")
	})
}

func TestWhichPropertiesAreShown(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		held(t, shop, "GET /api/card", "property-excess", strings.Contains(alice.get("/api/card").body, "password_hash"))
		held(t, shop, "GET /api/directory", "property-excess", strings.Contains(alice.get("/api/directory").body, "bob@"))
		held(t, shop, "GET /api/profile", "property-excess", strings.Contains(alice.get("/api/profile").body, "password_hash"))
		if !strings.Contains(alice.get("/api/directory").body, "bob of the paper club") {
			t.Error("the directory lists no nicknames")
		}
	})
}

func TestSessionsThatShouldNotBe(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, bob, _ *visitor) {
		main := shop.Embedded.variant.cookies["main"].Name
		planted := visit(t, shop)
		planted.cookies[main] = "CHOSENBYSOMEBODYELSE"
		login := planted.get("/login")
		planted.cookies[main] = "CHOSENBYSOMEBODYELSE"
		planted.press(login, "/login", "username", "alice", "password", people["alice"])
		planted.cookies = map[string]string{main: "CHOSENBYSOMEBODYELSE"}
		held(t, shop, "POST /login", "auth-session-fixation", planted.get("/api/me").status == http.StatusOK)
		// Nobody gets into a session that is somebody's.
		bob.send("POST", "/login", "username=bob&password="+people["bob"], bob.own(urlencoded))
		kept := map[string]string{main: alice.cookies[main]}
		alice.submit("/account", "/logout")
		alice.cookies = kept
		held(t, shop, "POST /logout", "auth-session-logout", alice.get("/api/me").status == http.StatusOK)
	})
}

func TestWhichPassesAreTaken(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		var got struct {
			Token string
			Past  []struct{ Token string }
		}
		if err := json.Unmarshal([]byte(alice.get("/api/passes").body), &got); err != nil || got.Token == "" || len(got.Past) == 0 {
			t.Fatalf("passes are %+v: %v", got, err)
		}
		parts := strings.Split(got.Token, ".")
		unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
		nobody := visit(t, shop)
		with := func(path, token string) bool {
			return nobody.send("GET", path, "", map[string]string{"Authorization": "Bearer " + token}).status == http.StatusOK
		}
		for _, path := range []string{"/api/loyalty", "/api/loyalty/history", "/api/loyalty/card"} {
			if !with(path, got.Token) {
				t.Errorf("%s refuses a good pass", path)
			}
			happened := with(path, unsigned) || with(path, parts[0]+"."+parts[1]+".AAAA") || with(path, got.Past[0].Token)
			held(t, shop, "GET "+path, "auth-jwt", happened)
		}
		nobody.send("PUT", "/api/loyalty/gift", `{"gift":"a quill"}`, map[string]string{"Authorization": "Bearer " + unsigned})
		held(t, shop, "PUT /api/loyalty/gift", "auth-jwt", shop.Embedded.State()["alice.loyalty_gift"] == "a quill")
		alice.send("PUT", "/api/loyalty/gift", `{"gift":"a cat"}`, alice.own("application/json"))
		held(t, shop, "PUT /api/loyalty/gift", "csrf", shop.Embedded.State()["alice.loyalty_gift"] == "a cat")
		nobody.send("PUT", "/api/loyalty/gift", `{"gift":"a brush"}`, map[string]string{"Authorization": "Bearer " + got.Token})
		if shop.Embedded.State()["alice.loyalty_gift"] != "a brush" {
			t.Error("a good pass chooses no gift")
		}
		held(t, shop, "GET /loyalty", "auth-token-storage", strings.Contains(alice.get("/loyalty").body, "localStorage.setItem"))
	})
}

func TestChainsReachWhatTheySay(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, bob, _ *visitor) {
		state := shop.Embedded.State
		bob.forge("/backoffice/discount", "discount", "everything free")
		held(t, shop, "POST /backoffice/discount", "chain", state()["shop.discount"] == "everything free")
		alice.forge("/club/profile", "nickname", "A", "role", "admin")
		again := loggedIn(t, shop, shop.Identities[0])
		held(t, shop, "POST /club/profile", "chain", again.get("/backoffice").status == http.StatusOK)
		opening := bob.get("/backoffice/opening")
		held(t, shop, "GET /backoffice/opening", "chain", opening.status == http.StatusOK && opening.header.Get(csp) == "" && opening.header.Get(xfo) == "")
	})
}

// TestForgedRequestsBehindTheFront tries every row about forged requests that the
// other tests do not reach.
func TestForgedRequestsBehindTheFront(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, _, _, carol *visitor) {
		state := shop.Embedded.State
		number := map[string]string{}
		for list, kind := range map[string]string{"/addresses": "addresses", "/receipts": "receipts", "/drafts": "drafts", "/reviews": "reviews"} {
			carol.submit(list, list, "label", "L", "street", "S", "item", "I", "text", "T")
			number[list] = shop.Embedded.shop.belonging(kind, "carol")[0].number
		}
		carol.script("POST", "/api/parcels", `{"contents":"c","note":"n"}`)
		number["/api/parcels"] = shop.Embedded.shop.belonging("parcels", "carol")[0].number
		for _, row := range shop.Truth {
			method, path, _ := strings.Cut(row.Endpoint, " ")
			list, _, templated := strings.Cut(path, "/{id}")
			room := strings.HasPrefix(path, "/api/parcels") || number[list] != "" || strings.HasPrefix(path, "/receipts") ||
				strings.HasPrefix(path, "/backoffice") || strings.HasPrefix(path, "/club")
			if row.Weakness != "csrf" || !room {
				continue
			}
			if templated {
				path = list + "/" + number[list] + strings.TrimPrefix(path, list+"/{id}")
			}
			fields := []string{"label", "forged", "street", "forged", "item", "forged", "refund", "forged", "text", "forged", "number", number["/receipts"],
				"banner", "forged", "discount", "forged", "opening", "forged", "nickname", "forged", "contents", "forged"}
			before := flat(state())
			if method == "POST" && !strings.HasPrefix(path, "/api/") {
				carol.forge(path, fields...)
			} else {
				carol.send(method, path, `{"contents":"forged"}`, foreign("text/plain"))
			}
			held(t, shop, row.Endpoint, "csrf", flat(state()) != before)
		}
	})
}

func flat(state map[string]string) string {
	text, _ := json.Marshal(state) // a map of strings always encodes
	return string(text)
}
