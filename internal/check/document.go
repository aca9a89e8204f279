package check

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// A document is a response that a browser would show in a frame, and what its
// headers say about that.
type document struct {
	*observe.Exchange
	page    *observe.Page // nil where observe made none of it
	origin  policy.Origin
	framing policy.Framing
}

// documents are the documents of the site, one per route: as the first identity
// that was shown a page there, or else as a visitor.
func documents(site *observe.Site) []document {
	pages := map[*observe.Exchange]*observe.Page{}
	for _, page := range site.Pages {
		pages[page.Exchange] = page
	}
	index := map[string]int{}
	var list []document
	for _, x := range site.Exchanges {
		d, ok := readDocument(x, pages[x])
		if !ok {
			continue
		}
		i, known := index[x.Route]
		if !known {
			index[x.Route] = len(list)
			list = append(list, d)
		} else if d.betterThan(list[i]) {
			list[i] = d
		}
	}
	slices.SortStableFunc(list, func(a, b document) int { return strings.Compare(a.Route, b.Route) })
	return list
}

func readDocument(x *observe.Exchange, page *observe.Page) (document, bool) {
	redirect := x.Status >= 300 && x.Status < 400 && x.Location != ""
	if x.Method != "GET" || redirect || !x.IsDocument() || policy.NoDocument(x.Status, x.Lines()) != "" {
		return document{}, false
	}
	origin, err := policy.OriginOfURL(x.URL)
	if err != nil {
		return document{}, false
	}
	return document{Exchange: x, page: page, origin: origin, framing: policy.FramingOf(x.Header)}, true
}

// betterThan prefers what a logged-in user is shown, and successes over errors.
func (d document) betterThan(other document) bool {
	if ok := d.Status < 400; ok != (other.Status < 400) {
		return ok
	}
	return d.Identity != "" && other.Identity == ""
}

func (d document) endpoint() finding.Endpoint {
	return finding.Endpoint{Method: "GET", Route: d.Route, URL: d.URL}
}

func (d document) path() string {
	if u, err := url.Parse(d.URL); err == nil && u.Path != "" {
		return u.Path
	}
	return "/"
}

// intruders are the strangers that a browser would let frame the document
// although the rules do not allow them to.
func (d document) intruders(rules policy.Rules) []stranger {
	allowed := rules.EmbeddersOf(d.path())
	candidates := append(strangersOf(d.origin), registrants(d.framing, d.origin)...)
	if len(rules.Embedders) > 0 {
		// Who declares embedders means those and no others.
		candidates = append(candidates, partners(d.framing, d.origin)...)
	}
	var list []stranger
	for _, s := range candidates {
		if d.framing.Allows(d.origin, s.origin).Allowed && !slices.Contains(allowed, s.origin.String()) {
			list = append(list, s)
		}
	}
	return list
}

// kind says how a document differs from an ordinary page, "" if it does not.
func (d document) kind() string {
	if d.Status >= 400 {
		return "status " + strconv.Itoa(d.Status)
	}
	if d.Type == "" {
		return "responses without a content type"
	}
	if d.Type != "text/html" {
		return d.Type + " documents"
	}
	for _, value := range d.Header["Content-Type"] {
		// Protections that look for "text/html" miss other spellings.
		if written, _, _ := strings.Cut(value, ";"); written != strings.ToLower(written) {
			return "pages whose type is written " + strconv.Quote(strings.TrimSpace(written))
		}
	}
	return ""
}

// forgotten is why a protection of ordinary pages misses the document: it does
// not see how errors are answered, or looks for text/html.
func (d document) forgotten() string {
	if d.Status >= 400 {
		return "error pages"
	}
	return "documents of other types"
}

// hasControl says whether there is something to click that changes state.
func (d document) hasControl(site *observe.Site) bool {
	if d.page == nil {
		return false
	}
	return slices.ContainsFunc(d.page.Controls, func(c observe.Control) bool {
		return c.Action < 0 || c.Action >= len(site.Actions) || site.Actions[c.Action].Method != "GET" || c.Sensitive != ""
	})
}
