package identity

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
	"github.com/mantlet-dev/mantlet/policy"
)

// loginByForm loads the page with the form and submits it as a browser would.
func (s *Session) loginByForm(ctx context.Context) (*answer, error) {
	f := s.spec.Form
	u, err := within(s.target(), f.URL)
	if err != nil {
		return nil, s.failed(nil, "the login URL cannot be read", "check login.form.url", err)
	}
	page, err := s.get(ctx, u.String())
	if err != nil {
		return nil, s.failed(nil, "the login page did not load", "check login.form.url and that the target runs", err)
	}
	form, err := f.choose(page)
	if err != nil {
		return nil, s.failed(page, err.Error(), "check login.form.url and the names of fields and secrets; if a script draws the form, set login.form.browser to true", nil)
	}
	req, err := f.request(ctx, page, form)
	if err != nil {
		return nil, s.failed(page, "the form cannot be submitted", "check login.form.submit", err)
	}
	end, err := s.send(req)
	if err != nil {
		return nil, s.failed(page, "the form was submitted and the answer was lost", "", err)
	}
	if why := s.refused(end, page, req.URL, f.Success); why != "" {
		return nil, s.failed(end, why, "check user name, password and login.form.success", nil)
	}
	return end, nil
}

// refused says why an answer to what was sent to is no successful login, "" if it may
// be one. The form need not be shown again where it stood: many sites show it wherever
// a login is missing, and answer at an address of its own.
func (s *Session) refused(end, page *answer, to *url.URL, success Success) string {
	if !success.isZero() {
		return success.judge(end, s.jar)
	}
	if end.status >= 400 {
		return "the answer was an error"
	}
	if end.page != nil && (end.url.Path == page.url.Path && hasPassword(end.page) || asksAgain(end.page, to)) {
		return "the login form was shown again"
	}
	return ""
}

// asksAgain says whether a page has a form with a password that leads to that address.
func asksAgain(d *markup.Document, to *url.URL) bool {
	return slices.ContainsFunc(d.Forms(), func(f markup.Form) bool {
		u, err := url.Parse(f.URL)
		return err == nil && passwordIn(f) && f.Method == http.MethodPost && u.Host == to.Host && u.Path == to.Path
	})
}

func hasPassword(d *markup.Document) bool {
	return slices.ContainsFunc(d.Forms(), func(f markup.Form) bool { return passwordIn(f) })
}

func passwordIn(f markup.Form) bool {
	return slices.ContainsFunc(f.Fields, func(f finding.Field) bool { return f.Type == "password" })
}

// choose finds the form that has all the fields of the spec; among several the one
// that asks for a password.
func (f *FormLogin) choose(page *answer) (markup.Form, error) {
	if page.page == nil {
		return markup.Form{}, fmt.Errorf("the login page is no HTML")
	}
	wanted := merged(f.Fields, f.Secrets)
	forms := page.page.Forms()
	slices.SortStableFunc(forms, func(a, b markup.Form) int { return rank(b) - rank(a) })
	var seen []string
	for _, form := range forms {
		missing := false
		names := map[string]bool{}
		for _, field := range form.Fields {
			names[field.Name] = true
		}
		for name := range wanted {
			missing = missing || !names[name]
		}
		if !missing {
			return form, nil
		}
		seen = append(seen, "("+strings.Join(slices.Sorted(maps.Keys(names)), ", ")+")")
	}
	if len(forms) == 0 {
		return markup.Form{}, fmt.Errorf("the login page has no form")
	}
	return markup.Form{}, fmt.Errorf("no form on the login page has the fields %s; it has %s",
		strings.Join(slices.Sorted(maps.Keys(wanted)), ", "), strings.Join(seen, " and "))
}

func rank(f markup.Form) int {
	if passwordIn(f) {
		return 1
	}
	return 0
}

// request is what a browser sends when the filled-in form is submitted.
func (f *FormLogin) request(ctx context.Context, page *answer, form markup.Form) (*http.Request, error) {
	submit, err := f.button(page.page, form)
	if err != nil {
		return nil, err
	}
	pairs := fill(form, submit, merged(f.Fields, f.Secrets))
	if submit.Method == http.MethodGet {
		u, err := url.Parse(submit.URL)
		if err != nil {
			return nil, err
		}
		u.RawQuery = encodeURL(pairs)
		return browserRequest(ctx, http.MethodGet, u.String(), page.url, nil, "")
	}
	body, kind := encode(pairs, submit.Encoding)
	return browserRequest(ctx, http.MethodPost, submit.URL, page.url, body, kind)
}

// button is the control that submits the form: the one the spec names, else the
// first.
func (f *FormLogin) button(d *markup.Document, form markup.Form) (markup.Submit, error) {
	plain := markup.Submit{Method: form.Method, URL: form.URL, Encoding: form.Encoding}
	if f.Submit == "" {
		if len(form.Submits) > 0 {
			return form.Submits[0], nil
		}
		return plain, nil
	}
	found, err := d.Find(f.Submit)
	if err != nil {
		return plain, err
	}
	for _, s := range form.Submits {
		if slices.Contains(found, s.Selector) {
			return s, nil
		}
	}
	return plain, fmt.Errorf("no submit button of the form matches %q", f.Submit)
}

// fill gives the name and value pairs to send, in the form's order.
func fill(form markup.Form, submit markup.Submit, values map[string]string) [][2]string {
	var pairs [][2]string
	for _, field := range form.Fields {
		value, given := values[field.Name]
		if !given {
			unticked := (field.Type == "checkbox" || field.Type == "radio") && field.Value == ""
			if unticked {
				continue
			}
			value = field.Value
		}
		pairs = append(pairs, [2]string{field.Name, value})
	}
	if submit.Name != "" {
		pairs = append(pairs, [2]string{submit.Name, submit.Value})
	}
	return pairs
}

func encode(pairs [][2]string, encoding string) (body []byte, contentType string) {
	var b bytes.Buffer
	switch encoding {
	case finding.EncodingMultipart:
		w := multipart.NewWriter(&b)
		for _, p := range pairs {
			w.WriteField(p[0], p[1]) // a bytes.Buffer takes everything
		}
		w.Close()
		return b.Bytes(), w.FormDataContentType()
	case finding.EncodingText:
		for _, p := range pairs {
			fmt.Fprintf(&b, "%s=%s\r\n", p[0], p[1])
		}
		return b.Bytes(), finding.EncodingText
	}
	return []byte(encodeURL(pairs)), finding.EncodingURL
}

func encodeURL(pairs [][2]string) string {
	var parts []string
	for _, p := range pairs {
		parts = append(parts, url.QueryEscape(p[0])+"="+url.QueryEscape(p[1]))
	}
	return strings.Join(parts, "&")
}

// browserRequest carries the headers that a browser adds to a same-origin form
// submission, so that a target which checks them lets the login pass.
func browserRequest(ctx context.Context, method, to string, from *url.URL, body []byte, contentType string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", acceptPage)
	req.Header.Set("Referer", (&url.URL{Scheme: from.Scheme, Host: from.Host, Path: from.Path, RawPath: from.RawPath, RawQuery: from.RawQuery}).String())
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	req.Header.Set("Sec-Fetch-Dest", "document")
	req.Header.Set("Sec-Fetch-User", "?1")
	req.Header.Set("Sec-Fetch-Site", relation(from.String(), to))
	if method != http.MethodGet {
		req.Header.Set("Content-Type", contentType)
		if o, err := policy.OriginOfURL(from.String()); err == nil {
			req.Header.Set("Origin", o.String())
		}
	}
	return req, nil
}

// relation is the Sec-Fetch-Site of a request from one page to another.
func relation(from, to string) string {
	a, errA := policy.OriginOfURL(from)
	b, errB := policy.OriginOfURL(to)
	switch {
	case errA != nil || errB != nil:
		return "cross-site"
	case a.Same(b):
		return "same-origin"
	case a.SameSite(b):
		return "same-site"
	}
	return "cross-site"
}
