package report

import (
	"encoding/json"
	"fmt"
	"io"

	_ "embed"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// JSONSchema is the published schema (JSON Schema, draft 2020-12) of the document
// that JSON writes and of each line that Encode writes.
//
//go:embed scan.schema.json
var JSONSchema []byte

// A document is a report as one JSON object: what the stream says, and what a
// reader without Mantlet's catalogue needs to understand it.
type document struct {
	Schema  string  `json:"schema"`
	Verdict string  `json:"verdict"`
	Grade   string  `json:"grade"` // with "?" if the scan is incomplete
	Counts  counted `json:"counts"`
	Report
	Weaknesses map[finding.Weakness]described `json:"weaknesses"`
}

type counted struct {
	Proven      int `json:"proven"`
	Suspected   int `json:"suspected"`
	NotTestable int `json:"not_testable"`
	Refuted     int `json:"refuted"`
}

// described is the catalogue's entry for a weakness that occurs in the report.
type described struct {
	Title     string            `json:"title"`
	Category  string            `json:"category"`
	Text      string            `json:"text"`     // Markdown
	Remedies  map[string]string `json:"remedies"` // framework to Markdown; "any" for all others
	CWE       []string          `json:"cwe"`
	OWASP     []string          `json:"owasp_top10"`
	OWASPAPI  []finding.Mapping `json:"owasp_api_2023"`
	ASVS      []string          `json:"asvs_5"`
	PCIDSS    []finding.Mapping `json:"pci_dss_4_0_1"`
	SOC2      []finding.Mapping `json:"soc_2"`
	NIST80053 []finding.Mapping `json:"nist_800_53"`
}

// JSON writes r as one indented JSON object. Screenshots are not in it; they are
// the files that Proof.Files name.
func JSON(w io.Writer, r Report) error {
	// A list with nothing in it is a list all the same, and never null.
	r.Findings, r.Refuted = orEmpty(r.Findings), orEmpty(r.Refuted)
	r.Skips, r.Mutations = orEmpty(r.Skips), orEmpty(r.Mutations)
	d := document{
		Schema: Schema, Verdict: r.Verdict(), Grade: r.Grade(), Report: r,
		Counts: counted{len(r.In(finding.Proven)), len(r.In(finding.Suspected)), len(r.In(finding.NotTestable)), len(r.Refuted)},

		Weaknesses: map[finding.Weakness]described{},
	}
	for _, list := range [][]finding.Finding{r.Findings, r.Refuted} {
		for _, f := range list {
			if entry, ok := finding.Describe(f.Weakness); ok {
				d.Weaknesses[f.Weakness] = describe(entry)
			}
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(d); err != nil {
		return fmt.Errorf("write JSON report: %w", err)
	}
	return nil
}

func describe(d finding.Description) described {
	refs := d.References
	return described{
		Title: d.Title, Category: string(d.Category), Text: d.Text, Remedies: d.Remedies,
		CWE: refs.CWE, OWASP: refs.OWASPTop10, OWASPAPI: refs.OWASPAPI2023, ASVS: refs.ASVS5, PCIDSS: refs.PCIDSS401,
		SOC2: refs.SOC2, NIST80053: refs.NIST80053,
	}
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
