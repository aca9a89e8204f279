// Package record takes down what a person does with an application in a browser window
// of Mantlet's own: logs in, clicks through it, closes the window. What comes out is a
// recording like one that was exported from developer tools, without its secrets:
// passwords, cookies and tokens are replaced by texts of the same shape before anything
// leaves the package, and requests to other sites are not taken down at all.
package record

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/policy"
)

// Options say where to begin, and with which browser.
type Options struct {
	URL     string
	Browser string // path of the program, "" for an installed one
	// Progress is told what has been seen whenever that has become more; nil is silence.
	Progress func(Seen)
}

// Seen counts what was taken down so far.
type Seen struct{ Requests, Forms, Sockets int }

const (
	// look is how often the window is looked at.
	look = 250 * time.Millisecond
	// patience is how many looks in a row must find no tab: pages that were loaded
	// ahead take the place of a tab in two steps.
	patience = 4
)

// Window opens a window at o.URL and records until it is closed or ctx ends; both give
// what was recorded. An error means that nothing was.
func Window(ctx context.Context, o Options) (har.Recording, error) {
	start, err := policy.OriginOfURL(o.URL)
	if err != nil {
		return har.Recording{}, err
	}
	// The browser outlives ctx by a moment, so that Ctrl-C loses nothing.
	b, err := browser.Start(context.WithoutCancel(ctx), browser.Options{Path: o.Browser, Window: true})
	if err != nil {
		return har.Recording{}, err
	}
	defer b.Close()
	w, err := b.Watch(ctx, o.URL)
	if err != nil {
		return har.Recording{}, fmt.Errorf("open a window at %s: %w", o.URL, err)
	}
	follow(ctx, w, start, o.Progress)
	r := taken(w, start)
	if len(r.Entries) == 0 {
		return har.Recording{}, errors.New("the window was closed before the application answered: nothing was recorded")
	}
	return withoutSecrets(r), nil
}

// follow returns when the window is closed or ctx ends.
func follow(ctx context.Context, w *browser.Watch, start policy.Origin, progress func(Seen)) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	var last Seen
	for closed := 0; closed < patience; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if now := count(taken(w, start)); progress != nil && now != last {
			progress(now)
			last = now
		}
		if closed++; w.Open() {
			closed = 0
		}
	}
}

func count(r har.Recording) Seen {
	var s Seen
	for _, e := range r.Entries {
		switch {
		case e.Socket:
			s.Sockets++
			continue
		case e.Method != http.MethodGet && e.Method != http.MethodHead && e.Method != http.MethodOptions:
			s.Forms++
		}
		s.Requests++
	}
	return s
}
