package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/websocket"
)

// shopTasks are what customers do in the shop, in any variant.
var shopTasks = []struct {
	name string
	do   func(*customer) error
}{
	{"a wrong password is refused", (*customer).failsToLogIn},
	{"settings are changed by their forms", (*customer).changesSettings},
	{"settings are changed by scripts", (*customer).changesByScript},
	{"an order is placed", (*customer).orders},
	{"a note is written, found and thrown away", (*customer).keepsNotes},
	{"a button switches and switches back", (*customer).turnsLeaves},
	{"the club is joined in two steps", (*customer).joinsTheClub},
	{"the currency's page is reached from anywhere, its links from the shop", (*customer).choosesCurrency},
	{"what is new arrives by itself", (*customer).listens},
	{"the partner's page shows the widget", (*customer).isSeenAtThePartners},
	{"looking changes nothing", (*customer).looksAround},
	{"logging out ends it", (*customer).logsOut},
}

// shopWorks tries them all as the first of the people, each with a fresh login.
func shopWorks(ctx context.Context, base string, people []Identity) (int, error) {
	var errs []error
	for _, task := range shopTasks {
		c := &customer{ctx: ctx, base: base, who: people[0], cookies: map[string]string{}}
		err := c.logIn(people[0].Password)
		if err == nil {
			err = task.do(c)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", task.name, err))
		}
	}
	return len(shopTasks), errors.Join(errs...)
}

func (c *customer) failsToLogIn() error {
	stranger := &customer{ctx: c.ctx, base: c.base, who: c.who, cookies: map[string]string{}}
	if stranger.logIn("not the password") == nil {
		return errors.New("it was taken")
	}
	return nil
}

func (c *customer) changesSettings() error {
	for _, s := range settings {
		if s.name == "newsletter" {
			continue // a button, not a text
		}
		if err := c.submit(s.page, strings.TrimPrefix(s.endpoint, "POST "), s.name, "my "+s.name); err != nil {
			return err
		}
		if err := c.expect(s.name, "my "+s.name); err != nil {
			return err
		}
	}
	return nil
}

func (c *customer) changesByScript() error {
	shown, err := c.open("/wishes")
	if err != nil {
		return err
	}
	for _, s := range scripted {
		path := strings.TrimPrefix(s.endpoint, "POST ")
		headers := http.Header{"Content-Type": {"application/json"}}
		for _, found := range scriptPattern.FindAllStringSubmatch(shown, -1) {
			var extra map[string]string
			if found[1] == path && json.Unmarshal([]byte(html.UnescapeString(found[2])), &extra) == nil {
				for name, value := range extra {
					headers.Set(name, value)
				}
			}
		}
		if _, err := c.send("POST", path, fmt.Sprintf(`{%q:"by script"}`, s.name), headers, http.StatusOK); err != nil {
			return err
		}
		if err := c.expect(s.name, "by script"); err != nil {
			return err
		}
	}
	return nil
}

func (c *customer) orders() error {
	if err := c.submit("/order", "/order", "item", "Nibs", "quantity", "3", "note", "fine ones"); err != nil {
		return err
	}
	return c.shows("/orders", "3 × Nibs (fine ones)")
}

func (c *customer) keepsNotes() error {
	if err := c.submit("/notes", "/notes", "text", "a note to lose"); err != nil {
		return err
	}
	shown, err := c.open("/search?q=lose")
	if err != nil {
		return err
	}
	link := deletePattern.FindStringSubmatch(shown)
	if link == nil {
		return errors.New("it is not found")
	}
	if err := c.submit(link[1], link[1]); err != nil {
		return err
	}
	if shown, err = c.open("/search?q=lose"); err == nil && deletePattern.MatchString(shown) {
		err = errors.New("it is still there")
	}
	return err
}

func (c *customer) turnsLeaves() error {
	for _, l := range brochure {
		for range 2 {
			if err := c.submit(l.path, l.path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *customer) joinsTheClub() error {
	shown, err := c.open("/membership")
	if err != nil {
		return err
	}
	action, fields, err := formIn(shown, "/membership/review")
	if err != nil {
		return err
	}
	if shown, err = c.send("POST", action, fields.Encode(), formHeaders(shown), http.StatusOK); err != nil {
		return err
	}
	if action, fields, err = formIn(shown, "/membership/confirm"); err != nil {
		return err
	}
	if _, err = c.send("POST", action, fields.Encode(), formHeaders(shown), http.StatusSeeOther); err != nil {
		return err
	}
	return c.expect("membership", fields.Get("membership"))
}

// choosesCurrency also follows the page's links where the variant has them, and
// comes to the page from another site, as everybody may.
func (c *customer) choosesCurrency() error {
	foreign := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
	shown, err := c.send("GET", "/currency", "", foreign, http.StatusOK)
	if err != nil {
		return err
	}
	for _, chosen := range currencies {
		if !strings.Contains(shown, "/currency?set="+chosen) {
			continue
		}
		if _, err := c.send("GET", "/currency?set="+chosen, "", fromShop, http.StatusSeeOther); err != nil {
			return err
		}
		if err := c.expect("currency", chosen); err != nil {
			return err
		}
	}
	return nil
}

func (c *customer) listens() error {
	home, err := c.open("/")
	if err != nil || !strings.Contains(home, `href="/live"`) {
		return err // this variant has no sockets
	}
	where, err := websocket.NewConfig("ws"+strings.TrimPrefix(c.base, "http")+"/live/status", c.base)
	if err != nil {
		return err
	}
	where.Header = http.Header{"Cookie": {c.cookieHeader()}}
	socket, err := where.DialContext(c.ctx)
	if err != nil {
		return err
	}
	defer socket.Close()
	var told struct{ Customer string }
	if err := websocket.JSON.Receive(socket, &told); err != nil {
		return err
	}
	if told.Customer != c.who.Username {
		return fmt.Errorf("it is for %q", told.Customer)
	}
	return nil
}

// isSeenAtThePartners asks every policy, since a page is shown where all of them agree.
func (c *customer) isSeenAtThePartners() error {
	if _, err := c.open("/widget"); err != nil {
		return err
	}
	named := false
	for _, policy := range strings.Split(strings.Join(c.got.Values(csp), ","), ",") {
		if _, ancestors, restricts := strings.Cut(policy, "frame-ancestors"); restricts {
			if !strings.Contains(ancestors, "https://partner.example") {
				return fmt.Errorf("Content-Security-Policy: %s", policy)
			}
			named = true
		}
	}
	if !named && c.got.Get(xfo) != "" {
		return fmt.Errorf("X-Frame-Options: %s", c.got.Get(xfo))
	}
	return nil
}

func (c *customer) looksAround() error {
	before, err := c.open("/api/me")
	if err != nil {
		return err
	}
	for _, path := range []string{"/", "/about", "/widget", "/notes", "/orders", "/account", "/paper", "/history", "/terms", "/stamp.svg"} {
		if _, err := c.open(path); err != nil {
			return err
		}
	}
	after, err := c.open("/api/me")
	if err == nil && before != after {
		err = fmt.Errorf("what was %s is %s", before, after)
	}
	return err
}

func (c *customer) logsOut() error {
	if err := c.submit("/account", "/logout"); err != nil {
		return err
	}
	if _, err := c.open("/api/me"); err == nil {
		return errors.New("the session is still good")
	}
	return nil
}

// formIn finds the form with that path, and what its fields hold.
func formIn(shown, path string) (action string, fields url.Values, err error) {
	for _, found := range formTag.FindAllStringSubmatch(shown, -1) {
		if target, _, _ := strings.Cut(found[1], "?"); target == path {
			fields = url.Values{}
			for _, input := range inputTag.FindAllStringSubmatch(found[2], -1) {
				fields.Set(html.UnescapeString(input[1]), html.UnescapeString(input[2]))
			}
			return html.UnescapeString(found[1]), fields, nil
		}
	}
	return "", nil, fmt.Errorf("there is no form for %s", path)
}
