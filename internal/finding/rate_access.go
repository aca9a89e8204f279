package finding

import (
	"fmt"
	"slices"
	"strings"
)

// isAccess says whether a weakness is one of authentication or authorization: the
// attacker sends the request, and no victim's browser takes part.
func isAccess(w Weakness) bool {
	family, _, _ := strings.Cut(string(w), "-")
	return family == "auth" || family == "bola" || family == "property" || family == "race"
}

// An intrusion is what enters the base vector of such a weakness at a place.
type intrusion struct {
	hard    bool // attack complexity is high: something has to be stolen or met first
	special bool // attack requirements present
	account bool // the attacker needs an account of their own
	visit   bool // the victim takes part without noticing

	read, change, stop string // impact: N, L, H
}

func (i intrusion) String() string {
	letter := func(yes bool, a, b string) string {
		if yes {
			return a
		}
		return b
	}
	return fmt.Sprintf("CVSS:4.0/AV:N/AC:%s/AT:%s/PR:%s/UI:%s/VC:%s/VI:%s/VA:%s/SC:N/SI:N/SA:N", letter(i.hard, "H", "L"),
		letter(i.special, "P", "N"), letter(i.account, "L", "N"), letter(i.visit, "P", "N"), i.read, i.change, i.stop)
}

// proven are the impacts of what was carried out; what was only suspected is a
// little of confidentiality, hard to get at.
var provenIntrusions = map[Weakness]intrusion{
	AuthMissing:         {read: "H", change: "N", stop: "N"},
	BOLARead:            {account: true, read: "H", change: "N", stop: "N"},
	BOLAWrite:           {account: true, read: "N", change: "H", stop: "N"},
	PropertyAssignment:  {account: true, read: "N", change: "H", stop: "N"},
	AuthFunction:        {account: true, read: "H", change: "N", stop: "N"},
	BOLAExistence:       {hard: true, special: true, account: true, read: "L", change: "N", stop: "N"},
	AuthJWT:             {read: "H", change: "H", stop: "N"},
	AuthSessionFixation: {special: true, visit: true, read: "H", change: "H", stop: "N"},
	AuthSessionLogout:   {hard: true, special: true, read: "L", change: "L", stop: "N"},
	AuthTokenStorage:    {hard: true, special: true, visit: true, read: "L", change: "N", stop: "N"},
	RaceCondition:       {hard: true, special: true, account: true, read: "N", change: "H", stop: "N"},
	PropertyExcess:      {account: true, read: "H", change: "N", stop: "N"},
}

func accessVector(f Finding) string {
	i := intrusion{hard: true, special: true, account: true, read: "L", change: "N", stop: "N"}
	switch f.State {
	case Refuted, NotTestable:
		i.read = "N"
	case Proven:
		i = provenIntrusions[f.Weakness]
		f.widen(&i)
	}
	return i.String()
}

// widen adds what the place makes of a proven weakness.
func (f Finding) widen(i *intrusion) {
	if f.Weakness == AuthJWT && f.Proof != nil && !slices.ContainsFunc(f.Proof.Attempts, func(a Attempt) bool { return a.Accepted && a.Variant != "expired" }) {
		*i = provenIntrusions[AuthSessionLogout] // a token has to be stolen first
	}
	if f.Plan == nil {
		return
	}
	switch f.Weakness {
	case AuthMissing, AuthFunction:
		if f.Plan.Action.Method != "GET" {
			i.read, i.change = "N", "H"
		}
	case BOLAWrite:
		if f.Proof != nil && f.Proof.Oracle == OracleLogin {
			i.read = "H" // the account is the attacker's now
		}
		if f.Plan.Action.Method == "DELETE" {
			i.stop = "H"
		}
	case PropertyAssignment:
		if f.Proof != nil && slices.ContainsFunc(f.Proof.Changes, func(c Change) bool { return hasWord(fieldOf(c.Where), rightsWords) }) {
			i.read, i.stop = "H", "H" // who has every right reads and destroys everything
		}
	}
}

// fieldOf is the last member of a place in the state.
func fieldOf(where string) string {
	return where[strings.LastIndexAny(where, ". ")+1:]
}

// rightsWords are names of properties that decide what somebody may do.
var rightsWords = []string{"admin", "role", "roles", "staff", "superuser", "permission", "permissions", "privilege", "privileges", "scope", "scopes"}
