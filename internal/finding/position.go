package finding

// A Position is where an attacker stands and in what browser the victim is.
// The fields are words so that reports and streams can show them as they are.
type Position struct {
	// From is the attacker's relation to the target: see the constants.
	From From `json:"from"`
	// Cookie is how old the session cookie is: Fresh (set less than two minutes
	// ago, so that Chromium's Lax+POST exception applies) or Aged.
	Cookie Age `json:"cookie"`
	// ThirdParty is the browser's setting for third-party cookies.
	ThirdParty ThirdParty `json:"third_party_cookies"`
}

// From is the attacker's relation to the target's site.
type From string

const (
	CrossSite From = "cross-site" // an unrelated https origin
	Sibling   From = "sibling"    // a sub-domain of the same registrable domain
	OtherPort From = "other-port" // the same host on another port
)

// Age of the session cookie at the time of the attack.
type Age string

const (
	Fresh Age = "fresh"
	Aged  Age = "aged"
)

// ThirdParty is the third-party-cookie setting of the victim's browser.
type ThirdParty string

const (
	ThirdPartyAllowed ThirdParty = "allowed"
	ThirdPartyBlocked ThirdParty = "blocked"
)

// A Cell is the verdict for one position.
type Cell struct {
	Position
	State State `json:"state"`
	// By is who answered: "browser" (the attack ran) or "model" (the policy engine
	// knows that the cookie does not travel or the frame is refused, so it was not run).
	By  string `json:"by"`
	Why string `json:"why"`
}
