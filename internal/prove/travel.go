package prove

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/policy"
)

// agedCookie is the age of a cookie outside the window in which a missing
// SameSite attribute is forgiven.
const agedCookie = policy.LaxUnsafeWindow + time.Minute

// A ride is which of the victim's cookies a browser sends along with a request.
type ride struct {
	header  string        // as the Cookie header
	names   []string      // sent, sorted
	carried bool          // one of the session's own is among them
	reason  policy.Reason // why a session cookie goes or stays, of the last one asked
	missing []string      // session cookies that stay
}

// rideOf asks the policy engine which cookies of who travel with a request to
// address, made in that way by a page of origin from, in that position.
func rideOf(who *identity.Session, address, method string, kind policy.Kind, from policy.Origin, p finding.Position) ride {
	var r ride
	target, err := policy.OriginOfURL(address)
	if err != nil {
		return r
	}
	u, err := url.Parse(address)
	if err != nil {
		return r
	}
	session, _ := who.SessionCookies()
	var pairs []string
	for _, set := range who.Cookies() {
		c := policy.ParseSetCookie(set.Line)
		d := c.SentOn(policy.Trigger{
			Target: target, Path: cmp.Or(u.EscapedPath(), "/"), Method: method, Kind: kind, Initiator: from,
			Age: ageOf(p.Cookie), ThirdParty: thirdPartyOf(p.ThirdParty), Set: settingOf(set),
		})
		mine := slices.Contains(session, c.Name) || len(session) == 0
		if mine {
			r.reason = d.Reason
		}
		switch {
		case d.Allowed:
			pairs = append(pairs, c.Name+"="+c.Value)
			r.names = append(r.names, c.Name)
			r.carried = r.carried || mine
		case mine && d.Reason != policy.CookieOtherPath && d.Reason != policy.CookieOtherHost && d.Reason != policy.CookieExpired:
			r.missing = append(r.missing, c.Name)
		}
	}
	slices.Sort(r.names)
	r.header = strings.Join(pairs, "; ")
	return r
}

func settingOf(set identity.SetCookie) policy.Setting {
	s := policy.Setting{Kind: policy.TypedNavigation, Path: "/"}
	if o, err := policy.OriginOfURL(set.URL); err == nil {
		s.Target = o
	}
	if u, err := url.Parse(set.URL); err == nil {
		s.Path = cmp.Or(u.EscapedPath(), "/")
	}
	return s
}

func ageOf(a finding.Age) time.Duration {
	if a == finding.Aged {
		return agedCookie
	}
	return 0
}

func thirdPartyOf(t finding.ThirdParty) policy.ThirdParty {
	if t == finding.ThirdPartyBlocked {
		return policy.ThirdPartyBlocked
	}
	return policy.ThirdPartyAllowed
}

// froms are the attackers a target can have, the farthest first: whoever may
// attack from farther away is the worse.
func (b *Bench) froms(target policy.Origin) (order []finding.From, origins map[finding.From]string) {
	origins = attacker.Origins(target)
	for _, from := range []finding.From{finding.CrossSite, finding.Sibling, finding.OtherPort} {
		if origins[from] != "" {
			order = append(order, from)
		}
	}
	return order, origins
}

// originAt is the origin of the attacker's pages there, with the port of its site.
func (b *Bench) originAt(where string) policy.Origin {
	if b.Evil != nil {
		where += ":" + strconv.Itoa(b.Evil.Port())
	}
	o, err := policy.OriginOfURL(where)
	if err != nil {
		return policy.Opaque
	}
	return o
}

// positions are all positions of the vector, in the order of reports.
func positions(froms []finding.From) []finding.Position {
	var all []finding.Position
	for _, from := range froms {
		for _, age := range []finding.Age{finding.Fresh, finding.Aged} {
			for _, third := range []finding.ThirdParty{finding.ThirdPartyAllowed, finding.ThirdPartyBlocked} {
				all = append(all, finding.Position{From: from, Cookie: age, ThirdParty: third})
			}
		}
	}
	return all
}

// why says in words why no session cookie travels.
func (r ride) why() string {
	text := r.reason.Explain()
	if len(r.missing) > 0 {
		return "the session cookie " + strings.Join(r.missing, ", ") + " stays behind: " + text
	}
	return "no session cookie travels: " + text
}
