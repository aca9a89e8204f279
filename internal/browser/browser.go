package browser

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	protocol "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"

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
	// ReadOnly lets pages that are rendered send only GET, HEAD and OPTIONS; what else
	// they ask for is noted and fails. Logins and pages opened otherwise are free.
	ReadOnly bool
	// Keys are hashes of public keys (SHA-256, base64) whose certificates are taken
	// without a question; nil takes every certificate. What another key signs is held
	// against the browser's own authorities. A window asks its user in any case.
	Keys []string
	// Patience is how long a page may take to load before it is stopped and taken
	// as it is; 0 is ten seconds.
	Patience time.Duration
	// Window opens the browser's windows on the display, for a person; the zero value
	// is a browser that nobody sees. A display that cannot be opened is a *DisplayError.
	Window bool
	// Log gets what the browser process prints; nil is silence.
	Log *slog.Logger
}

// A Browser is one running Chromium with its own profile. It is safe for
// concurrent use.
type Browser struct {
	options Options
	version string
	profile string
	process *process
	wire    *wire

	spare  spare
	unhook func() bool // stops watching Start's context
	once   sync.Once
	err    error // of closing
}

// Start starts a browser and returns when it answers. The browser ends with
// Close or when ctx does, and never outlives the process.
func Start(ctx context.Context, o Options) (*Browser, error) {
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	path, err := Find(o.Path)
	if err != nil {
		return nil, err
	}
	if o.Window && !hasDisplay(runtime.GOOS, os.Getenv) {
		return nil, &DisplayError{}
	}
	profile, err := newProfile(o.ThirdParty)
	if err != nil {
		return nil, err
	}
	p, err := launch(path, flags(o, profile), o.Log)
	if err != nil {
		_ = removeProfile(profile)
		return nil, err
	}
	b := &Browser{options: o, profile: profile, process: p, wire: newWire(p)}
	b.unhook = context.AfterFunc(ctx, func() { _ = b.Close() })
	v, err := call(ctx, b.wire.root, protocol.GetVersion, cdp.Empty{})
	if err != nil {
		_ = b.Close()
		if said := p.output.String(); o.Window && displayRefused.MatchString(said) {
			return nil, &DisplayError{Name: os.Getenv("DISPLAY")}
		}
		return nil, fmt.Errorf("start the browser %s: %w\n%s", path, err, p.output.String())
	}
	b.version = version(v.Product)
	return b, nil
}

// version turns the product token of a headless browser into words.
func version(product string) string {
	name, number, _ := strings.Cut(product, "/")
	switch name {
	case "HeadlessChrome", "Chrome":
		name = "Chromium"
	}
	return strings.TrimSpace(name + " " + number)
}

// Version is the product and its version: "Chromium 156.0.8078.79".
func (b *Browser) Version() string { return b.version }

// Ended says whether the browser no longer runs: it was closed, or it died.
func (b *Browser) Ended() bool {
	select {
	case <-b.wire.lost:
		return true
	default:
		return false
	}
}

// Close ends the browser and removes its profile. Everything opened in it is gone
// afterwards; closing twice is harmless.
func (b *Browser) Close() error {
	b.once.Do(func() {
		b.unhook()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_, _ = call(ctx, b.wire.root, protocol.Close, cdp.Empty{}) // it may die before it answers
		b.process.stop(2 * time.Second)
		<-b.wire.lost
		b.err = removeProfile(b.profile)
	})
	return b.err
}
