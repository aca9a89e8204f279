// Package accuracy holds the findings of a scan against the truth about an app:
// what was planted and what is safe. It decides for each row of the truth what the
// scan said of it, and counts. It scans nothing itself.
package accuracy

import (
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
)

// covers says whether a row of the truth speaks about endpoint e. A row without a
// method means any; names of placeholders do not matter, and a concrete segment
// fits a placeholder.
func covers(row lab.TruthRow, e finding.Endpoint) bool {
	method, path, found := strings.Cut(row.Endpoint, " ")
	if !found {
		method, path = "", row.Endpoint
	}
	if method != "" && !strings.EqualFold(method, e.Method) {
		return false
	}
	return samePath(path, e.Route)
}

// samePath compares route templates. A placeholder fits any segment, but only in a
// path that has some segment in common: "/{unknown}" is the page of unknown paths
// and not every page of one segment.
func samePath(a, b string) bool {
	as, bs := segments(a), segments(b)
	if len(as) != len(bs) {
		return false
	}
	common, fitted := 0, 0
	for i := range as {
		switch pa, pb := isPlaceholder(as[i]), isPlaceholder(bs[i]); {
		case pa && pb, as[i] == bs[i]:
			common++
		case pa || pb:
			fitted++
		default:
			return false
		}
	}
	return fitted == 0 || common > 0
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
