package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// truths are what is known of every application in that variant.
func truths(t *testing.T, variant string) []Truth {
	t.Helper()
	all := []Truth{embeddedTruth(variant)}
	for _, framework := range Frameworks() {
		truth, err := readTruthFile(filepath.Join(repository, "lab", framework, "truth-"+variant+".json"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, truth)
	}
	return all
}

// R42-R58: everything a scanner looks for is there, in at least two frameworks,
// and repaired beside it; what each application has to have is in each.
func TestEveryWeaknessIsPlantedTwiceAndRepaired(t *testing.T) {
	everywhere := []string{"bola-read", "bola-write", "auth-missing", "auth-function", "property-assignment", "property-excess", "cswsh", "cors-read", "chain"}
	twice := []string{"bola-existence", "auth-session-fixation", "auth-session-logout", "auth-jwt", "auth-token-storage", "postmessage-origin", "race-condition"}
	repaired := truths(t, "repaired")
	for _, weakness := range slices.Concat(everywhere, twice) {
		planted := 0
		for i, app := range truths(t, "weak") {
			here := false
			for _, row := range app.Rows {
				if row.Weakness != weakness {
					continue
				}
				here = here || row.Truth == Vulnerable
				twin := slices.IndexFunc(repaired[i].Rows, func(r TruthRow) bool { return r.Endpoint == row.Endpoint && r.Weakness == weakness })
				if twin < 0 || repaired[i].Rows[twin].Truth != Safe {
					t.Errorf("%s: %s %s has no safe twin in the repaired variant", app.App, row.Endpoint, weakness)
				}
			}
			if here {
				planted++
			} else if slices.Contains(everywhere, weakness) {
				t.Errorf("%s has no %s", app.App, weakness)
			}
		}
		if planted < 2 {
			t.Errorf("%s is planted in %d frameworks", weakness, planted)
		}
	}
}

// At least 60 endpoints change something, and half of them are safe by a defence
// with a name. Each defence stands somewhere.
func TestHalfOfTheStateChangingEndpointsAreSafe(t *testing.T) {
	changing, safe, by := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, app := range truths(t, "weak") {
		for _, row := range app.Rows {
			at := app.App + " " + row.Endpoint
			if !strings.HasPrefix(row.Weakness, "csrf") && row.Weakness != "bola-write" && row.Weakness != "property-assignment" {
				continue
			}
			method, _, _ := strings.Cut(row.Endpoint, " ")
			if method == "GET" && row.Truth == Safe {
				continue // it changes nothing, which is why it is safe
			}
			changing[at] = true
			if row.Weakness == "csrf" && row.Defence != "" {
				if row.Truth != Safe || !slices.Contains(Defences, row.Defence) {
					t.Errorf("%s: defence %q and truth %s", at, row.Defence, row.Truth)
				}
				safe[at] = true
				by[row.Defence]++
			}
		}
	}
	t.Logf("%d endpoints change something, %d are safe: %v", len(changing), len(safe), by)
	if len(changing) < 60 || 2*len(safe) < len(changing) {
		t.Errorf("%d endpoints change something, and %d of them are safe", len(changing), len(safe))
	}
	for _, p := range protections {
		by[p.defence]++
	}
	for _, defence := range Defences {
		if by[defence] == 0 {
			t.Errorf("nothing is safe by %s", defence)
		}
	}
}

// A protected configuration is an application that has no weakness.
func TestTwelveConfigurationsAreProtected(t *testing.T) {
	configurations := truths(t, "repaired")
	for _, name := range Protected() {
		configurations = append(configurations, openProtected(name).Truth())
	}
	for _, c := range configurations {
		for _, row := range c.Rows {
			if row.Truth != Safe {
				t.Errorf("%s %s is vulnerable: %s %s", c.App, c.Variant, row.Endpoint, row.Weakness)
			}
		}
	}
	t.Logf("%d protected configurations", len(configurations))
	if len(configurations) < 12 {
		t.Errorf("%d configurations are protected", len(configurations))
	}
}

// The settings that come along name every person who can log in.
func TestSettingsNameEverybody(t *testing.T) {
	files := map[string][]string{"mantlet.yaml": {"alice", "bob", "carol"}}
	for _, p := range programs {
		files[filepath.Join(repository, "lab", p.framework, "mantlet.yaml")] = p.people
	}
	for path, names := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !strings.Contains(string(text), "- name: "+name+"\n") || !strings.Contains(string(text), passwordVariable(name)) {
				t.Errorf("%s does not name %s", path, name)
			}
		}
	}
}
