package attacker_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

const session = "sid=alice"

func login(t *testing.T, b *browser.Browser, v *victim) *browser.Context {
	t.Helper()
	c, err := b.Context(t.Context(), []browser.Cookie{{Line: session + "; Path=/; SameSite=None; Secure; HttpOnly", URL: v.url}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// measure opens a page as its owner would see it and finds the control, in a
// window as high as the page so that nothing in it scrolls.
func measure(t *testing.T, c *browser.Context, url string) (box attacker.Box, width, height int) {
	t.Helper()
	p, err := c.Blank(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	width = 1000
	if err := p.SetViewport(t.Context(), width, 600); err != nil {
		t.Fatal(err)
	}
	if err := p.Goto(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if _, height, err = p.Size(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.SetViewport(t.Context(), width, height); err != nil {
		t.Fatal(err)
	}
	r, ok, err := p.Rect(t.Context(), "#go")
	if err != nil || !ok {
		t.Fatal("the control is not there:", err)
	}
	return attacker.Box(r), width, height
}

// lure opens the page and waits until it is ready to be clicked.
func lure(t *testing.T, s *attacker.Site, c *browser.Context, f attacker.FramePage) (*browser.Page, string) {
	t.Helper()
	url := s.Publish("https", "attacker.example", f.Document())
	p, err := c.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return p, url
}

// picture is also the barrier before the click. It is kept where MANTLET_PICTURES
// says, for the eye.
func picture(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	shot, err := p.Screenshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("MANTLET_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o600); err != nil {
			t.Error(err)
		}
	}
}

func press(t *testing.T, p *browser.Page) {
	t.Helper()
	if err := p.Click(t.Context(), attacker.PointX, attacker.PointY); err != nil {
		t.Fatal(err)
	}
}

func arrived(t *testing.T, v *victim, path string) arrival {
	t.Helper()
	select {
	case a := <-v.got:
		if a.path != path {
			t.Fatalf("%s arrived, want %s", a.path, path)
		}
		return a
	case <-time.After(10 * time.Second):
		t.Fatalf("%s did not arrive", path)
		return arrival{}
	}
}

func TestClickGoesThroughEveryDisguise(t *testing.T) {
	v, s, b := newVictim(t), newAttacker(t), newBrowser(t, finding.ThirdPartyAllowed)
	for _, d := range attacker.Disguises {
		t.Run(string(d), func(t *testing.T) {
			began := time.Now()
			c := login(t, b, v)
			box, width, height := measure(t, c, v.url+"/account")
			measured := time.Since(began)
			f := attacker.FramePage{Width: width, Height: height, Disguise: d,
				Steps: []attacker.FrameStep{{Target: v.url + "/account", Control: box}}}
			p, _ := lure(t, s, c, f)
			opened := time.Since(began)
			picture(t, p, string(d))
			press(t, p)
			a := arrived(t, v, "/do/close")
			t.Logf("proof took %s: measured after %s, lure open after %s", time.Since(began), measured, opened)
			if !strings.Contains(a.cookie, session) || a.header.Get("Sec-Fetch-Site") != "same-origin" {
				t.Errorf("arrived with cookie %q, Sec-Fetch-Site %q", a.cookie, a.header.Get("Sec-Fetch-Site"))
			}
			f.Reveal = true
			shown, _ := lure(t, s, c, f)
			picture(t, shown, string(d)+"-revealed")
		})
	}
}

func TestTwoClicksGoThroughTwoPages(t *testing.T) {
	v, s, b := newVictim(t), newAttacker(t), newBrowser(t, finding.ThirdPartyAllowed)
	for _, d := range attacker.Disguises {
		t.Run(string(d), func(t *testing.T) {
			c := login(t, b, v)
			first, width, height := measure(t, c, v.url+"/first")
			second, _, _ := measure(t, c, v.url+"/second")
			p, url := lure(t, s, c, attacker.FramePage{Width: width, Height: height, Disguise: d,
				Steps: []attacker.FrameStep{{Target: v.url + "/first", Control: first}, {Control: second}}})
			if err := s.WaitHit(t.Context(), url); err != nil {
				t.Fatal(err)
			}
			picture(t, p, string(d)+"-step1")
			press(t, p)
			if a := arrived(t, v, "/do/first"); !strings.Contains(a.cookie, session) {
				t.Errorf("first click arrived with %q", a.cookie)
			}
			bounded, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := s.WaitHits(bounded, url, 2); err != nil {
				t.Fatal(err)
			}
			picture(t, p, string(d)+"-step2")
			press(t, p)
			if a := arrived(t, v, "/do/second"); !strings.Contains(a.cookie, session) {
				t.Errorf("second click arrived with %q", a.cookie)
			}
		})
	}
}

func TestBlockedThirdPartyCookiesStayOutOfTheFrame(t *testing.T) {
	v, s, b := newVictim(t), newAttacker(t), newBrowser(t, finding.ThirdPartyBlocked)
	c := login(t, b, v)
	box, width, height := measure(t, c, v.url+"/account")
	p, _ := lure(t, s, c, attacker.FramePage{Width: width, Height: height, Disguise: attacker.Opacity,
		Steps: []attacker.FrameStep{{Target: v.url + "/account", Control: box}}})
	picture(t, p, "blocked-cookies")
	press(t, p)
	if a := arrived(t, v, "/do/close"); a.cookie != "" {
		t.Errorf("arrived with cookie %q", a.cookie)
	}
}

func TestRefusedFrameIsSeenAsRefused(t *testing.T) {
	v, s, b := newVictim(t), newAttacker(t), newBrowser(t, finding.ThirdPartyAllowed)
	p, _ := lure(t, s, login(t, b, v), attacker.FramePage{Width: 800, Height: 600, Disguise: attacker.Opacity,
		Steps: []attacker.FrameStep{{Target: v.url + "/denied"}}})
	f, err := p.WaitFrame(t.Context(), v.url+"/denied")
	if err != nil || !f.Blocked || f.Origin != "" || !strings.Contains(f.Why, "X-Frame-Options: DENY") {
		t.Errorf("%+v %v", f, err)
	}
	picture(t, p, "refused")
	press(t, p)
	if all := v.drain(); len(all) > 0 {
		t.Errorf("something arrived all the same: %v", all)
	}
}
