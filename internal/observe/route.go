package observe

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// routes turns paths into templates: by the OpenAPI documents where one matches,
// else by the look of each segment, and where many segments stand in the same place
// and show the same kind of page, by that.
type routes struct {
	documented []template
	// alike are the parents below which segments are only names of things.
	alike map[string]bool
	// names are segments that were found to name things, by parent.
	names map[string]map[string]bool
}

// A template is a documented path, split.
type template struct {
	path  string
	parts []string
	fixed int // how many parts are literal
}

func newRoutes() *routes {
	return &routes{alike: map[string]bool{}, names: map[string]map[string]bool{}}
}

// document adds a path of an OpenAPI document; more literal ones win.
func (r *routes) document(path string) {
	t := template{path: path, parts: segments(path)}
	for _, p := range t.parts {
		if !isPlaceholder(p) {
			t.fixed++
		}
	}
	r.documented = append(r.documented, t)
	slices.SortStableFunc(r.documented, func(a, b template) int {
		if a.fixed != b.fixed {
			return b.fixed - a.fixed
		}
		return strings.Compare(a.path, b.path)
	})
}

// of is the template of a URL's path.
func (r *routes) of(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "/"
	}
	parts := segments(u.Path)
	for _, t := range r.documented {
		if t.matches(parts) {
			return t.path
		}
	}
	parent := ""
	for i, p := range parts {
		if looksLikeID(p) || r.alike[parent+"/"] || r.names[parent+"/"][p] {
			parts[i] = "{id}"
		}
		parent += "/" + parts[i]
	}
	path := "/" + strings.Join(parts, "/")
	if len(path) > 1 && strings.HasSuffix(u.Path, "/") {
		path += "/"
	}
	return path
}

// shape is of without what is learned on the way: it is the same at all times.
func (r *routes) shape(rawURL string) string {
	return (&routes{documented: r.documented}).of(rawURL)
}

func (t template) matches(parts []string) bool {
	if len(t.parts) != len(parts) {
		return false
	}
	for i, p := range t.parts {
		if !matchPart(p, parts[i]) {
			return false
		}
	}
	return true
}

// matchPart also takes placeholders that share a segment with literal text, as in
// report-{year}.pdf.
func matchPart(pattern, s string) bool {
	before, rest, found := strings.Cut(pattern, "{")
	if !found {
		return pattern == s
	}
	_, after, closed := strings.Cut(rest, "}")
	return closed && s != "" && strings.HasPrefix(s, before) && strings.HasSuffix(s, after) && len(s) >= len(before)+len(after)
}

func isPlaceholder(part string) bool { return strings.Contains(part, "{") }

func segments(path string) []string {
	var parts []string
	for _, p := range strings.Split(path, "/") {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

var idShapes = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`[0-9]+`,
	`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`, // UUID
	`[0-9A-HJKMNP-TV-Z]{26}`,          // ULID
	`[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?`, // date
}, "|") + `)$`)

// looksLikeID says whether a path segment names one thing of many.
func looksLikeID(s string) bool {
	if idShapes.MatchString(s) {
		return true
	}
	letters, digits, hex, other := 0, 0, 0, 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
			hex++
		case r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F':
			letters++
			hex++
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			letters++
		case r == '-' || r == '_' || r == '=':
		default:
			other++
		}
	}
	n := len(s)
	switch {
	case other > 0 || digits == 0:
		return false
	case hex == n && n >= 8 && digits >= 2: // hexadecimal
		return true
	case n >= 16 && digits >= 3 && letters >= 3 && !strings.Contains(s, "--"):
		return digits*6 >= n || n >= 32 // long and mixed: random
	}
	return false
}

// learnAlike finds parents below which more than manySiblings pages show the same
// kind of thing. The root is left out: what stands there are an application's own
// words.
func (r *routes) learnAlike(views []*view) {
	kinds := map[string]map[string]bool{} // parent + kind → segments
	for _, v := range views {
		u, err := url.Parse(v.exchange.URL)
		if err != nil || v.exchange.Status >= 400 {
			continue
		}
		parts := segments(u.Path)
		if len(parts) < 2 {
			continue
		}
		parent := parentOf(parts)
		key := parent + " " + v.kind()
		if kinds[key] == nil {
			kinds[key] = map[string]bool{}
		}
		kinds[key][parts[len(parts)-1]] = true
		if len(kinds[key]) > manySiblings {
			r.alike[parent] = true
		}
	}
}

// manySiblings is more pages of one kind than people write by hand in one place.
const manySiblings = 24

func parentOf(parts []string) string {
	parent := ""
	for _, p := range parts[:len(parts)-1] {
		if looksLikeID(p) {
			p = "{id}"
		}
		parent += "/" + p
	}
	return parent + "/"
}

// kind is what a view shows, names and numbers left out.
func (v *view) kind() string {
	if v.sort != "" {
		return v.sort
	}
	kind := v.exchange.Type + "|"
	if v.page != nil {
		for _, f := range v.page.Forms() {
			kind += "|" + f.Method
			for _, field := range f.Fields {
				kind += "," + field.Name
			}
		}
	}
	v.sort = kind
	return kind
}
