package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// The proxies, by the names that the goals compare.
const (
	nginxPlain   = "nginx"
	nginxGuard   = "nginx, five headers and cookie flags"
	caddyPlain   = "Caddy"
	caddyMore    = "Caddy, tuned"
	caddyGuard   = "Caddy, tuned, five headers"
	goPlain      = "Go ReverseProxy as the guard has it, without the guard"
	goGuarded    = "the same with the guard"
	programSmall = "mantlet guard"
	programBig   = "mantlet guard, 100 kB page"
	programForms = "mantlet guard --inject-tokens, 100 kB page"
)

// proxies is G5, G6 and the proxied part of G7.
func proxies(t *table, o options) error {
	f, err := newField()
	if f != nil && f.dir != "" {
		defer f.close()
	}
	if err != nil {
		return err
	}
	for _, p := range []struct {
		name, path, wants string
		argv              func(string) ([]string, error)
	}{
		{nginxPlain, "/", "", f.nginx("")}, {nginxGuard, "/", framing, f.nginx(nginxHeaders)},
		{caddyPlain, "/", "", f.caddy("", "")}, {caddyMore, "/", "", f.caddy(caddyTuned, "")}, {caddyGuard, "/", framing, f.caddy(caddyTuned, caddyHeaders)},
		{goPlain, "/", "", f.ours(rolePlain)}, {goGuarded, "/", framing, f.ours(roleGuarded)},
		{programSmall, "/", framing, f.guard()}, {programBig, "/big", framing, f.guard()},
		{programForms, "/big", "Vary: Cookie", f.guard("--inject-tokens")},
	} {
		if err := f.enter(p.name, p.path, p.wants, p.argv); err != nil {
			t.unmeasured("G5", fmt.Errorf("%s: %w", p.name, err))
		}
	}
	if err := f.race(o); err != nil {
		return err
	}
	f.report(t)
	return nil
}

// race puts the same load on one after the other, in an order that changes.
func (f *field) race(o options) error {
	for round := range o.proxyRounds + 1 {
		for _, i := range rand.Perm(len(f.contestants)) {
			c, slice := f.contestants[i], o.proxySlice
			if round == 0 {
				slice /= 3 // to warm up; not counted
			}
			before, err := c.server.cpu()
			if err != nil {
				return err
			}
			requests, took, err := load(c.addr, c.path, c.wants, slice)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			after, err := c.server.cpu()
			if err != nil {
				return err
			}
			if round > 0 && requests > 0 {
				c.rate = append(c.rate, float64(requests)/took.Seconds())
				c.cpu = append(c.cpu, float64(after-before)/float64(time.Microsecond)/float64(requests))
			}
			time.Sleep(50 * time.Millisecond) // connections close
		}
	}
	return nil
}

func (f *field) find(name string) *contestant {
	i := slices.IndexFunc(f.contestants, func(c *contestant) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return f.contestants[i]
}

// within is the median of the ratios of each round; neighbours of a round are the
// same for both.
func within(a, b []float64) float64 {
	ratios := make([]float64, min(len(a), len(b)))
	for i := range ratios {
		ratios[i] = a[i] / b[i]
	}
	return median(ratios)
}

func (f *field) report(t *table) {
	base := f.find(nginxPlain)
	if base == nil {
		base = f.find(goPlain)
	}
	if base == nil {
		t.unmeasured("G5 G6", errors.New("no proxy to compare with came up"))
		return
	}
	for _, c := range f.contestants {
		t.cost("proxies, "+base.name+" is 1: requests a second, CPU for each", c.name, fmt.Sprintf("%.2f", within(c.rate, base.rate)),
			fmt.Sprintf("CPU %.2f; medians %.0f requests/s, %.0f us each", within(c.cpu, base.cpu), median(c.rate), median(c.cpu)))
	}
	f.pair(t, programSmall, nginxPlain, func(a, b *contestant) {
		t.atLeast("G5", "requests/s of mantlet guard, against nginx", 0.45, within(a.rate, b.rate), "%.2f")
		t.atMost("G5", "CPU for a request, against nginx", 4.2, within(a.cpu, b.cpu), "%.2f")
	})
	f.pair(t, programSmall, caddyPlain, func(a, b *contestant) {
		t.atLeast("G5", "requests/s of mantlet guard, against Caddy", 1.5, within(a.rate, b.rate), "%.2f")
		t.atMost("G5", "CPU for a request, against Caddy", 0.65, within(a.cpu, b.cpu), "%.2f")
	})
	f.pair(t, goGuarded, goPlain, func(a, b *contestant) {
		t.atMost("G6", "CPU for a request, against the same proxy without the guard", 1.12, within(a.cpu, b.cpu), "%.2f")
	})
	f.pair(t, programForms, programBig, func(a, b *contestant) {
		t.atMost("G7", "CPU for a page of 100 kB with fields put in, against without", 1.10, within(a.cpu, b.cpu), "%.2f")
	})
}

func (f *field) pair(t *table, ours, theirs string, compare func(a, b *contestant)) {
	a, b := f.find(ours), f.find(theirs)
	if a == nil || b == nil || len(a.rate) == 0 || len(b.rate) == 0 {
		t.unmeasured("G5 G6 G7", fmt.Errorf("%s against %s: one of them could not be measured", ours, theirs))
		return
	}
	compare(a, b)
}
