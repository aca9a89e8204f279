package report

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A card is one finding laid out for the page.
type card struct {
	finding.Finding
	Anchor       string
	Kind         finding.State    // State, as kindOf
	Level        finding.Severity // Severity, or info for a stranger
	Badge        string
	TitleText    string
	SeverityText string
	Tries        string // what was tried in vain, for refuted findings
	Oracle       string
	Positions    []position
	ByModel      bool
	Shots        []picture
	Pages        []finding.File // attack pages written beside the report
	Remedy       []block
	RemedyFor    string // the framework the remedy is for, "" if general
	Same         string // the anchor of an earlier card with the same Remedy and About, which are empty here
	About        []block
	References   []reference
	Command      string // replays the proof
}

// ReferencesShort is the heading under which the references are folded away.
func (c card) ReferencesShort() string {
	var names []string
	for _, r := range c.References {
		if !slices.Contains(names, r.List) {
			names = append(names, r.List)
		}
	}
	return strings.Join(names, ", ")
}

// A picture is a screenshot; without a Source it is only its caption, which then
// says why.
type picture struct {
	Source template.URL
	Text   string
}

// A reference is one entry of another list; how it fits is known for some lists.
type reference struct{ List, ID, Fit, Note string }

func cardOf(f finding.Finding, anchor string) card {
	c := card{
		Finding: f, Anchor: anchor, Kind: kindOf(f.State), Level: f.Severity, Badge: shownAs(f.State), TitleText: titleOf(f), SeverityText: string(f.Severity),
	}
	if !slices.Contains(finding.Severities, f.Severity) {
		c.Level = finding.Info
	}
	if f.CVSS.Score > 0 {
		c.SeverityText = fmt.Sprintf("%s %.1f", f.Severity, f.CVSS.Score)
	}
	if f.State == finding.Proven {
		c.Command = "mantlet replay " + f.ID
	}
	if n := triesOf(f); n > 0 {
		c.Tries = count(n, triedAs(f)) + " refused."
	}
	for _, r := range vectorTable(f.Vector) {
		c.Positions = append(c.Positions, position{r.From, r.Cookie, outcomeOf(r.Allowed), outcomeOf(r.Blocked)})
		c.ByModel = c.ByModel || byModel(r.Allowed) || byModel(r.Blocked)
	}
	c.describe()
	c.exhibits()
	return c
}

// describe adds what the catalogue knows.
func (c *card) describe() {
	d, ok := finding.Describe(c.Weakness)
	if !ok {
		return
	}
	c.Remedy, c.About = markdown(d.Remedy(c.Framework)), markdown(d.Text)
	if len(c.Remedy) > 0 && c.Remedy[0].Kind == code {
		// Code alone does not say what to aim at; the general text begins with that.
		if general := markdown(d.Remedies[finding.AnyFramework]); len(general) > 0 && general[0].Kind == paragraph {
			c.Remedy = append(general[:1:1], c.Remedy...)
		}
	}
	if _, own := d.Remedies[c.Framework]; own {
		c.RemedyFor = c.Framework
	}
	c.References = references(d.References)
}

// onlyOnce leaves a remedy to the first card that has it: thirty routes with one
// weakness need one repair, and a report that can be read.
func onlyOnce(cards []card) {
	first := map[string]string{}
	for i := range cards {
		c := &cards[i]
		if len(c.Remedy) == 0 {
			continue
		}
		key := string(c.Weakness) + "\x00" + c.RemedyFor
		if anchor, ok := first[key]; ok {
			c.Same, c.Remedy, c.About = anchor, nil, nil
			continue
		}
		first[key] = c.Anchor
	}
}

// A position is a row of the page's table of positions.
type position struct {
	From             finding.From
	Cookie           finding.Age
	Allowed, Blocked *outcome // nil: nobody answered
}

type outcome struct {
	Kind finding.State
	Word string // with an asterisk if it follows from the browser's rules
	Why  string
}

func outcomeOf(c *finding.Cell) *outcome {
	if c == nil {
		return nil
	}
	return &outcome{Kind: kindOf(c.State), Word: cellWord(c), Why: c.Why}
}

// kindOf is s, or not-testable for a stranger: it becomes part of a class name.
func kindOf(s finding.State) finding.State {
	if slices.Contains(shownOrder, s) {
		return s
	}
	return finding.NotTestable
}

func references(r finding.References) []reference {
	var all []reference
	for _, list := range []struct {
		name string
		ids  []string
	}{{"CWE", r.CWE}, {"OWASP Top 10", r.OWASPTop10}, {"OWASP ASVS 5.0", r.ASVS5}} {
		if len(list.ids) > 0 {
			all = append(all, reference{List: list.name, ID: strings.Join(list.ids, ", ")})
		}
	}
	for _, list := range []struct {
		name string
		ids  []finding.Mapping
	}{{"OWASP API 2023", r.OWASPAPI2023}, {"PCI DSS 4.0.1", r.PCIDSS401}, {"SOC 2", r.SOC2}, {"NIST 800-53", r.NIST80053}} {
		for _, m := range list.ids {
			all = append(all, reference{list.name, m.ID, string(m.Fit), m.Note})
		}
	}
	return all
}

// exhibits takes the proof's files apart into pictures to show and pages to link.
func (c *card) exhibits() {
	if c.Proof == nil {
		return
	}
	if rereads(c.Proof) {
		c.Oracle = oracleText(c.Proof.Oracle)
	}
	for _, f := range c.Proof.Files {
		kind := imageType(f.Data)
		switch {
		case kind != "":
			// The content was seen to be an image, and base64 has no markup: safe as a source.
			source := template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(f.Data))
			c.Shots = append(c.Shots, picture{source, f.Text})
		case strings.HasPrefix(f.Kind, "screenshot"):
			c.Shots = append(c.Shots, picture{Text: f.Text})
		case f.Data != nil && strings.HasPrefix(f.Name, evidenceDir+"/"):
			c.Pages = append(c.Pages, f)
		}
	}
}
