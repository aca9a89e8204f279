package corpus

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// The kinds of Act, in the words of package policy.
const (
	Navigation  = "navigation"
	Typed       = "typed"
	Subframe    = "subframe"
	Subresource = "subresource"
	Socket      = "socket"
	Script      = "script" // document.cookie, no request
)

// opaque is how an opaque origin is written.
const opaque = "null"

// An Act is one request a page makes: where to, who asks, from inside which
// documents, and by what means. Origins are serialised, "null" if opaque.
type Act struct {
	URL       string // where it goes first; redirects may follow
	Kind      string
	Initiator string
	Ancestors []string // innermost first; those that contain the new document, for a Subframe

	Method      string
	Credentials string // "include", "same-origin" or "omit"

	Element   string            // the means: "form", "img", "fetch", "websocket", …
	Mode      string            // of fetch: "cors" or "no-cors"
	Dest      string            // what the response is for, as in Sec-Fetch-Dest
	BodyType  string            // the Content-Type the body brings along
	Upload    bool              // script listens to the upload's progress
	Headers   map[string]string // set by script
	Policy    string            // the referrer policy in force, empty if the default
	Referring string            // the URL the referrer is taken from, empty if it has none
}

// A document is a page that acts.
type document struct {
	origin    string
	ancestors []string
	referring string // its URL as far as it counts as a referrer
	policy    string // its referrer policy
	target    string // the URL the recording's own pages act on
}

// inside is the chain of documents around one that d embeds.
func (d document) inside() []string {
	return append([]string{d.origin}, d.ancestors...)
}

// SetAct is how the context's cookies were set.
func (c Context) SetAct() (Act, error) {
	if top, ok := strings.CutPrefix(c.SetBy, "top-level GET of "); ok {
		return Act{URL: top + "/", Kind: Navigation, Initiator: opaque, Method: "GET"}, nil
	}
	first, _, _ := strings.Cut(c.How, thenSeparator)
	acts, err := c.acts(first)
	if err != nil {
		return Act{}, err
	}
	for _, a := range acts {
		if pathOf(a.URL) == "/set" {
			return a, nil
		}
	}
	return Act{}, fmt.Errorf("context %s: nothing in it sets the cookies", c.Name)
}

const thenSeparator = " ; then "

// ErrNoRequest is given for a context in which the browser asked for nothing.
var ErrNoRequest = errors.New("the browser makes no request in this context")

// Act is the request that might have carried the cookies.
func (c Context) Act() (Act, error) {
	how := c.How
	if first, second, ok := strings.Cut(c.How, thenSeparator); ok {
		switch second {
		case "jsreload":
			// The arrived document reloads itself, so it is the one who asks.
			return Act{URL: c.Target + "/x", Kind: Navigation, Initiator: c.Target, Method: c.Method}, nil
		case "reload", "backforward":
			how = first // the browser repeats the request as it was
		default:
			how = second
		}
	}
	acts, err := c.acts(how)
	if err != nil {
		return Act{}, err
	}
	if len(acts) == 0 {
		if !c.RequestSeen {
			return Act{}, ErrNoRequest
		}
		return Act{}, fmt.Errorf("context %s: cannot tell what its page does", c.Name)
	}
	a := acts[len(acts)-1]
	if c.Method != "DOC" {
		a.Method = c.Method // as it arrived, where a redirect may have changed it
	}
	return a, nil
}

// acts are the requests that how leads to, in order.
func (c Context) acts(how string) ([]Act, error) {
	d := document{origin: c.Page, target: c.Target + "/x"}
	if typed, ok := strings.CutPrefix(how, "address bar: "); ok {
		a := Act{URL: typed, Kind: Typed, Initiator: opaque, Method: "GET"}
		return d.follow(a)
	}
	if html, ok := strings.CutPrefix(how, "top-level data: page: "); ok {
		d.origin = opaque
		how = html
	}
	return d.read(how)
}

// pages are what the recording's own server answers at /page?do=…; T is the
// context's target, O its origin, W the same for sockets.
var pages = map[string]string{
	"fetch":        `<script>fetch('T',{credentials:'include'})</script>`,
	"post":         `<form method=POST action="T"></form>`,
	"ws":           `<script>new WebSocket('W')</script>`,
	"doccookie":    `<script>document.cookie</script>`,
	"iframe":       `<iframe src="T"></iframe>`,
	"iframe-fetch": `<iframe src="O/page?do=fetch"></iframe>`,
	"img":          `<img src="T">`,
	"toplink":      `<a href="T" target=_top></a>`,
	"meta":         `<meta http-equiv=refresh content="0;url=T">`,
	"jsloc":        `<script>location.href='T'</script>`,
}

// follow is a, and what the document it opens does in its turn.
func (d document) follow(a Act) ([]Act, error) {
	u, err := url.Parse(a.URL)
	if err != nil {
		return nil, fmt.Errorf("read act: %w", err)
	}
	do := u.Query().Get("do") + u.Query().Get("then")
	if do == "" || a.Kind == Subresource || a.Kind == Socket {
		return []Act{a}, nil
	}
	page, ok := pages[do]
	if !ok {
		return nil, fmt.Errorf("no page is known that does %q", do)
	}
	opened := document{origin: u.Scheme + "://" + u.Host, target: d.target, referring: a.URL}
	if a.Kind == Subframe {
		opened.ancestors = a.Ancestors
	}
	target, err := url.Parse(d.target)
	if err != nil {
		return nil, fmt.Errorf("read act: %w", err)
	}
	html := strings.NewReplacer(
		`"T"`, `"`+d.target+`"`, `'T'`, `'`+d.target+`'`, "url=T", "url="+d.target,
		`'W'`, `'`+d.target+`'`,
		`"O/`, `"`+target.Scheme+"://"+target.Host+"/",
	).Replace(page)
	next, err := opened.read(html)
	return append([]Act{a}, next...), err
}

func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Path
}
