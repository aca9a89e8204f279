package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/draft"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/record"
)

// fromWindow opens a browser window and drafts from what is done in it.
func (f initFlags) fromWindow(ctx context.Context, e *env) (draft.Draft, error) {
	if f.saved != "" && !f.force && isThere(f.saved) {
		return draft.Draft{}, fmt.Errorf("%s is there already: --force overwrites it, --save-har names another file", f.saved)
	}
	if err := f.free(); err != nil {
		return draft.Draft{}, err // before somebody has clicked through everything
	}
	began := time.Now()
	r, err := watch(ctx, e, record.Options{URL: f.recording, Browser: cmp.Or(f.browser, e.getenv("MANTLET_BROWSER"))})
	if err != nil {
		return draft.Draft{}, explainWindow(err, f.recording)
	}
	d, err := draft.FromWindow(r, f.recording, f.saved)
	if err != nil || f.saved == "" {
		return d, err
	}
	text, err := har.Write(r, "Mantlet", version, began)
	if err == nil {
		err = os.WriteFile(f.saved, text, 0o600)
	}
	if err != nil {
		return d, fmt.Errorf("--save-har: %w", err)
	}
	return d, nil
}

// watch records, and shows on standard error how far it has got.
func watch(ctx context.Context, e *env, o record.Options) (har.Recording, error) {
	fmt.Fprintf(e.stderr, "A browser window opens at %s. Log in, open pages, send forms; log out and in as a second user if you have one.\n", o.URL)
	terminal := isTerminal(e.stderr)
	var last record.Seen
	o.Progress = func(now record.Seen) {
		last = now
		if terminal {
			fmt.Fprintf(e.stderr, "\r\x1b[K%s; close the window when done", seen(now))
		}
	}
	r, err := record.Window(ctx, o)
	if terminal && last != (record.Seen{}) {
		fmt.Fprint(e.stderr, "\r\x1b[K")
	}
	if err == nil {
		fmt.Fprintf(e.stderr, "%s.\n", seen(last))
	}
	return r, err
}

func seen(s record.Seen) string {
	return fmt.Sprintf("%s, %s sent, %s seen", count(s.Requests, "request"), count(s.Forms, "form"), count(s.Sockets, "WebSocket"))
}

// explainWindow says what to do where no window could be opened.
func explainWindow(err error, url string) error {
	var display *browser.DisplayError
	var unreachable *browser.NavigationError
	switch {
	case errors.As(err, &display):
		return fmt.Errorf("no window: %w; run this where you have a desktop (ssh -X sets DISPLAY), or record in the developer tools of any browser, "+
			"export what its network panel shows as HAR and give --record FILE.har", display)
	case errors.As(err, &unreachable):
		return exitError{exitIncomplete, fmt.Errorf("the window could not open %s (%s): is the application running there?", url, unreachable.Text)}
	}
	return err
}
