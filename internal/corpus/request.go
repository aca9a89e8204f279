package corpus

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// A RequestRow is one way to make a request and what arrived of it. In How, X
// and W stand for the target's http and ws URL. An absent header is empty.
type RequestRow struct {
	ID          string   `json:"id"`
	Key         string   `json:"key"`
	Page        string   `json:"page"`
	To          string   `json:"to"`
	Via         string   `json:"via"`
	PageHeaders []string `json:"page_headers"`
	Gesture     bool     `json:"gesture"`
	How         string   `json:"how"`

	Preflight   bool   `json:"preflight"`
	Arrived     bool   `json:"arrived"`
	ArrivedOver string `json:"arrived_over"`
	Method      string `json:"method"`
	ContentType string `json:"content_type"`
	Origin      string `json:"origin"`
	Referer     string `json:"referer"`
	FetchSite   string `json:"sec_fetch_site"`
	FetchMode   string `json:"sec_fetch_mode"`
	FetchDest   string `json:"sec_fetch_dest"`
	FetchUser   string `json:"sec_fetch_user"`
	AskMethod   string `json:"acr_method"`
	AskHeaders  string `json:"acr_headers"`
}

// Report is an Act no page makes by itself: the browser reports a violation of
// the page's policy.
const Report = "report"

var errNotRead = errors.New("what the page does cannot be read from its words")

// Act is the request that the row's page makes.
func (r RequestRow) Act() (Act, error) {
	if r.Page == "address bar" {
		return Act{URL: "X", Kind: Typed, Initiator: opaque, Method: "GET", Element: "typed"}, nil
	}
	d := r.document()
	acts, err := r.headerActs(&d)
	if err != nil {
		return Act{}, err
	}
	if inner := framedPage.FindStringSubmatch(r.How); inner != nil {
		u, err := url.Parse(inner[1])
		if err != nil {
			return Act{}, err
		}
		d = document{origin: u.Scheme + "://" + u.Host, ancestors: d.inside(), referring: inner[1]}
		r.How = framedPages[inner[2]]
	}
	more, err := d.read(r.How)
	if err != nil {
		return Act{}, err
	}
	for _, a := range append(acts, more...) {
		if a.URL == "X" || a.URL == "W" {
			return a, nil
		}
	}
	if strings.Contains(r.How, "method=dialog") {
		return Act{}, ErrNoRequest
	}
	return Act{}, errNotRead
}

// document is the page of the row. The recording served every page under
// /start/ and its row's key, with a query that should not leak.
func (r RequestRow) document() document {
	d := document{origin: r.Page}
	if !strings.HasPrefix(r.Page, "http") {
		d.origin = opaque // data:, about:blank and file: pages at the top
		return d
	}
	d.referring = r.Page + "/start/" + r.Key + "?secret=1"
	return d
}

// headerActs applies the page's own response headers to d, and gives the
// requests they lead to.
func (r RequestRow) headerActs(d *document) ([]Act, error) {
	var acts []Act
	for _, line := range r.PageHeaders {
		name, value, _ := strings.Cut(line, ": ")
		switch strings.ToLower(name) {
		case "referrer-policy":
			d.policy = value
		case "refresh":
			if _, to, ok := strings.Cut(value, "url="); ok {
				acts = append(acts, d.navigation("meta", to, ""))
			}
		case "link":
			more, err := d.read(linkElement(value))
			if err != nil {
				return nil, err
			}
			acts = append(acts, more...)
		case "content-security-policy", "content-security-policy-report-only":
			if strings.Contains(value, "sandbox") && !strings.Contains(value, "allow-same-origin") {
				d.origin, d.referring = opaque, ""
			}
			if _, to, ok := strings.Cut(value, "report-uri "); ok {
				acts = append(acts, d.report(to))
			}
		}
	}
	return acts, nil
}

func (d document) report(to string) Act {
	a := d.act(Report, Subresource, to)
	a.Method, a.Mode, a.Dest, a.Credentials, a.BodyType = "POST", "no-cors", "report", "same-origin", "application/csp-report"
	return a
}

// linkElement writes a Link header as the element it stands for.
func linkElement(value string) string {
	to, rest, _ := strings.Cut(strings.TrimPrefix(value, "<"), ">")
	return `<link href="` + to + `" ` + strings.ReplaceAll(rest, ";", " ") + `>`
}

// Some rows frame a page of the victim's that does something by itself. What it
// holds is not recorded; its name says it.
var (
	framedPage  = regexp.MustCompile(`<iframe [^>]*src="(https?://[^"]+/start/framed-victim-page-(own-[a-z-]+)-inner)"`)
	framedPages = map[string]string{
		"own-form-post":  `<form action="X" method=POST></form>`,
		"own-fetch-post": `fetch('X',{method:'POST',body:'a'})`,
		"own-link-top":   `<a href="X" target=_top>x</a>`,
	}
)
