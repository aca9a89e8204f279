package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A TruthRow says of one endpoint whether it really has one weakness.
type TruthRow struct {
	Endpoint string `json:"endpoint"` // method and route template: "POST /notes/{id}/delete"; without a method, any
	Weakness string `json:"weakness"`
	Truth    string `json:"truth"` // Vulnerable or Safe
	Note     string `json:"note,omitempty"`
	// Defence is what keeps forged requests out, one of Defences, where that is why
	// the row is Safe.
	Defence string `json:"defence,omitempty"`
}

// The two values of TruthRow.Truth.
const (
	Vulnerable = "vulnerable"
	Safe       = "safe"
)

// Defences are the ways in which endpoints of the lab are safe from forged requests.
var Defences = []string{"synchronizer-token", "double-submit", "fetch-metadata", "origin-check", "samesite-strict", "bearer", "custom-header"}

// Truth is what is known about one variant of one application.
type Truth struct {
	App       string     `json:"app"`       // "app" when the file does not say
	Framework string     `json:"framework"` // may be empty, like Variant
	Variant   string     `json:"variant"`
	Rows      []TruthRow `json:"rows"`
}

// ReadTruth reads a truth file. What it does not know it passes over: other
// people's files say more. A file without rows is an error, and so is a row that
// leaves something open.
func ReadTruth(r io.Reader) (Truth, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Truth{}, fmt.Errorf("read truth: %w", err)
	}
	t := Truth{App: "app"}
	if err := json.Unmarshal(text, &t); err != nil {
		return Truth{}, fmt.Errorf("read truth: %w", err)
	}
	if t.App == "" {
		t.App = "app"
	}
	if len(t.Rows) == 0 {
		return Truth{}, errors.New("read truth: it has no rows")
	}
	for i, row := range t.Rows {
		if err := row.complete(); err != nil {
			return Truth{}, fmt.Errorf("read truth: row %d: %w", i+1, err)
		}
	}
	return t, nil
}

func (row TruthRow) complete() error {
	method, path, found := strings.Cut(row.Endpoint, " ")
	if !found {
		method, path = "", row.Endpoint
	}
	switch {
	case !strings.HasPrefix(path, "/") || strings.HasPrefix(method, "/"):
		return fmt.Errorf("the endpoint %q is not a method and a path, like POST /notes", row.Endpoint)
	case strings.TrimSpace(row.Weakness) == "":
		return fmt.Errorf("it names no weakness of %s", row.Endpoint)
	case row.Truth != Vulnerable && row.Truth != Safe:
		return fmt.Errorf("the truth about %s is %q, neither %s nor %s", row.Endpoint, row.Truth, Vulnerable, Safe)
	}
	return nil
}
