package policy

import "testing"

// FuzzParseSetCookie holds: nothing panics, a cookie's own writing parses to the
// same cookie, and what is not stored is not sent.
func FuzzParseSetCookie(f *testing.F) {
	for _, seed := range []string{
		"k=1", "__Host-k=1; Secure; Path=/", "=; ;;=", "k=1; Max-Age=+5; Expires=Thu, 06 Nov 2031 08:49:37 GMT",
		"k=1; Domain=..a; Path=/ x ; SameSite=None", "\xff=\x80; Domain=\xdc", "a==b", "=a=b; Partitioned",
		"k=1; Expires=1 jan 70 1:2:3x", "k=1; Max-Age=99999999999999999999", "k=1; Domain=.", "= \t=x",
	} {
		f.Add(seed, "https://sub.victim.test", "https://attacker.example")
	}
	f.Fuzz(func(t *testing.T, line, target, initiator string) {
		c := ParseSetCookie(line)
		if c.fault == "" {
			if again := ParseSetCookie(c.String()); again != c {
				t.Fatalf("%q reads as %+v, its writing %q as %+v", line, c, c.String(), again)
			}
		}
		to, _ := ParseOrigin(target)
		from, _ := ParseOrigin(initiator)
		for kind := TopLevelNavigation; kind <= Script; kind++ {
			trigger := Trigger{Target: to, Kind: kind, Initiator: from}
			sent, stored := c.SentOn(trigger), c.StoredBy(trigger.setting())
			if sent.Allowed && !stored.Allowed {
				t.Fatalf("%q: sent (%s) though not stored (%s)", line, sent.Reason, stored.Reason)
			}
			if sent.Reason.Explain() == "" || stored.Reason.Explain() == "" {
				t.Fatalf("%q: unexplained reason %q or %q", line, sent.Reason, stored.Reason)
			}
		}
	})
}
