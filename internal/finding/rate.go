package finding

import (
	"fmt"
	"slices"
	"strings"

	gocvss40 "github.com/pandatix/go-cvss/40"

	"github.com/mantlet-dev/mantlet/policy"
)

// Rate gives the severity of a finding as it stands: what it is, how far it was
// shown, and from which positions it works. It is a function of f alone, reading
// Weakness, State, Vector, Plan and Proof.
//
// Only a Proven finding can be more than Low, and what an answer was seen to give
// away. A finding whose Vector has no open
// position, a Refuted one, one that could not be tested, and what is merely obsolete,
// is Info.
func Rate(f Finding) (Severity, CVSS) {
	vector := baseVector(f)
	score := scoreOf(vector)
	return severityOf(score), CVSS{Vector: vector, Score: score}
}

// A circumstance is what enters the base vector of a weakness at a place.
type circumstance struct {
	special bool   // attack requirements present: sibling, two-minute window, several clicks
	click   bool   // the victim must click on purpose (UI:A), not merely visit (UI:P)
	read    string // confidentiality impact: N, L, H
	change  string // integrity impact: N, L, H
}

func (c circumstance) String() string {
	requirements, interaction := "N", "P"
	if c.special {
		requirements = "P"
	}
	if c.click {
		interaction = "A"
	}
	return fmt.Sprintf("CVSS:4.0/AV:N/AC:L/AT:%s/PR:N/UI:%s/VC:%s/VI:%s/VA:N/SC:N/SI:N/SA:N", requirements, interaction, c.read, c.change)
}

// CVSS v4 counts request forgery among the passive interactions (the victim only
// has to visit); a click on a decoy is an active one.
func baseVector(f Finding) string {
	if isAccess(f.Weakness) {
		return accessVector(f)
	}
	if isOrigin(f.Weakness) {
		return originVector(f)
	}
	if isSeen(f.Weakness) {
		return seenVector(f)
	}
	c := circumstance{special: true, click: isFraming(f.Weakness), read: "N", change: "L"}
	switch {
	case f.nothingAtStake():
		c.change = "N"
	case f.State == Proven && !strings.HasPrefix(string(f.Weakness), "framing-"):
		// A policy's flaw is proven by an attack on one page, and rated there.
		c.special = f.onlySpecialPositions() || f.severalClicks()
		if f.changesMuch() {
			c.change = "H"
		}
		if f.Weakness == CSRFLogin {
			// The victim ends up in the attacker's account and feeds it: a little of both.
			c.read, c.change = "L", "L"
		}
	}
	return c.String()
}

func isFraming(w Weakness) bool {
	return w == Clickjacking || strings.HasPrefix(string(w), "framing-")
}

// nothingAtStake holds where the finding is knowledge rather than a danger.
func (f Finding) nothingAtStake() bool {
	switch {
	case f.State == Refuted, f.State == NotTestable:
		return true
	case f.State == Proven:
		return false
	case f.Weakness == FramingXFOOnly:
		return true
	case f.Weakness == CookieSecure && f.neverLeavesTheMachine():
		return true
	}
	if len(f.Vector) == 0 {
		return false
	}
	// What is only open to the site's own neighbours, and was not shown to work, is
	// no more than a remark. Cookie attributes are about those neighbours.
	return !slices.ContainsFunc(f.Vector, func(c Cell) bool {
		open := c.State == Suspected || c.State == Proven || c.State == NotTestable
		return open && (c.From == CrossSite || strings.HasPrefix(string(f.Weakness), "cookie-"))
	})
}

// neverLeavesTheMachine holds for plain HTTP on loopback: nobody is on the way, and
// whether the application marks its cookies where it is served for others was not seen.
func (f Finding) neverLeavesTheMachine() bool {
	at, err := policy.OriginOfURL(f.Endpoint.URL)
	return err == nil && at.Scheme() == "http" && at.IsLoopback()
}

// onlySpecialPositions holds when no unrelated site can do it at any time: the
// attacker must hold a neighbouring host, or meet the first two minutes of a cookie.
func (f Finding) onlySpecialPositions() bool {
	if f.Weakness == CSRFSameSiteOnly {
		return true
	}
	shown := slices.DeleteFunc(slices.Clone(f.Vector), func(c Cell) bool { return c.State != Proven })
	return len(shown) > 0 && !slices.ContainsFunc(shown, func(c Cell) bool {
		return c.From == CrossSite && c.Cookie != Fresh
	})
}

func (f Finding) severalClicks() bool { return f.Plan != nil && len(f.Plan.Clicks) > 1 }

// changesMuch holds when what the attack changes decides about money, rights or
// who owns the account.
func (f Finding) changesMuch() bool {
	if f.Plan != nil && f.Plan.Action.HighStakes() {
		return true
	}
	if f.Proof == nil {
		return false
	}
	return slices.ContainsFunc(f.Proof.Changes, func(c Change) bool {
		// Where begins with how the fact was read; only what was read counts.
		return hasWord(c.Where[strings.LastIndexByte(c.Where, ' ')+1:], highStakes)
	})
}

func scoreOf(vector string) float64 {
	v, err := gocvss40.ParseVector(vector)
	if err != nil {
		panic(fmt.Sprintf("own CVSS vector %s: %v", vector, err)) // the vectors are made above, from constants
	}
	return v.Score()
}

// severityOf is the qualitative scale of CVSS v4.0, section 6, "none" being Info.
func severityOf(score float64) Severity {
	switch {
	case score >= 9:
		return Critical
	case score >= 7:
		return High
	case score >= 4:
		return Medium
	case score > 0:
		return Low
	}
	return Info
}
