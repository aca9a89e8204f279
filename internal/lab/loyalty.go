package lab

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"
)

// A pass is a JSON Web Token that the loyalty interface takes instead of a cookie.
type pass struct {
	Subject string `json:"sub"`
	Expires int64  `json:"exp"`
}

// lastYearsPass expired before this program was written.
var lastYearsPass = time.Date(2024, time.December, 31, 0, 0, 0, 0, time.UTC)

// A passCheck says what of a pass is looked at.
type passCheck struct{ signature, expiry bool }

// loyalty is an interface with bearer tokens only.
func (a *App) loyalty(mux *http.ServeMux) {
	f := a.variant.flaws
	a.looking(mux, "GET /loyalty", "main", a.loyaltyPage)
	a.looking(mux, "GET /api/passes", "main", a.passes)
	a.bearing(mux, "GET /api/loyalty", passCheck{signature: !f.passesUnsigned, expiry: true}, a.loyaltyPoints)
	a.bearing(mux, "GET /api/loyalty/history", passCheck{signature: true, expiry: !f.passesForever}, a.loyaltyPoints)
	a.bearing(mux, "GET /api/loyalty/card", passCheck{signature: true, expiry: true}, a.loyaltyPoints)
	a.bearing(mux, "PUT /api/loyalty/gift", passCheck{signature: true, expiry: true}, a.chooseGift)
}

// issue signs a pass with HS256 (RFC 7515, appendix A.1).
func (a *App) issue(user string, expires time.Time) string {
	claims, _ := json.Marshal(pass{user, expires.Unix()}) // a struct of a string and a number always encodes
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	return text + "." + a.signPass(text)
}

func (a *App) signPass(text string) string {
	mac := hmac.New(sha256.New, a.passKey)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// holder is whose pass it is, empty if the pass is worth nothing.
func (a *App) holder(token string, c passCheck) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || c.signature && !same(a.signPass(parts[0]+"."+parts[1]), parts[2]) {
		return ""
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	var p pass
	if err != nil || json.Unmarshal(claims, &p) != nil || c.expiry && time.Now().Unix() >= p.Expires {
		return ""
	}
	if _, known := people[p.Subject]; !known {
		return ""
	}
	return p.Subject
}

// bearing serves whoever brings a pass. Cookies count for nothing.
func (a *App) bearing(mux *http.ServeMux, endpoint string, c passCheck, next func(w http.ResponseWriter, r *http.Request, user string)) {
	mux.HandleFunc(endpoint, func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		user := a.holder(token, c)
		if user == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "a valid pass is needed"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next(w, r, user)
	})
}

// passes lists a customer's passes: the present one and last year's.
func (a *App) passes(w http.ResponseWriter, _ *http.Request, s *session) {
	writeJSON(w, http.StatusOK, map[string]any{
		"token": a.issue(s.user, time.Now().Add(15*time.Minute)),
		"past":  []map[string]string{{"year": "2024", "token": a.issue(s.user, lastYearsPass)}},
	})
}

func (a *App) loyaltyPoints(w http.ResponseWriter, _ *http.Request, user string) {
	now := a.shop.settings(user)
	writeJSON(w, http.StatusOK, map[string]string{"customer": user, "email": now["email"], "gift": now["loyalty_gift"]})
}

func (a *App) chooseGift(w http.ResponseWriter, r *http.Request, user string) {
	var sent struct{ Gift string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent.Gift == "" {
		writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": "gift is missing"})
		return
	}
	a.shop.set(user, "loyalty_gift", sent.Gift)
	writeJSON(w, http.StatusOK, map[string]string{"gift": sent.Gift})
}

const loyaltyScript = `
const shown = document.querySelector("dd");
async function load() {
  const { token } = await (await fetch("/api/passes")).json();
  KEEP
  const headers = { Authorization: "Bearer " + token };
  for (const path of ["/api/loyalty", "/api/loyalty/history", "/api/loyalty/card"]) {
    shown.textContent = (await (await fetch(path, { headers })).json()).gift;
  }
  document.querySelector("form").addEventListener("submit", async event => {
    event.preventDefault();
    const gift = event.target.elements.gift.value;
    const answer = await fetch("/api/loyalty/gift", {
      method: "PUT",
      headers: { "Content-Type": "application/json", Authorization: "Bearer " + token },
      body: JSON.stringify({ gift: gift }),
    });
    event.target.querySelector("output").textContent = answer.ok ? "Saved." : "Not saved.";
  });
}
load();`

func (a *App) loyaltyPage(w http.ResponseWriter, _ *http.Request, s *session) {
	keep := ""
	if a.variant.flaws.passStored {
		keep = `localStorage.setItem("loyalty_pass", token);`
	}
	a.show(w, http.StatusOK, s, page{
		Title: "Loyalty", Facts: []fact{{"Gift", ""}},
		Forms: []form{{Endpoint: "PUT /api/loyalty/gift", Title: "Choose your gift", Button: "Choose", ByScript: true,
			Fields: []field{{"gift", "Gift", a.shop.settings(s.user)["loyalty_gift"], "text"}}}},
		Script: template.JS(strings.Replace(loyaltyScript, "KEEP", keep, 1)),
	})
}
