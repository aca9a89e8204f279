package finding

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A weakness file is a front matter between two lines "---", then Markdown with
// the four headings of textHeadings in their order. The front matter is
// "key: value" lines of closed vocabulary; mappings are one line each:
//
//	api: API8 supporting, the note may hold commas
//
// A remedy file is Markdown with one heading per framework.

var textHeadings = []string{"What it is", "Why it matters", "How it is tested", "When it is no problem"}

var remedyFrameworks = []string{AnyFramework, "fastapi", "flask", "django", "go"}

func readDescription(w Weakness) (Description, error) {
	raw, err := catalogueFiles.ReadFile("weakness/" + string(w) + ".md")
	if err != nil {
		return Description{}, err
	}
	front, text, err := splitFrontMatter(string(raw))
	if err != nil {
		return Description{}, err
	}
	d := Description{Weakness: w, Text: text}
	remedies, err := d.readFrontMatter(front)
	if err != nil {
		return Description{}, err
	}
	headings, bodies, err := sections(text)
	if err != nil {
		return Description{}, err
	}
	if !slices.Equal(headings, textHeadings) {
		return Description{}, fmt.Errorf("headings are %q, want %q", headings, textHeadings)
	}
	d.Summary, _, _ = strings.Cut(bodies[0], "\n\n")
	d.Remedies, err = readRemedies(remedies)
	return d, err
}

func splitFrontMatter(raw string) (front []string, text string, err error) {
	rest, ok := strings.CutPrefix(raw, "---\n")
	if !ok {
		return nil, "", errors.New("no front matter")
	}
	head, text, ok := strings.Cut(rest, "\n---\n")
	if !ok {
		return nil, "", errors.New("front matter does not end")
	}
	return strings.Split(head, "\n"), strings.TrimSpace(text) + "\n", nil
}

// readFrontMatter fills d and returns the names of the remedy files.
func (d *Description) readFrontMatter(lines []string) (remedies []string, err error) {
	r := &d.References
	seen := map[string]bool{}
	for _, line := range lines {
		key, value, ok := strings.Cut(line, ": ")
		if value = strings.TrimSpace(value); !ok || value == "" {
			return nil, fmt.Errorf("%q is no \"key: value\"", line)
		}
		switch key {
		case "api":
			err = appendMapping(&r.OWASPAPI2023, value)
		case "pci":
			err = appendMapping(&r.PCIDSS401, value)
		case "soc2":
			err = appendMapping(&r.SOC2, value)
		case "nist":
			err = appendMapping(&r.NIST80053, value)
		default:
			if seen[key] {
				return nil, fmt.Errorf("%q stands twice", key)
			}
			err = d.readSingle(key, value, &remedies)
		}
		if err != nil {
			return nil, err
		}
		seen[key] = true
	}
	for _, key := range []string{"title", "category", "remedy", "cwe", "top10", "api", "asvs", "pci"} {
		if !seen[key] {
			return nil, fmt.Errorf("%q is missing", key)
		}
	}
	return remedies, nil
}

var (
	cwePattern   = regexp.MustCompile(`^CWE-\d+$`)
	top10Pattern = regexp.MustCompile(`^A(0[1-9]|10):(2021|2025)$`)
	asvsPattern  = regexp.MustCompile(`^\d+\.\d+\.\d+ L[123]$`)
)

var categories = []Category{CategoryChain, CategoryClickjacking, CategoryCSRF, CategorySocket, CategoryCORS, CategoryMessage,
	CategoryAuthentication, CategoryObjects, CategoryProperties, CategoryRaces, CategorySession, CategoryConfiguration}

func (d *Description) readSingle(key, value string, remedies *[]string) (err error) {
	switch key {
	case "title":
		d.Title = value
	case "category":
		d.Category = Category(value)
		if !slices.Contains(categories, d.Category) {
			err = fmt.Errorf("unknown category %q", value)
		}
	case "remedy":
		*remedies = strings.Split(value, ", ")
	case "cwe":
		d.References.CWE, err = listOf(cwePattern, value)
	case "top10":
		d.References.OWASPTop10, err = listOf(top10Pattern, value)
	case "asvs":
		d.References.ASVS5, err = listOf(asvsPattern, value)
	default:
		err = fmt.Errorf("unknown key %q", key)
	}
	return err
}

func listOf(pattern *regexp.Regexp, value string) ([]string, error) {
	items := strings.Split(value, ", ")
	for _, item := range items {
		if !pattern.MatchString(item) {
			return nil, fmt.Errorf("%q does not look like %s", item, pattern)
		}
	}
	return items, nil
}

func appendMapping(list *[]Mapping, value string) error {
	head, note, _ := strings.Cut(value, ", ")
	id, fit, ok := strings.Cut(head, " ")
	m := Mapping{ID: id, Fit: Fit(fit), Note: note}
	if !ok || m.Fit != Direct && m.Fit != Supporting {
		return fmt.Errorf("mapping %q does not read \"ID direct\" or \"ID supporting\"", value)
	}
	*list = append(*list, m)
	return nil
}

// readRemedies joins the named remedy files, framework by framework.
func readRemedies(names []string) (map[string]string, error) {
	joined := make(map[string]string, len(remedyFrameworks))
	for _, name := range names {
		raw, err := catalogueFiles.ReadFile("weakness/remedy/" + name + ".md")
		if err != nil {
			return nil, err
		}
		headings, bodies, err := sections(string(raw))
		if err != nil {
			return nil, fmt.Errorf("remedy %s: %w", name, err)
		}
		if !slices.Equal(headings, remedyFrameworks) {
			return nil, fmt.Errorf("remedy %s: headings are %q, want %q", name, headings, remedyFrameworks)
		}
		for i, framework := range headings {
			joined[framework] = strings.TrimSpace(joined[framework] + "\n\n" + bodies[i])
		}
	}
	return joined, nil
}

// sections takes Markdown apart at its second-level headings. Text before the
// first heading and empty sections are errors. A line "## " inside a code fence
// is code.
func sections(text string) (headings, bodies []string, err error) {
	fenced := false
	for line := range strings.Lines(text) {
		heading, isHeading := strings.CutPrefix(line, "## ")
		switch {
		case isHeading && !fenced:
			headings = append(headings, strings.TrimSpace(heading))
			bodies = append(bodies, "")
			continue
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		}
		if len(bodies) > 0 {
			bodies[len(bodies)-1] += line
		} else if strings.TrimSpace(line) != "" {
			return nil, nil, fmt.Errorf("%q stands before the first heading", strings.TrimSpace(line))
		}
	}
	if fenced {
		return nil, nil, errors.New("a code fence does not end")
	}
	for i := range bodies {
		if bodies[i] = strings.TrimSpace(bodies[i]); bodies[i] == "" {
			return nil, nil, fmt.Errorf("%q is empty", headings[i])
		}
	}
	return headings, bodies, nil
}
