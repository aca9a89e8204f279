package policy

import (
	"testing"
	"time"
)

func TestSentOn(t *testing.T) {
	victim, attacker := origin(t, "https://victim.test"), origin(t, "https://attacker.example")
	sibling := origin(t, "https://sub.victim.test")
	post := Trigger{Target: victim, Initiator: attacker, Method: "POST"}
	aged, young := post, post
	aged.Age, young.Age = LaxUnsafeWindow+time.Second, LaxUnsafeWindow
	framed := Trigger{Target: victim, Initiator: victim, Kind: Subresource, Ancestors: []Origin{attacker}}
	for _, tt := range []struct {
		name, line string
		trigger    Trigger
		want       Reason
	}{
		{"the zero trigger is a link from an unknown page", "k=1", Trigger{Target: victim}, CookieSentLaxNavigation},
		{"a link from elsewhere carries Lax", "k=1; SameSite=Lax", Trigger{Target: victim, Initiator: attacker}, CookieSentLaxNavigation},
		{"and not Strict", "k=1; SameSite=Strict", Trigger{Target: victim, Initiator: attacker}, CookieStrictCrossSite},
		{"a typed address carries Strict", "k=1; SameSite=Strict", Trigger{Target: victim, Kind: TypedNavigation}, CookieSentSameSite},
		{"a sibling's form POST carries Strict", "k=1; SameSite=Strict", Trigger{Target: victim, Initiator: sibling, Method: "POST"}, CookieSentSameSite},
		{"the other scheme is another site", "k=1; SameSite=Strict", Trigger{Target: victim, Initiator: origin(t, "http://victim.test")}, CookieStrictCrossSite},
		{"a POST does not carry Lax", "k=1; SameSite=Lax", post, CookieLaxUnsafeMethod},
		{"a POST carries a fresh cookie without attribute", "k=1", young, CookieSentLaxUnsafe},
		{"and not an older one", "k=1", aged, CookieDefaultLaxAged},
		{"PUT is unsafe as well", "k=1; SameSite=Lax", Trigger{Target: victim, Initiator: attacker, Method: "PUT"}, CookieLaxUnsafeMethod},
		{"a frame carries only None", "k=1", Trigger{Target: victim, Kind: Subframe, Initiator: attacker}, CookieLaxNotNavigation},
		{"a socket carries None", "k=1; SameSite=None; Secure", Trigger{Target: origin(t, "wss://victim.test"), Kind: Socket, Initiator: attacker}, CookieSentCrossSite},
		{"a framed page's own request is cross-site", "k=1; SameSite=Strict", framed, CookieStrictCrossSite},
		{"default fetch asks for no cookies of a sibling", "k=1", Trigger{Target: victim, Kind: Subresource, Initiator: sibling, Credentials: CredentialsSameOrigin}, CookieCredentialsOmitted},
		{"a partitioned cookie stays with its top site", "k=1; SameSite=None; Secure; Partitioned", framed, CookieOtherPartition},
		{"script cannot read HttpOnly", "k=1; HttpOnly", Trigger{Target: victim, Kind: Script}, CookieHTTPOnlyFromScript},
		{"a host-only cookie stays with its host", "k=1", Trigger{Target: sibling, Kind: TypedNavigation, Set: Setting{Target: victim}}, CookieOtherHost},
		{"a domain cookie goes to siblings", "k=1; Domain=victim.test", Trigger{Target: sibling, Kind: TypedNavigation, Set: Setting{Target: victim}}, CookieSentSameSite},
		{"a path is whole segments", "k=1; Path=/app", Trigger{Target: victim, Path: "/apple", Kind: TypedNavigation}, CookieOtherPath},
		{"and reaches below itself", "k=1; Path=/app", Trigger{Target: victim, Path: "/app/x?y=1", Kind: TypedNavigation}, CookieSentSameSite},
		{"a path defaults to the setting page's folder", "k=1", Trigger{Target: victim, Path: "/other", Kind: TypedNavigation, Set: Setting{Target: victim, Path: "/app/login"}}, CookieOtherPath},
		{"a cookie ages", "k=1; Max-Age=60", Trigger{Target: victim, Kind: TypedNavigation, Age: time.Minute}, CookieExpired},
		{"ports share cookies", "k=1; SameSite=Strict", Trigger{Target: victim, Initiator: origin(t, "https://victim.test:8443"), Kind: Subresource}, CookieSentSameSite},
		{"what is never stored is never sent", "k=1; SameSite=None", Trigger{Target: victim, Kind: TypedNavigation}, CookieNoneNeedsSecure},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ParseSetCookie(tt.line).SentOn(tt.trigger); got.Reason != tt.want {
				t.Errorf("%q: got %+v, want %s", tt.line, got, tt.want)
			}
		})
	}
}

// everyTrigger walks through the ways to ask, from several places.
func everyTrigger(t *testing.T, visit func(Trigger)) {
	victim := origin(t, "https://victim.test")
	others := []Origin{Opaque, victim, origin(t, "https://sub.victim.test"), origin(t, "http://victim.test"), origin(t, "https://attacker.example")}
	for kind := TopLevelNavigation; kind <= Script; kind++ {
		for _, initiator := range others {
			for _, ancestor := range others {
				for _, method := range []string{"GET", "POST"} {
					for _, age := range []time.Duration{0, time.Hour} {
						visit(Trigger{Target: victim, Kind: kind, Initiator: initiator, Ancestors: []Origin{ancestor}, Method: method, Age: age})
						visit(Trigger{Target: victim, Kind: kind, Initiator: initiator, Method: method, Age: age})
					}
				}
			}
		}
	}
}

// Of these lines each is sent only where the one before it is.
var narrowing = []string{
	"k=1; SameSite=None; Secure", "k=1; Secure", "k=1; Secure; SameSite=Lax", "k=1; Secure; SameSite=Strict",
}

func TestAStricterAttributeIsNeverSentWhereALaxerIsNot(t *testing.T) {
	everyTrigger(t, func(trigger Trigger) {
		for i := 1; i < len(narrowing); i++ {
			wide, narrow := ParseSetCookie(narrowing[i-1]).SentOn(trigger), ParseSetCookie(narrowing[i]).SentOn(trigger)
			if narrow.Allowed && !wide.Allowed {
				t.Errorf("%+v: %q is sent (%s) but %q is not (%s)", trigger, narrowing[i], narrow.Reason, narrowing[i-1], wide.Reason)
			}
		}
	})
}

func TestBlockingThirdPartyCookiesNeverSendsMore(t *testing.T) {
	lines := append([]string{"k=1; SameSite=None; Secure; Partitioned", "k=1; HttpOnly"}, narrowing...)
	everyTrigger(t, func(trigger Trigger) {
		for _, line := range lines {
			blocked := trigger
			blocked.ThirdParty = ThirdPartyBlocked
			if c := ParseSetCookie(line); c.SentOn(blocked).Allowed && !c.SentOn(trigger).Allowed {
				t.Errorf("%+v: blocking sends %q", trigger, line)
			}
		}
	})
}

func TestAnAgedCookieIsNeverSentWhereAFreshOneIsNot(t *testing.T) {
	everyTrigger(t, func(trigger Trigger) {
		fresh := trigger
		fresh.Age = 0
		for _, line := range narrowing {
			if c := ParseSetCookie(line); c.SentOn(trigger).Allowed && !c.SentOn(fresh).Allowed {
				t.Errorf("%+v: only the aged %q is sent", trigger, line)
			}
		}
	})
}
