package observe

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/markup"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// A visit is an address to fetch and how it was come by.
type visit struct {
	url     string
	purpose string
	depth   int
	// documented: an OpenAPI document names it.
	documented bool
	from       string // for a bold visit: the page that had the link; else ""
}

// A view is what one identity saw at one address.
type view struct {
	visit    visit
	session  *identity.Session
	exchange *Exchange
	body     []byte           // as it came, secrets included
	page     *markup.Document // nil if it is no HTML, or cannot be read; as rendered if it was
	sent     *markup.Document // page as the server sent it
	rendered *Rendered
	setLines []string
	sort     string // see kind
	err      error
}

const (
	// keptBodies is how many bytes of bodies a Site holds before it keeps only the
	// beginning of further ones.
	keptBodies = 64 << 20
	keptStart  = 16 << 10
)

// fetch gets one address as a session. It changes nothing of c.
func (c *collector) fetch(s *identity.Session, to visit) *view {
	v := &view{visit: to, session: s}
	req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, to.url, nil)
	if err != nil {
		v.err = err
		return v
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	resp, err := s.Do(req)
	if err != nil {
		v.err = err
		return v
	}
	body, cut, err := scope.ReadBody(resp)
	if err != nil && len(body) == 0 {
		v.err = fmt.Errorf("read answer: %w", err)
		return v
	}
	v.setLines = resp.Header.Values("Set-Cookie")
	v.body = body
	v.exchange = &Exchange{Identity: s.Name(), Method: http.MethodGet, URL: to.url, Purpose: to.purpose, Documented: to.documented, Status: resp.StatusCode,
		Header: resp.Header, Type: mediaType(resp.Header.Get("Content-Type")), Cut: cut || err != nil,
		Location: location(req.URL, resp)}
	if isHTML(v.exchange.Type) {
		// A page that cannot be parsed has nothing to click; keep says so.
		v.page, _ = markup.Parse(body, req.URL)
		v.sent = v.page
	}
	return v
}

func isHTML(mediaType string) bool {
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}

func mediaType(header string) string {
	kind, _, err := mime.ParseMediaType(header)
	if err != nil {
		// Parameters that cannot be read do not keep a browser from the type.
		kind, _, _ = strings.Cut(header, ";")
	}
	return strings.ToLower(strings.TrimSpace(kind))
}

func location(at *url.URL, resp *http.Response) string {
	l := resp.Header.Get("Location")
	if l == "" || resp.StatusCode < 300 || resp.StatusCode >= 400 {
		return ""
	}
	u, err := at.Parse(l)
	if err != nil {
		return ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// keep takes a view into the site.
func (c *collector) keep(v *view) {
	x := v.exchange
	c.views = append(c.views, v)
	c.byURL[viewKey(x.Identity, x.URL)] = v
	x.Body = v.body
	if c.kept += len(v.body); c.kept > keptBodies && len(x.Body) > keptStart {
		x.Body, x.Cut = x.Body[:keptStart:keptStart], true
	}
	if x.Cut {
		c.skip(finding.Skip{What: x.URL, Why: "the answer was longer than the limit and was read up to there"})
	}
	if isHTML(x.Type) && v.page == nil {
		c.skip(finding.Skip{What: x.URL, Why: "the page is nested too deeply to be read"})
	}
	if x.Location != "" && c.grant.Allows(x.Location) != nil {
		c.skip(finding.Skip{What: x.URL, Why: "redirects to " + x.Location + ", which is out of scope and was not followed"})
	}
}

func viewKey(identity, rawURL string) string { return identity + " " + rawURL }

// fetchAll fetches several addresses at once and returns the views in the order
// asked for; those that failed are left out and recorded as skips.
func (c *collector) fetchAll(s *identity.Session, visits []visit) []*view {
	all := make([]*view, len(visits))
	parallel(len(visits), workers, func(i int) { all[i] = c.fetch(s, visits[i]) })
	var good []*view
	for _, v := range all {
		if v.err == nil {
			good = append(good, v)
			continue
		}
		c.noteFailure(v)
	}
	return good
}

// noteFailure tells what ends the whole scan from what spoils one page.
func (c *collector) noteFailure(v *view) {
	switch {
	case c.ctx.Err() != nil:
		c.stopped = c.ctx.Err()
	case errors.Is(v.err, scope.ErrBudget):
		c.stopped = v.err
		c.skip(finding.Skip{What: "discovery", Why: "the request budget was used up before every page was seen", Incomplete: true})
	case errors.Is(v.err, scope.ErrUnreachable):
		c.stopped = v.err
		c.skip(finding.Skip{What: "discovery", Why: "the target stopped answering", Incomplete: true})
	case errors.Is(v.err, scope.ErrOutOfScope):
		// Left out on purpose; the scope is the user's own choice.
	default:
		c.skip(finding.Skip{What: v.visit.url, Why: "no answer: " + v.err.Error()})
	}
}

// absolute resolves a reference of the user's against the first target.
func (c *collector) absolute(ref string) (string, bool) {
	base, err := url.Parse(c.site.Target)
	if err != nil {
		return "", false
	}
	u, err := base.Parse(ref)
	if err != nil {
		return "", false
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), c.grant.Allows(u.String()) == nil
}
