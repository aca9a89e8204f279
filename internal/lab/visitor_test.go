package lab

import (
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A visitor is a browser's part in the tests. It keeps cookies by itself
// because the standard jar withholds Secure ones from http even on loopback,
// where browsers send them.
type visitor struct {
	t       *testing.T
	base    string
	cookies map[string]string
	set     []*http.Cookie
}

func visit(t *testing.T, app *Instance) *visitor {
	return &visitor{t: t, base: app.URL, cookies: map[string]string{}}
}

func loggedIn(t *testing.T, app *Instance, i Identity) *visitor {
	v := visit(t, app)
	if a := v.submit("/login", "/login", "username", i.Username, "password", i.Password); a.status != http.StatusSeeOther {
		t.Fatalf("log in to %s as %s: %d %s", app.Variant, i.Name, a.status, a.body)
	}
	return v
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) send(method, path, body string, headers map[string]string) answer {
	v.t.Helper()
	r, err := http.NewRequest(method, v.base+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range response.Cookies() {
		v.set = append(v.set, c)
		v.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	return answer{response.StatusCode, response.Header, string(read)}
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	return v.send("GET", path, "", nil)
}

const urlencoded = "application/x-www-form-urlencoded"

// own are the headers of a request from the application's own pages.
func (v *visitor) own(contentType string) map[string]string {
	return map[string]string{"Content-Type": contentType, "Origin": v.base, "Sec-Fetch-Site": "same-origin"}
}

// foreign are those of one from another site's page.
func foreign(contentType string) map[string]string {
	return map[string]string{"Content-Type": contentType, "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
}

var (
	formPattern  = regexp.MustCompile(`(?s)<form[^>]*? (?:action|data-post)="([^"]*)"(.*?)</form>`)
	sentPattern  = regexp.MustCompile(`data-headers="([^"]*)"`)
	inputPattern = regexp.MustCompile(`<input [^>]*name="([^"]*)" value="([^"]*)"`)
)

// form finds the form with that path in its action.
func (v *visitor) form(page answer, path string) (action string, fields url.Values) {
	v.t.Helper()
	for _, found := range formPattern.FindAllStringSubmatch(page.body, -1) {
		if target, _, _ := strings.Cut(found[1], "?"); target == path {
			fields := url.Values{}
			for _, input := range inputPattern.FindAllStringSubmatch(found[2], -1) {
				fields.Set(input[1], input[2])
			}
			return strings.ReplaceAll(found[1], "&amp;", "&"), fields
		}
	}
	v.t.Fatalf("no form for %s in\n%s", path, page.body)
	return "", nil
}

// submit sends a page's form as its button would, with some fields changed.
func (v *visitor) submit(page, path string, changed ...string) answer {
	v.t.Helper()
	return v.press(v.get(page), path, changed...)
}

func (v *visitor) press(page answer, path string, changed ...string) answer {
	v.t.Helper()
	action, fields := v.form(page, path)
	for i := 0; i < len(changed); i += 2 {
		fields.Set(changed[i], changed[i+1])
	}
	headers := v.own(urlencoded)
	maps.Copy(headers, extras(page))
	return v.send("POST", action, fields.Encode(), headers)
}

// extras are the headers that a page's scripts add to what they send.
func extras(page answer) map[string]string {
	all := map[string]string{}
	for _, found := range sentPattern.FindAllStringSubmatch(page.body, -1) {
		var some map[string]string
		if json.Unmarshal([]byte(html.UnescapeString(found[1])), &some) == nil {
			maps.Copy(all, some)
		}
	}
	return all
}

// forge sends a form as another site's page would.
func (v *visitor) forge(path string, fields ...string) answer {
	v.t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return v.send("POST", path, values.Encode(), foreign(urlencoded))
}
