package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// A table is what was measured, in the order of the measurements.
type table struct {
	notes []string
	goals []goal
	costs []cost
}

// A goal is one bound of section 9 and what was seen.
type goal struct{ name, what, bound, seen, verdict string }

// A cost is one case beside the others of its group.
type cost struct{ group, name, ratio, detail string }

const (
	met     = "met"
	missed  = "MISSED"
	unknown = "not measured"
)

// atMost notes a goal that holds if seen is at most bound; format writes both.
func (t *table) atMost(name, what string, bound, seen float64, format string) {
	verdict := met
	if !(seen <= bound) {
		verdict = missed
	}
	t.goals = append(t.goals, goal{name, what, "at most " + fmt.Sprintf(format, bound), fmt.Sprintf(format, seen), verdict})
}

// atLeast is atMost the other way round.
func (t *table) atLeast(name, what string, bound, seen float64, format string) {
	verdict := met
	if !(seen >= bound) {
		verdict = missed
	}
	t.goals = append(t.goals, goal{name, what, "at least " + fmt.Sprintf(format, bound), fmt.Sprintf(format, seen), verdict})
}

// unmeasured notes that something could not be looked at: that is no success.
func (t *table) unmeasured(name string, why error) {
	t.goals = append(t.goals, goal{name, why.Error(), "", "", unknown})
}

func (t *table) cost(group, name, ratio, detail string) {
	t.costs = append(t.costs, cost{group, name, ratio, detail})
}

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func (t *table) missed() (n int) {
	for _, g := range t.goals {
		if g.verdict != met {
			n++
		}
	}
	return n
}

func (t *table) print(w io.Writer) {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	group := ""
	for _, c := range t.costs {
		if c.group != group {
			group = c.group
			fmt.Fprintf(out, "\n%s\n", group)
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\n", c.name, c.ratio, c.detail)
	}
	fmt.Fprintf(out, "\ngoals\n")
	for _, g := range t.goals {
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\t%s\n", g.name, g.verdict, g.seen, g.bound, g.what)
	}
	out.Flush()
	for _, n := range t.notes {
		fmt.Fprintf(w, "\n%s", n)
	}
	fmt.Fprintln(w)
}

func (t *table) asMarkdown() string {
	var b strings.Builder
	b.WriteString("| goal | seen | bound | | what |\n| --- | --- | --- | --- | --- |\n")
	for _, g := range t.goals {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", g.name, g.seen, g.bound, g.verdict, g.what)
	}
	group := ""
	for _, c := range t.costs {
		if c.group != group {
			group = c.group
			fmt.Fprintf(&b, "\n**%s**\n\n| case | ratio | |\n| --- | --- | --- |\n", group)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.name, c.ratio, c.detail)
	}
	return b.String()
}

// wanted says whether a part with these goals is asked for.
func wanted(goals, only string) bool {
	if only == "" {
		return true
	}
	for _, g := range strings.Fields(goals) {
		if strings.EqualFold(g, only) {
			return true
		}
	}
	return false
}
