// Command bench holds what the guard costs against what its peers cost, in one run:
// goals G1 to G7 and G12 of the guard. Every number is a ratio or a count, since the
// machine is shared with whatever else runs there, and cases that are compared take
// turns. It is a module of its own so that nobody who uses Mantlet downloads the peers.
//
// What is not installed is said not to be measured. A missed goal is reported and is
// status 0 unless -strict is given.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	o := options{}
	flag.IntVar(&o.rounds, "rounds", 25, "rounds in which the cases take turns")
	flag.DurationVar(&o.slice, "slice", 15*time.Millisecond, "CPU time of one case in one round")
	flag.IntVar(&o.proxyRounds, "proxy-rounds", 25, "rounds of the proxies")
	flag.DurationVar(&o.proxySlice, "proxy-slice", 400*time.Millisecond, "load on one proxy in one round")
	flag.StringVar(&o.only, "only", "", "a goal, as G5; all without it")
	flag.StringVar(&o.markdown, "markdown", "", "also write the table to this file")
	strict := flag.Bool("strict", false, "status 1 if a goal is missed")
	role := flag.String("role", "", "for the program itself: be this server")
	addr := flag.String("addr", "", "where the role listens")
	upstream := flag.String("upstream", "", "what the role is in front of")
	flag.Parse()
	if *role != "" {
		if err := serve(*role, *addr, *upstream); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(2)
		}
		return
	}
	t := &table{}
	run(t, o)
	t.print(os.Stdout)
	if o.markdown != "" {
		if err := os.WriteFile(o.markdown, []byte(t.asMarkdown()), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(2)
		}
	}
	if *strict && t.missed() > 0 {
		os.Exit(1)
	}
}

type options struct {
	rounds      int
	slice       time.Duration
	proxyRounds int
	proxySlice  time.Duration
	only        string
	markdown    string
}

func run(t *table, o options) {
	for _, part := range []struct {
		goals string
		run   func(*table, options) error
	}{
		{"G1 G2 G3", requests}, {"G4", tokens}, {"G7", injection}, {"G12", store}, {"G5 G6 G7", proxies},
	} {
		if !wanted(part.goals, o.only) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s ...\n", part.goals)
		if err := part.run(t, o); err != nil {
			t.unmeasured(part.goals, err)
		}
	}
}
