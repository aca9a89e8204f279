package identity

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/markup"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// mostRedirects is how many redirects a login may take.
const mostRedirects = 10

// An answer is a response that was read, at the end of its redirects.
type answer struct {
	url      *url.URL
	status   int
	header   http.Header
	location string // where it points to and was not followed to, "" if nowhere
	body     []byte
	page     *markup.Document // nil if it is no HTML
}

func (a *answer) title() string {
	if a.page == nil {
		return ""
	}
	return a.page.Title()
}

// send sends req as the session and follows redirects as far as the scope goes.
func (s *Session) send(req *http.Request) (*answer, error) {
	for hops := 0; ; hops++ {
		resp, err := s.Do(req)
		if err != nil {
			return nil, err
		}
		s.noteLogin(req, resp)
		a, err := read(resp, req.URL)
		if err != nil {
			return nil, err
		}
		if a.location == "" || s.grant.Allows(a.location) != nil {
			return a, nil
		}
		if hops == mostRedirects {
			return nil, fmt.Errorf("more than %d redirects, the last to %s", mostRedirects, a.location)
		}
		if req, err = redirected(req, a); err != nil {
			return nil, err
		}
	}
}

func read(resp *http.Response, at *url.URL) (*answer, error) {
	body, _, err := scope.ReadBody(resp)
	if err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", at.Redacted(), err)
	}
	a := &answer{url: at, status: resp.StatusCode, header: resp.Header, body: body}
	if l := resp.Header.Get("Location"); l != "" && resp.StatusCode >= 300 && resp.StatusCode < 400 {
		if u, err := at.Parse(l); err == nil {
			u.Fragment = ""
			a.location = u.String()
		}
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" || kind == "application/xhtml+xml" {
		// A page that cannot be read is no page: the status still counts.
		a.page, _ = markup.Parse(body, at)
	}
	return a, nil
}

// redirected is the request that a browser sends after a redirect (Fetch, section
// 4.4): POST becomes GET except after 307 and 308.
func redirected(req *http.Request, a *answer) (*http.Request, error) {
	method, body := req.Method, io.Reader(nil)
	keep := a.status == http.StatusTemporaryRedirect || a.status == http.StatusPermanentRedirect
	switch {
	case keep && req.GetBody != nil:
		again, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		body = again
	case !keep && method != http.MethodHead:
		method = http.MethodGet
	}
	next, err := http.NewRequestWithContext(req.Context(), method, a.location, body)
	if err != nil {
		return nil, err
	}
	next.Header.Set("Accept", req.Header.Get("Accept"))
	if keep {
		next.GetBody, next.ContentLength = req.GetBody, req.ContentLength
		next.Header.Set("Content-Type", req.Header.Get("Content-Type"))
	}
	return next, nil
}

func (s *Session) get(ctx context.Context, rawURL string) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", acceptPage)
	return s.send(req)
}

const acceptPage = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// judge holds an answer against what the user said a login looks like.
func (s Success) judge(a *answer, j *jar) string {
	switch {
	case s.Status != 0 && a.status != s.Status:
		return fmt.Sprintf("status %d was expected", s.Status)
	case s.Path != "" && !a.ledTo(s.Path):
		return "it was expected to lead to " + s.Path
	case s.Text != "" && !strings.Contains(string(a.body), s.Text):
		return fmt.Sprintf("the text %q was expected", s.Text)
	case s.Cookie != "" && cookieValues(j)[s.Cookie] == "":
		return fmt.Sprintf("a cookie %q was expected", s.Cookie)
	}
	return ""
}

// ledTo says whether the answer is at a path, or points there.
func (a *answer) ledTo(path string) bool {
	at := a.url.Path
	if u, err := url.Parse(a.location); err == nil && a.location != "" {
		at = u.Path
	}
	return strings.TrimSuffix(at, "/") == strings.TrimSuffix(path, "/")
}
