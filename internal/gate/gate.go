// Package gate runs a guard as a program: a proxy that is rebuilt when its
// configuration changes, behind listeners that bound what clients may take.
//
// What net/http itself answers, 400 to what is no HTTP and 431 to more than a
// mebibyte of headers, goes out before any handler runs and without our headers. It
// is a line of text, the same for everybody; all else is guarded.
package gate

import (
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/forminject"
	"github.com/mantlet-dev/mantlet/policy"
)

// A Config is what one build of the proxy is made from.
type Config struct {
	Upstream *url.URL
	Rules    policy.Rules
	Options  guard.Options
	Inject   bool      // put the token's field into the forms of pages
	Sessions *Sessions // nil: none are kept here
	Answer   time.Duration
	Limits   Limits
}

// Build makes the guarded proxy. left counts the pages that got no field, by why.
func Build(c Config, left *Counter) (http.Handler, error) {
	if c.Options.Tokens.Field == "" {
		c.Options.Tokens.Field = "mantlet_token"
	}
	if len(c.Options.Tokens.Headers) == 0 {
		// Not X-CSRF-Token: that may be the application's own.
		c.Options.Tokens.Headers = []string{"X-Mantlet-Token"}
	}
	if c.Sessions != nil {
		c.Sessions.prepare(&c.Options)
	}
	g, err := guard.New(c.Rules, c.Options)
	if err != nil {
		return nil, err
	}
	var i *injector
	if c.Inject {
		i = &injector{guard: g, field: c.Options.Tokens.Field, left: left}
	}
	h, err := g.Proxy(c.Upstream, c.proxyOptions(i))
	if err != nil {
		return nil, err
	}
	h = c.Limits.bound(h, g)
	if c.Sessions != nil {
		h = c.Sessions.around(h)
	}
	return h, nil
}

// proxyOptions: sessions come before tokens, which are bound to them.
func (c Config) proxyOptions(i *injector) guard.ProxyOptions {
	p := guard.ProxyOptions{Transport: guard.NewTransport(c.Answer)}
	if i == nil && c.Sessions == nil {
		return p
	}
	p.Request = func(out *http.Request) {
		if c.Sessions != nil {
			c.Sessions.request(out)
		}
		if i != nil {
			i.request(out)
		}
	}
	p.Response = func(in *http.Request, res *http.Response) error {
		if c.Sessions != nil {
			if err := c.Sessions.response(c.Options.Principals.PrincipalHeader, in, res); err != nil {
				return err
			}
		}
		if i != nil {
			return i.response(in, res)
		}
		return nil
	}
	return p
}

// injector puts tokens into pages on their way out, and takes them from forms on
// their way in, after the guard has seen them.
type injector struct {
	guard *guard.Guard
	field string
	left  *Counter
}

func (i injector) request(out *http.Request) {
	forminject.AskPlain(out.Header)
	forminject.Strip(out, i.field)
}

func (i injector) response(in *http.Request, res *http.Response) error {
	switch why := forminject.Refuses(res); why {
	case "":
	case forminject.NotHTML, forminject.NoBody:
		return nil
	default:
		i.left.Add(string(why))
		return nil
	}
	make := func() (string, error) { return i.guard.Field(res.Header, in) }
	if err := forminject.Into(res, make, i.guard.Origin(in)); err != nil {
		i.left.Add("no-token") // the page's forms are refused where a token is needed
	}
	return nil
}

// A Switch hands requests to whatever handler was set last.
type Switch struct{ now atomic.Pointer[http.Handler] }

// Set replaces the handler; requests under way stay with the old one.
func (s *Switch) Set(h http.Handler) { s.now.Store(&h) }

func (s *Switch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := s.now.Load()
	if h == nil {
		panic(http.ErrAbortHandler) // better no answer than an unguarded one
	}
	(*h).ServeHTTP(w, r)
}

// A Counter counts by a label from a closed list.
type Counter struct{ counts [8]labelled }

type labelled struct {
	label atomic.Pointer[string]
	n     atomic.Uint64
}

// Add counts one more of label.
func (c *Counter) Add(label string) {
	for i := range c.counts {
		at := &c.counts[i]
		if at.label.Load() == nil {
			at.label.CompareAndSwap(nil, &label)
		}
		if *at.label.Load() == label {
			at.n.Add(1)
			return
		}
	}
}

// Lines are the counts in the Prometheus text format.
func (c *Counter) Lines(name string) (lines []string) {
	for i := range c.counts {
		if label := c.counts[i].label.Load(); label != nil {
			lines = append(lines, fmt.Sprintf("%s{why=%q} %d", name, *label, c.counts[i].n.Load()))
		}
	}
	return lines
}
