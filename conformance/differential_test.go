package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

func shapes() []shape {
	var all []shape
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "post"} {
		for _, site := range []string{"", "same-origin", "none", "same-site", "cross-site", "weird"} {
			for _, origin := range []string{"", self, "http://app.example", "https://evil.example", "null", trusted, "http://trusted.example",
				"https://app.example:8443", "https://app.example.evil.example", "https://user@app.example", self + "/path", self + ":443", "https://sibling.app.example"} {
				for _, referer := range []string{"", self + "/", "https://evil.example/", "http://app.example/"} {
					s := shape{method: method, host: "app.example"}
					for _, h := range [][2]string{{"Sec-Fetch-Site", site}, {"Origin", origin}, {"Referer", referer}} {
						if h[1] != "" {
							s.headers = append(s.headers, h)
						}
					}
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// odd are shapes that the grid does not hold: headers twice, sockets, overrides.
func odd() []shape {
	post := func(headers ...string) shape {
		s := shape{method: "POST", host: "app.example"}
		for i := 0; i < len(headers); i += 2 {
			s.headers = append(s.headers, [2]string{headers[i], headers[i+1]})
		}
		return s
	}
	socket := post("Upgrade", "websocket", "Connection", "Upgrade", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	socket.method = "GET"
	override := post("X-HTTP-Method-Override", "DELETE", "Sec-Fetch-Site", "cross-site")
	override.method = "GET"
	upper := post("Origin", self)
	upper.host = "APP.example"
	port := post("Origin", self)
	port.host = "app.example:443"
	return []shape{
		post("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"),
		post("Origin", self, "Origin", "https://evil.example"), post("Origin", "https://evil.example", "Origin", self),
		socket, override, upper, port,
	}
}

// ourReasons are where we let through what the strictest peer refuses, and why that
// is no hole.
func ourReasons(s shape, reason policy.Reason) string {
	has := func(name string) (string, bool) {
		for _, h := range s.headers {
			if h[0] == name {
				return h[1], true
			}
		}
		return "", false
	}
	origin, hasOrigin := has("Origin")
	_, hasSite := has("Sec-Fetch-Site")
	referer, _ := has("Referer")
	switch reason {
	case policy.ValidToken:
		if !hasOrigin && !hasSite && (referer == "" || referer == self+"/") {
			return "no evidence at all, and the token of this session, which no other site can have"
		}
	case policy.TrustedOrigin:
		return "the owner lists the origin"
	case policy.SameOrigin, policy.UserInitiated:
		if !hasOrigin || origin == self || origin == "null" || origin == "http://app.example" {
			return "the browser itself says so, and scripts cannot"
		}
	case policy.OwnOrigin:
		return "Origin is the site's own; the peer wants a Referer or the Host in its own spelling"
	case policy.SafeMethod:
		return "the method must change nothing"
	}
	return ""
}

func TestNeverLooserThanTheStrictestCorrectPeer(t *testing.T) {
	guard := ours(t)
	all := append(shapes(), odd()...)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	stricter, agreed, excused := map[string]int{}, 0, map[string]int{}
	for _, p := range peers(t) {
		for _, s := range all {
			theirs, d := p.allows(s), guard(s)
			switch {
			case theirs == d.Allowed:
				agreed++
			case theirs:
				stricter[p.name]++
			default:
				why := ourReasons(s, d.Reason)
				if why == "" {
					t.Errorf("%s refuses, we allow (%s): %s", p.name, d.Reason, s)
				}
				excused[string(d.Reason)+": "+why]++
			}
		}
	}
	t.Logf("%d shapes; agreed %d times", len(all), agreed)
	for name, n := range stricter {
		t.Logf("stricter than %s in %d", name, n)
	}
	for why, n := range excused {
		t.Logf("laxer in %d: %s", n, why)
	}
}

// What all peers refuse, we refuse, without excuses but the token.
func TestWhatAllPeersRefuseIsRefused(t *testing.T) {
	guard, others := ours(t), peers(t)
	for _, s := range append(shapes(), odd()...) {
		d := guard(s)
		if !d.Allowed {
			continue
		}
		refusing := 0
		for _, p := range others {
			if !p.allows(s) {
				refusing++
			}
		}
		if refusing == len(others) {
			t.Errorf("all refuse, we allow (%s): %s", d.Reason, s)
		}
	}
}

func (s shape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", s.method, s.host)
	for _, h := range s.headers {
		fmt.Fprintf(&b, ", %s: %s", h[0], h[1])
	}
	return b.String()
}
