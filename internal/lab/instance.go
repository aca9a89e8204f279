package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// An Identity is somebody to log in as, at /login with the fields username and
// password. Passwords of the lab are throw-away.
type Identity struct {
	Name     string
	Username string
	Password string
	Role     string // "admin" for those who may do more than others, else empty
}

// PasswordVariable is the environment variable a scanner's configuration names
// for the identity's password.
func (i Identity) PasswordVariable() string { return passwordVariable(i.Username) }

// An Instance is one running application of the lab.
type Instance struct {
	App       string // as in the truth file, like the two that follow
	Framework string
	Variant   string
	Truth     []TruthRow

	URL        string // the origin, without a slash at the end
	Identities []Identity
	// Config is the path of a scanner configuration that fits but for the
	// addresses; empty when there is none.
	Config string
	// DynamoDB is where the state is; nil when it is in memory.
	DynamoDB *Tables
	// Embedded is the application itself when it runs in this process, else nil.
	Embedded *App

	stop  func() error
	suite func(ctx context.Context, base string, tests ...string) *exec.Cmd
}

// Tables says where an instance keeps its state.
type Tables struct {
	Endpoint string
	Region   string
	Names    []string
}

// Stop ends what was started for this instance, and nothing else. Calling it
// again is fine.
func (i *Instance) Stop() error {
	if i == nil || i.stop == nil {
		return nil
	}
	stop := i.stop
	i.stop = nil
	return stop()
}

// Suite is the application's own functional tests as a command that has not
// started, against base: the instance's URL or that of a proxy before it. Tests
// narrow it; "Works" are those that hold for both variants and behind anything
// that lets an application's own pages work. Nil for an embedded application.
func (i *Instance) Suite(ctx context.Context, base string, tests ...string) *exec.Cmd {
	if i.suite == nil {
		return nil
	}
	return i.suite(ctx, base, tests...)
}

// StartEmbedded serves the shop on a free port of loopback. Variant is "weak",
// "repaired", "lax" or one of Protected.
func StartEmbedded(variant string) (*Instance, error) {
	return StartEmbeddedAt(variant, "127.0.0.1:0")
}

// StartEmbeddedAt is StartEmbedded at a chosen loopback address.
func StartEmbeddedAt(variant, address string) (*Instance, error) {
	shops := map[string]func() *App{"weak": Weak, "repaired": Repaired, "lax": Lax}
	open := func() *App { return openProtected(variant) }
	if shops[variant] != nil {
		open = shops[variant]
	} else if !slices.Contains(Protected(), variant) {
		return nil, fmt.Errorf("start embedded lab: there is no variant %q; weak, repaired, lax, %s are", variant, strings.Join(Protected(), ", "))
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("start embedded lab: %w", err)
	}
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		listener.Close()
		return nil, fmt.Errorf("start embedded lab: %s is not a loopback address, and the shop is weak", address)
	}
	app := open()
	server := &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return &Instance{
		App:        app.truth.App,
		Framework:  app.truth.Framework,
		Variant:    app.truth.Variant,
		Truth:      app.truth.Rows,
		URL:        "http://" + listener.Addr().String(),
		Identities: app.Identities(),
		Embedded:   app,
		stop: func() error {
			// Browsers keep connections open; there is nothing worth waiting for.
			closed := server.Close()
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve embedded lab: %w", err)
			}
			return closed
		},
	}, nil
}

// sleep waits, or returns the context's error if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
