// Package accuracy holds the findings of a scan against the truth about an app:
// what was planted and what is safe. It reads truth files, decides for each of
// their rows what the scan said of it, and counts. It scans nothing itself.
package accuracy

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Truth is what is known of one variant of one app.
type Truth struct {
	App       string `json:"app"`
	Framework string `json:"framework"`
	Variant   string `json:"variant"`
	Rows      []Fact `json:"rows"`
}

// A Fact says that an endpoint has a weakness, or is safe from it.
type Fact struct {
	// Endpoint is "METHOD /route"; without a method any method is meant. Names of
	// placeholders do not matter, and a concrete segment fits a placeholder.
	Endpoint string `json:"endpoint"`
	// Weakness is a finding.Weakness or a family ("csrf", "framing", "cookie").
	Weakness string `json:"weakness"`
	Truth    string `json:"truth"` // "vulnerable" or "safe"
	Note     string `json:"note,omitempty"`
}

// ReadTruth reads a truth file. The words of its rows are checked, so that a
// misspelt row is an error and not a silent miss.
func ReadTruth(path string) (Truth, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Truth{}, fmt.Errorf("read truth: %w", err)
	}
	t, err := ParseTruth(text)
	if err != nil {
		return Truth{}, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// ParseTruth is ReadTruth on text already read.
func ParseTruth(text []byte) (Truth, error) {
	var t Truth
	if err := json.Unmarshal(text, &t); err != nil {
		return Truth{}, fmt.Errorf("parse truth: %w", err)
	}
	if len(t.Rows) == 0 {
		return Truth{}, fmt.Errorf("parse truth: no rows")
	}
	for i, row := range t.Rows {
		if !strings.Contains(row.Endpoint, "/") {
			return Truth{}, fmt.Errorf("parse truth: row %d: endpoint %q has no path", i+1, row.Endpoint)
		}
		if row.Truth != "vulnerable" && row.Truth != "safe" {
			return Truth{}, fmt.Errorf("parse truth: row %d: truth is %q, want vulnerable or safe", i+1, row.Truth)
		}
		if row.Weakness == "" {
			return Truth{}, fmt.Errorf("parse truth: row %d: no weakness", i+1)
		}
	}
	return t, nil
}

// covers says whether the fact speaks about endpoint e.
func (f Fact) covers(e finding.Endpoint) bool {
	method, path, found := strings.Cut(f.Endpoint, " ")
	if !found {
		method, path = "", f.Endpoint
	}
	if method != "" && !strings.EqualFold(method, e.Method) {
		return false
	}
	return samePath(path, e.Route)
}

func samePath(a, b string) bool {
	as, bs := segments(a), segments(b)
	if len(as) != len(bs) {
		return false
	}
	for i := range as {
		if as[i] != bs[i] && !isPlaceholder(as[i]) && !isPlaceholder(bs[i]) {
			return false
		}
	}
	return true
}

func segments(path string) []string {
	path, _, _ = strings.Cut(path, "?")
	return strings.Split(strings.Trim(path, "/"), "/")
}

func isPlaceholder(s string) bool {
	return strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") || strings.HasPrefix(s, ":") || strings.HasPrefix(s, "<")
}

// family is the part of a weakness's name before the first hyphen. Clickjacking
// is what a missing framing policy leads to and forms its own family.
func family(weakness string) string {
	name, _, _ := strings.Cut(strings.ToLower(weakness), "-")
	switch name {
	case "xsrf", "forged":
		return "csrf"
	case "clickjack", "ui":
		return "clickjacking"
	case "frame", "framable", "xfo":
		return "framing"
	}
	return name
}
