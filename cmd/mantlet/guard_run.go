package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/mantlet-dev/mantlet/internal/gate"
)

// reloadEvery is how often the files are looked at for changes.
const reloadEvery = 2 * time.Second

// runGuard serves until ctx ends.
func runGuard(ctx context.Context, e *env, f guardFlags) error {
	planner := newGuardPlanner(e, f)
	defer planner.wait()
	first, err := planner.plan()
	if err != nil {
		return err
	}
	var certificates *gate.Certificates
	if first.cert != "" {
		if certificates, err = gate.NewCertificates(first.cert, first.key); err != nil {
			return err
		}
	}
	var proxy gate.Switch
	var left gate.Counter
	load := func() error { return planner.load(first, &proxy, &left, certificates) }
	if err := load(); err != nil {
		return err
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	files := slices.DeleteFunc([]string{f.config, first.cert, first.key}, func(s string) bool { return s == "" })
	go gate.Watch(ctx, files, reloadEvery, hup, load, planner.log)
	return serveGuard(ctx, e, planner, first, &proxy, &left, certificates)
}

// load plans anew and puts the plan into force, all of it or nothing.
func (p *guardPlanner) load(first guardPlan, proxy *gate.Switch, left *gate.Counter, certificates *gate.Certificates) error {
	plan, err := p.plan()
	if err != nil {
		return err
	}
	if plan.gate.Sessions, err = p.sessions(plan.sessions); err != nil {
		return err
	}
	h, err := gate.Build(plan.gate, left)
	if err != nil && p.flags.config != "" {
		return fmt.Errorf("%s: %w", p.flags.config, err)
	}
	if err != nil {
		return err
	}
	if certificates != nil {
		if err := certificates.Load(); err != nil {
			return err
		}
	}
	if plan.listen != first.listen || plan.admin != first.admin || plan.cert != first.cert || plan.key != first.key {
		p.log.Warn("addresses and names of TLS files change at the next start only")
	}
	if len(plan.gate.Rules.Hosts) == 0 {
		p.log.Warn("no hosts are declared, so any Host header is taken, also after DNS rebinding")
	}
	proxy.Set(h)
	return nil
}

// serveGuard opens the listeners; if one fails the other is closed.
func serveGuard(ctx context.Context, e *env, p *guardPlanner, plan guardPlan, proxy *gate.Switch, left *gate.Counter, certificates *gate.Certificates) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	site, err := net.Listen("tcp", plan.listen)
	if err != nil {
		return err
	}
	running, ended := 1, make(chan error, 2)
	scheme := "http"
	if certificates != nil {
		scheme = "https"
	}
	fmt.Fprintf(e.stdout, "guarding %s at %s://%s\n", plan.gate.Upstream.Redacted(), scheme, site.Addr())
	if plan.admin != "" {
		admin, err := net.Listen("tcp", plan.admin)
		if err != nil {
			site.Close()
			return err
		}
		running++
		fmt.Fprintf(e.stdout, "metrics and health at http://%s\n", admin.Addr())
		go func() { ended <- gate.Serve(ctx, admin, gate.Admin(p.metrics, left), nil, gate.Limits{}, p.log) }()
	}
	go func() { ended <- gate.Serve(ctx, site, proxy, certificates, plan.gate.Limits, p.log) }()
	var errs []error
	for range running {
		errs = append(errs, <-ended)
		cancel()
	}
	return errors.Join(errs...)
}
