package lab

import (
	"crypto/rand"
	"net/http"
	"path"
	"strings"
)

// A variant is what tells the shops apart. Pages and functions are the same.
type variant struct {
	name string
	// cookies by the kind of session they carry. A kind without a cookie of its
	// own is served by "main".
	cookies map[string]http.Cookie
	// defences by endpoint; what is not named has the ordinary one.
	defences map[string]defence
	ordinary defence
	// scripted is the ordinary one of endpoints that scripts call, below /api/; the
	// same as ordinary if it is zero.
	scripted defence
	// byScript has forms sent by the page's script, because they need a header.
	byScript bool
	// double is the key of signed double submits, nil where none are used.
	double  []byte
	framing func(path string, status int, mediaType string) []headerLine
	// linkChanges is planted: the currency can be changed by following a link.
	linkChanges bool
	// framingInMeta is planted: /letters tries to refuse framing in the document.
	framingInMeta bool
	// flaws are planted behind the front.
	flaws flaws
	// sockets and sharings by endpoint: which origins may open the one and read the
	// other. What is not named is for the shop's own pages.
	sockets  map[string]originCheck
	sharings map[string]sharing
	// frontOnly leaves out what lies behind the front: objects, staff, interfaces.
	frontOnly bool
	around    func(http.Handler) http.Handler
}

func (v variant) defence(endpoint string) defence {
	if d, ok := v.defences[endpoint]; ok {
		return d
	}
	if _, path, _ := strings.Cut(endpoint, " "); v.scripted.allows != nil && strings.HasPrefix(path, "/api/") {
		return v.scripted
	}
	return v.ordinary
}

func (v variant) socketOrigin(endpoint string) originCheck {
	if check, ok := v.sockets[endpoint]; ok {
		return check
	}
	return ownOrigin
}

func (v variant) sharing(endpoint string) sharing {
	if with, ok := v.sharings[endpoint]; ok {
		return with
	}
	return sharedWithNobody
}

func (v variant) kind(wanted string) string {
	if _, ok := v.cookies[wanted]; ok {
		return wanted
	}
	return "main"
}

func asIs(next http.Handler) http.Handler { return next }

// weakVariant plants each weakness once. truth/weak.json says the same; the two
// change together.
func weakVariant() variant {
	key := []byte(rand.Text())
	return variant{
		name: "weak",
		cookies: map[string]http.Cookie{
			// Chromium takes Secure cookies over http from loopback hosts.
			"main":     {Name: "shop_session", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode},
			"invoices": {Name: "shop_invoices", SameSite: http.SameSiteLaxMode},
		},
		ordinary: synchronizer("csrf_token"),
		defences: map[string]defence{
			"POST /login":                  unprotected,
			"POST /order":                  unprotected,
			"POST /account/email":          unprotected,
			"POST /api/wish":               unprotected,
			"POST /account/address":        unboundToken(key),
			"POST /account/name":           constantToken(key),
			"POST /account/delivery":       tokenInURL,
			"POST /account/phone":          lenientOrigin,
			"POST /club/profile":           unprotected,
			"POST /backoffice/discount":    unprotected,
			"POST /statements/{id}/remark": unprotected,
			// Sound, each in its own way.
			"POST /notes":                synchronizer("k4"),
			"POST /paper":                sameOrigin,
			"POST /currency":             fetchMetadata,
			"POST /api/gift-message":     jsonOnly,
			"POST /api/reminder":         headerToken,
			"POST /api/profile":          headerToken,
			"POST /api/motto":            headerToken,
			"POST /api/ribbon":           headerToken,
			"POST /api/parcels":          customHeader,
			"PUT /api/parcels/{id}":      customHeader,
			"DELETE /api/parcels/{id}":   customHeader,
			"POST /api/backoffice/stock": jsonOnly,
			"PUT /api/backoffice/stock":  jsonOnly,
			"POST /drafts":               fetchMetadata,
			"POST /drafts/{id}":          fetchMetadata,
			"POST /drafts/{id}/delete":   fetchMetadata,
			"POST /reviews":              sameOrigin,
			"POST /reviews/{id}/delete":  sameOrigin,
			"POST /receipts":             doubleSubmit(key),
			"POST /receipts/refund":      doubleSubmit(key),
			"POST /receipts/delete":      doubleSubmit(key),
		},
		double:        key,
		framing:       weakFraming,
		linkChanges:   true,
		framingInMeta: true,
		flaws:         everyFlaw(),
		sockets: map[string]originCheck{
			"GET /live/orders":   anyOrigin,
			"GET /live/wrapping": anyOrigin,
			"GET /live/basket":   startsLikeOwn,
			"GET /live/support":  endsLikeHouse,
		},
		sharings: map[string]sharing{
			"GET /api/summary":   sharedWithAll,
			"GET /api/digest":    sharedWithNull,
			"GET /api/balance":   sharedWithEnding,
			"GET /api/plan":      sharedWithBeginning,
			"GET /api/ledger":    sharedWithPartner,
			"GET /api/totals":    sharedAsPublic,
			"GET /api/catalogue": sharedAsPublic,
		},
		around: asIs,
	}
}

// weakPages have header lines other than the sound ones.
var weakPages = []struct {
	path  string // a pattern for path.Match
	lines []headerLine
}{
	{"/notes/*/delete", nil},
	{"/newsletter", []headerLine{{csp, "default-src 'self' 'unsafe-inline'; frame-ancestors *"}}},
	{"/membership", nil},
	{"/membership/*", nil},
	{"/history", nil},
	{"/offers", []headerLine{{csp, "frame-ancestors http: https:"}}},
	{"/points", []headerLine{{cspReportOnly, "frame-ancestors 'none'"}}},
	{"/letters", nil},
	{"/samples", []headerLine{{xfo, "DENY"}, {csp, "frame-ancestors *"}}},
	{"/terms", []headerLine{{xfo, "SAMEORIGIN"}}},
	{"/widget", partnerFraming},
	{"/backoffice/opening", nil},
}

// weakFraming forgets errors and everything that is not HTML.
func weakFraming(requested string, status int, mediaType string) []headerLine {
	if status >= http.StatusBadRequest || mediaType != "text/html" && mediaType != "application/json" {
		return nil
	}
	for _, page := range weakPages {
		if found, _ := path.Match(page.path, requested); found {
			return page.lines
		}
	}
	return refuseFraming
}

func soundFraming(requested string, _ int, _ string) []headerLine {
	if requested == "/widget" {
		return partnerFraming
	}
	return refuseFraming
}

// repairedVariant asks three times: where a request comes from, for a token of
// its session, and of JSON that it says so.
func repairedVariant() variant {
	return variant{
		name: "repaired",
		cookies: map[string]http.Cookie{
			// The prefix keeps a sibling subdomain from planting one of this name.
			"main": {Name: "__Host-shop_session", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode},
		},
		ordinary: synchronizer("csrf_token"),
		scripted: both(jsonOnly, headerToken),
		defences: map[string]defence{"DELETE /api/parcels/{id}": headerToken},
		sharings: map[string]sharing{
			"GET /api/ledger":    sharedWithPartner,
			"GET /api/totals":    sharedAsPublic,
			"GET /api/catalogue": sharedAsPublic,
		},
		framing: soundFraming,
		around:  http.NewCrossOriginProtection().Handler,
	}
}

// laxVariant leaves everything to the cookie's attribute.
func laxVariant() variant {
	return variant{
		name: "lax",
		cookies: map[string]http.Cookie{
			"main": {Name: "shop_session", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode},
		},
		ordinary:    unprotected,
		defences:    map[string]defence{"POST /login": synchronizer("csrf_token")},
		framing:     soundFraming,
		linkChanges: true,
		frontOnly:   true,
		around:      asIs,
	}
}
