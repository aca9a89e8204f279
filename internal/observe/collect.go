package observe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// Options say how far to look. The zero value looks as far as the defaults go,
// without a browser.
type Options struct {
	MaxPages int // pages fetched for each identity; 0: 300
	MaxDepth int // clicks away from a start; 0: 8
	// Renderer opens pages that have scripts; nil: what scripts do is only seen as
	// far as they spell it out.
	Renderer Renderer
	// OpenAPI names documents besides those found: a file, a path of the target, or a
	// URL.
	OpenAPI []string
	Seeds   []string // further addresses to start from, absolute or relative to the target
	// Recorded are requests that somebody was recorded to send; those in scope are
	// taken for actions and for addresses to start from.
	Recorded []har.Entry
	// Sockets are WebSockets that no page shows, with messages to send over them.
	Sockets []Socket
	// Deletes is consent to open, on other machines too, one link of each kind that is
	// named like a deletion; see Site.Mutations.
	Deletes bool
	// Log is told about progress; nil: nobody is. It is called from one goroutine.
	Log func(finding.Progress)
}

// A Renderer opens a page in a browser that has the session's cookies.
type Renderer interface {
	Render(ctx context.Context, s *identity.Session, url string) (Rendered, error)
}

// Rendered is a page after its scripts have run.
type Rendered struct {
	HTML     string
	Requests []Request // what the page asked for, itself left out
	Sockets  []RenderedSocket
}

// A RenderedSocket is a WebSocket that a page opened, and what it said over it.
type RenderedSocket struct {
	URL  string
	Sent []string
}

// A Request is one that a page made, by its markup or its scripts.
type Request struct {
	Kind   string // what the answer is for, as Chromium names it: Document, Script, Fetch …; "" is not known
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

const (
	defaultPages = 300
	defaultDepth = 8
	// workers is how many requests are begun at once; the grant holds back more.
	workers = 16
)

// Collect looks at the grant's targets as each session and says what it saw. The
// first session must be anonymous. What could not be looked at is a Skip of the
// site; an error means that there was nothing more to look at: the target cannot be
// reached, of which only Transports may tell, or ctx ended.
//
// With the same answers it gives the same Site: nothing in it depends on which
// answer came first.
func Collect(ctx context.Context, g *scope.Grant, sessions []*identity.Session, o Options) (*Site, error) {
	if len(sessions) == 0 || !sessions[0].IsAnonymous() {
		return nil, errors.New("observe: the first session must be the anonymous one")
	}
	if o.MaxPages <= 0 {
		o.MaxPages = defaultPages
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultDepth
	}
	c := newCollector(ctx, g, sessions, o)
	c.askTransports()
	if err := c.reach(); err != nil {
		return c.site, err
	}
	c.readDocuments()
	c.recogniseSessions()
	c.readRecorded()
	for _, s := range sessions {
		c.crawlAs(s)
	}
	c.compareAsAnonymous()
	c.probeErrors()
	c.askAsForeign()
	c.askGraphQL()
	c.tryDoors()
	c.finish()
	return c.site, ctx.Err()
}

// A collector gathers one Site. Its fields are changed by one goroutine only;
// fetches that run at once hand their results back in order.
type collector struct {
	ctx      context.Context
	grant    *scope.Grant
	sessions []*identity.Session
	o        Options
	site     *Site

	views    []*view          // all that was fetched, in order
	byURL    map[string]*view // identity + URL → GET
	api      *api             // operations of OpenAPI documents
	routes   *routes
	actions  *actions
	scripts  map[string]string   // script files by URL
	spelled  map[string]*spelled // by the text of a script
	seeds    []visit             // for every identity
	apiRead  map[string]bool     // documents that were tried
	skipped  map[finding.Skip]bool
	atOnce   map[string]bool // kinds of links that were seen to change something when followed
	operated []seen          // GraphQL mutations
	ending   map[string]bool // addresses that end the session of whoever opens them
	inert    map[string]bool // pages whose scripts add nothing, see inertKey
	stopped  error           // why nothing more is fetched, nil while it is
	kept     int             // bytes of bodies kept
}

func newCollector(ctx context.Context, g *scope.Grant, sessions []*identity.Session, o Options) *collector {
	c := &collector{ctx: ctx, grant: g, sessions: sessions, o: o, site: &Site{Target: g.Starts()[0]},
		byURL: map[string]*view{}, api: &api{logins: map[string][]string{}}, routes: newRoutes(), actions: newActions(), scripts: map[string]string{}, spelled: map[string]*spelled{},
		apiRead: map[string]bool{}, ending: map[string]bool{}, inert: map[string]bool{}, skipped: map[finding.Skip]bool{}, atOnce: map[string]bool{}}
	for _, s := range sessions {
		c.site.Identities = append(c.site.Identities, s.Name())
	}
	return c
}

// reach fetches the start of each target, so that a target that is not there is an
// error and not an empty site.
func (c *collector) reach() error {
	var firstErr error
	for _, start := range c.grant.Starts() {
		start, _ = c.absolute(start) // Open has parsed it, and found it in scope
		v := c.fetch(c.sessions[0], visit{url: start, purpose: "crawl"})
		if v.err != nil {
			if firstErr == nil {
				firstErr = fmt.Errorf("cannot reach %s: %w", start, v.err)
			}
			continue
		}
		c.keep(v)
		c.seeds = append(c.seeds, visit{url: start, purpose: "crawl"})
		if l := v.exchange.Location; l != "" && c.grant.Allows(l) != nil {
			c.skip(finding.Skip{What: start, Why: "redirects to " + l + ", which is out of scope: scan that address, or add its origin to scope.origins",
				Incomplete: true})
		}
	}
	if len(c.seeds) == 0 {
		return firstErr
	}
	if firstErr != nil {
		c.skip(finding.Skip{What: "target", Why: firstErr.Error(), Incomplete: true})
	}
	for _, seed := range c.o.Seeds {
		if u, ok := c.absolute(seed); ok {
			c.seeds = append(c.seeds, visit{url: u, purpose: "crawl"})
		} else {
			c.skip(finding.Skip{What: seed, Why: "the seed is no address of the target", Incomplete: true})
		}
	}
	return nil
}

// skip records once what was not looked at.
func (c *collector) skip(s finding.Skip) {
	s.What, s.Why = c.grant.Redactor().Text(s.What), c.grant.Redactor().Text(s.Why)
	if !c.skipped[s] {
		c.skipped[s] = true
		c.site.Skips = append(c.site.Skips, s)
	}
}

func (c *collector) progress(format string, args ...any) {
	if c.o.Log != nil {
		c.o.Log(finding.Progress{Phase: "discover", Text: fmt.Sprintf(format, args...), Done: len(c.views), Requests: c.grant.Requests()})
	}
}

// parallel calls do for 0 to n-1, several at once, and returns when all are done.
func parallel(n, atOnce int, do func(int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	wg.Wait()
}
