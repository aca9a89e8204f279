package lab

import (
	"encoding/json"
	"fmt"
	"io"
)

// A TruthRow says of one endpoint whether it really has one weakness.
type TruthRow struct {
	Endpoint string `json:"endpoint"` // method and route template: "POST /notes/{id}/delete"
	Weakness string `json:"weakness"`
	Truth    string `json:"truth"` // Vulnerable or Safe
	Note     string `json:"note,omitempty"`
}

// The two values of TruthRow.Truth.
const (
	Vulnerable = "vulnerable"
	Safe       = "safe"
)

// Truth is what is known about one variant of one application.
type Truth struct {
	App       string     `json:"app"`
	Framework string     `json:"framework"`
	Variant   string     `json:"variant"`
	Rows      []TruthRow `json:"rows"`
}

// ReadTruth reads a truth file and refuses one that leaves something open.
func ReadTruth(r io.Reader) (Truth, error) {
	var t Truth
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return Truth{}, fmt.Errorf("read truth: %w", err)
	}
	if t.App == "" || t.Framework == "" || t.Variant == "" {
		return Truth{}, fmt.Errorf("read truth: app, framework and variant have to be named")
	}
	for i, row := range t.Rows {
		if row.Endpoint == "" || row.Weakness == "" {
			return Truth{}, fmt.Errorf("read truth: row %d names no endpoint or no weakness", i+1)
		}
		if row.Truth != Vulnerable && row.Truth != Safe {
			return Truth{}, fmt.Errorf("read truth: row %d is %q, neither %s nor %s", i+1, row.Truth, Vulnerable, Safe)
		}
	}
	return t, nil
}
