package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// stopPause is how often the kill switch is looked at.
const stopPause = 200 * time.Millisecond

// stoppable gives a context that ends when there is a file called path: a kill switch
// for who cannot send a signal. A file that is there already is a refusal. However the
// context ends, the user is told what happens now. Release ends the watch.
func stoppable(ctx context.Context, e *env, path string) (_ context.Context, release func(), err error) {
	if path != "" && isThere(path) {
		return nil, nil, exitError{exitRefused, fmt.Errorf("the file %s says stop; remove it to scan", path)}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(ctx, func() {
		fmt.Fprintf(e.stderr, "mantlet: %s: no new attack is started and changes are being undone; a second Ctrl-C ends at once\n", why(ctx))
	})
	if path != "" {
		go watchFor(ctx, cancel, path)
	}
	return ctx, func() { unhook(); cancel(nil) }, nil
}

func watchFor(ctx context.Context, cancel context.CancelCauseFunc, path string) {
	ticker := time.NewTicker(stopPause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if isThere(path) {
				cancel(fmt.Errorf("stopped by the file %s", path))
				return
			}
		}
	}
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// why says what ended ctx.
func why(ctx context.Context) string {
	if cause := context.Cause(ctx); cause != nil && cause != context.Canceled {
		return cause.Error()
	}
	return "interrupted"
}
