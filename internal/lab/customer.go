package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// A customer uses the shop as a browser would, with what browsers send along. It
// keeps cookies by itself: the standard jar withholds Secure ones from plain http
// even on loopback, where browsers send them.
type customer struct {
	ctx     context.Context
	base    string
	who     Identity
	cookies map[string]string
	got     http.Header // of the last answer
}

var (
	formTag       = regexp.MustCompile(`(?s)<form[^>]*? (?:action|data-post)="([^"]*)"(.*?)</form>`)
	inputTag      = regexp.MustCompile(`<input [^>]*name="([^"]*)" value="([^"]*)"`)
	scriptPattern = regexp.MustCompile(`data-endpoint="([^"]*)" data-headers="([^"]*)"`)
	headersTag    = regexp.MustCompile(`data-headers="([^"]*)"`)
	deletePattern = regexp.MustCompile(`href="(/notes/[^"/]+/delete)"`)

	fromShop = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
	aForm    = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
)

// send makes one request. The answer has to have that status and is not followed.
func (c *customer) send(method, path, body string, headers http.Header, status int) (string, error) {
	r, err := http.NewRequestWithContext(c.ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header = headers.Clone()
	if method == http.MethodPost {
		r.Header.Set("Origin", c.base)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if len(c.cookies) > 0 {
		r.Header.Set("Cookie", c.cookieHeader())
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	c.got = response.Header
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	for _, set := range response.Cookies() {
		c.cookies[set.Name] = set.Value
		if set.MaxAge < 0 {
			delete(c.cookies, set.Name)
		}
	}
	if response.StatusCode != status {
		return "", fmt.Errorf("%s %s answers %d, not %d", method, path, response.StatusCode, status)
	}
	return string(text), nil
}

func (c *customer) cookieHeader() string {
	var pairs []string
	for name, value := range c.cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

// open follows a link of the shop's own.
func (c *customer) open(path string) (string, error) {
	return c.send("GET", path, "", fromShop, http.StatusOK)
}

// submit sends a page's form as its button would, with some fields changed.
func (c *customer) submit(page, path string, changed ...string) error {
	shown, err := c.open(page)
	if err != nil {
		return err
	}
	action, fields, err := formIn(shown, path)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	for i := 0; i < len(changed); i += 2 {
		fields.Set(changed[i], changed[i+1])
	}
	_, err = c.send("POST", action, fields.Encode(), formHeaders(shown), http.StatusSeeOther)
	return err
}

// formHeaders are what a form of that page is sent with, by the browser or by the
// page's script.
func formHeaders(shown string) http.Header {
	headers := aForm.Clone()
	for _, found := range headersTag.FindAllStringSubmatch(shown, -1) {
		var extra map[string]string
		if json.Unmarshal([]byte(html.UnescapeString(found[1])), &extra) == nil {
			for name, value := range extra {
				headers.Set(name, value)
			}
		}
	}
	return headers
}

func (c *customer) logIn(password string) error {
	return c.submit("/login", "/login", "username", c.who.Username, "password", password)
}

// expect reads a setting back.
func (c *customer) expect(setting, value string) error {
	text, err := c.open("/api/me")
	if err != nil {
		return err
	}
	var me struct{ Settings map[string]string }
	if err := json.Unmarshal([]byte(text), &me); err != nil {
		return err
	}
	if me.Settings[setting] != value {
		return fmt.Errorf("%s is %q, not %q", setting, me.Settings[setting], value)
	}
	return nil
}

func (c *customer) shows(path, text string) error {
	shown, err := c.open(path)
	if err == nil && !strings.Contains(shown, text) {
		err = fmt.Errorf("%s does not show %q", path, text)
	}
	return err
}
