package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// newExplainCommand is the manual of the weaknesses, offline.
func newExplainCommand(e *env) *cobra.Command {
	var framework string
	cmd := &cobra.Command{
		Use:     "explain [WEAKNESS]",
		Short:   "Explain a weakness: how it is tested, when it is none, how to mend it",
		Example: "  mantlet explain csrf --framework fastapi",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listWeaknesses(e)
			}
			return explain(e, args[0], framework)
		},
	}
	cmd.Flags().StringVar(&framework, "framework", "", "remedy for fastapi, flask, django, go; all of them if empty")
	return cmd
}

func listWeaknesses(e *env) error {
	for _, w := range finding.AllWeaknesses() {
		d, _ := finding.Describe(w)
		fmt.Fprintf(e.stdout, "%-26s %s\n", w, d.Title)
	}
	return nil
}

func explain(e *env, name, framework string) error {
	d, ok := finding.Describe(weaknessIn(name))
	if !ok {
		return fmt.Errorf("there is no weakness %q; mantlet explain lists them", name)
	}
	fmt.Fprintf(e.stdout, "# %s\n\n%s\n", d.Title, strings.TrimSpace(d.Text))
	frameworks := make([]string, 0, len(d.Remedies))
	for f := range d.Remedies {
		if framework == "" || f == framework {
			frameworks = append(frameworks, f)
		}
	}
	if len(frameworks) == 0 {
		frameworks = []string{finding.AnyFramework}
	}
	slices.Sort(frameworks)
	for _, f := range frameworks {
		fmt.Fprintf(e.stdout, "\n## Remedy (%s)\n\n%s\n", f, strings.TrimSpace(d.Remedy(f)))
	}
	fmt.Fprintf(e.stdout, "\n%s\n", references(d.References))
	return nil
}

// weaknessIn takes a finding's id for the weakness it begins with.
func weaknessIn(name string) finding.Weakness {
	if _, ok := finding.Describe(finding.Weakness(name)); ok {
		return finding.Weakness(name)
	}
	if cut := strings.LastIndexByte(name, '-'); cut > 0 {
		return finding.Weakness(name[:cut])
	}
	return finding.Weakness(name)
}

func references(r finding.References) string {
	parts := []string{"References: " + strings.Join(r.CWE, ", ")}
	add := func(list string, mappings []finding.Mapping) {
		for _, m := range mappings {
			parts = append(parts, fmt.Sprintf("%s %s (%s)", list, m.ID, m.Fit))
		}
	}
	add("OWASP API 2023", r.OWASPAPI2023)
	for _, id := range r.ASVS5 {
		parts = append(parts, "ASVS 5 "+id)
	}
	add("PCI DSS 4.0.1", r.PCIDSS401)
	return strings.Join(parts, "; ")
}
