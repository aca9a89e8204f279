package browser

import (
	"context"
	"log/slog"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Options say what kind of browser to start. The zero value finds one and starts
// it with third-party cookies allowed and a direct connection.
type Options struct {
	// Path is the program; "" looks for an installed one, as Find does.
	Path string
	// ThirdParty is the profile's setting; "" is allowed.
	ThirdParty finding.ThirdParty
	// Proxy is the host:port through which everything goes, loopback too.
	Proxy string
	// Resolve maps host names to addresses ("127.0.0.1"); without a Proxy only,
	// because a proxy resolves names itself.
	Resolve map[string]string
	// ShortLax shortens the time for which a cookie without SameSite rides on
	// cross-site POSTs from two minutes to ten seconds.
	ShortLax bool
	// UserAgent replaces the browser's own; "" leaves it.
	UserAgent string
	// Log gets what the browser process prints and protocol errors; nil is silence.
	Log *slog.Logger
}

// A Browser is one running Chromium with its own profile. It is safe for
// concurrent use.
type Browser struct{}

// Start starts a browser and returns when it answers. The browser ends with
// Close or when ctx does, and never outlives the process.
func Start(ctx context.Context, o Options) (*Browser, error) { return nil, errNotYet }

// Version is the product and its version: "Chromium 156.0.8078.79".
func (b *Browser) Version() string { return "" }

// Close ends the browser and removes its profile.
func (b *Browser) Close() error { return nil }

// Context makes an isolated context that holds cookies and nothing else.
func (b *Browser) Context(ctx context.Context, cookies []Cookie) (*Context, error) {
	return nil, errNotYet
}

// A Context is a user's browser: its pages share cookies and storage, and nothing
// with other Contexts.
type Context struct{}

// Open opens url in a new tab and waits for its load event. A page that does not
// finish loading in time is stopped and returned as it is; an address that cannot
// be loaded at all is a *NavigationError.
func (c *Context) Open(ctx context.Context, url string) (*Page, error) { return nil, errNotYet }

// Cookies are the cookies the Context holds now, with all their attributes.
func (c *Context) Cookies(ctx context.Context) ([]Cookie, error) { return nil, errNotYet }

// Close closes the Context's pages and forgets its cookies.
func (c *Context) Close() {}

// Rendered is a page after its scripts have run.
type Rendered struct {
	URL      string // after redirects
	HTML     string
	Requests []Request
	Sockets  []string
}

// Render opens url in a context of its own, waits until the page asks for nothing
// more (two seconds at most), and says what came of it.
func (b *Browser) Render(ctx context.Context, cookies []Cookie, url string) (Rendered, error) {
	return Rendered{}, errNotYet
}

// Login opens url, fills the fields (by name, or by CSS selector if no element
// has that name), clicks what submit selects ("" submits the form of the last
// field), and returns the cookies the browser holds when the page has settled.
// Whether that is a session is for the caller to find out.
func (b *Browser) Login(ctx context.Context, url string, fields map[string]string, submit string) ([]Cookie, error) {
	return nil, errNotYet
}

// Find returns the program to run: path if it is not empty, else the first
// Chromium or Chrome installed. Its error is a *MissingError.
func Find(path string) (string, error) { return "", errNotYet }

// A MissingError says that no browser was found, and how to get one.
type MissingError struct{ Path string }

func (e *MissingError) Error() string { return "no browser" }

// A NavigationError says that an address could not be loaded.
type NavigationError struct{ URL, Text string }

func (e *NavigationError) Error() string { return "open " + e.URL + ": " + e.Text }
