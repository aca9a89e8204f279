package observe

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/markup"
)

// inertKey is the same for pages of one route with the same scripts to the letter, those
// within the page included, and the same things for them to find.
func (c *collector) inertKey(v *view) string {
	files, inline := v.page.Scripts()
	sum := sha256.New()
	for _, script := range slices.Concat(files, inline, v.page.Hooks()) {
		fmt.Fprintf(sum, "%d %s\n", len(script), script)
	}
	return c.routes.shape(v.exchange.URL) + string(sum.Sum(nil))
}

// isInert says whether opening a page in the browser showed nothing that the page does
// not say by itself: its scripts asked for nothing, and drew no link, form or control.
// For another identity the same scripts need not run once more.
func isInert(v *view, r Rendered, drawn *markup.Document) bool {
	files, _ := v.page.Scripts()
	for _, q := range r.Requests {
		switch q.Kind {
		case "Stylesheet", "Image", "Font", "Media", "Manifest", "Other":
		case "Document":
			if q.URL != v.exchange.URL {
				return false
			}
		case "Script":
			if !slices.Contains(files, q.URL) {
				return false
			}
		default:
			return false
		}
		if !isSafe(q.Method) {
			return false
		}
	}
	return len(r.Sockets) == 0 && drawn != nil && slices.Equal(leadsOf(v.page), leadsOf(drawn))
}

// leadsOf is where a document leads and what can be pressed in it, sorted.
func leadsOf(d *markup.Document) []string {
	var leads []string
	for _, l := range d.Links() {
		leads = append(leads, "link "+l.URL)
	}
	for _, f := range d.Forms() {
		names := []string{"form", f.Method, f.URL, fmt.Sprint(len(f.Submits))}
		for _, field := range f.Fields {
			names = append(names, field.Name)
		}
		leads = append(leads, strings.Join(names, " "))
	}
	for _, t := range d.Triggers() {
		leads = append(leads, "trigger "+t.Label+" "+t.Script)
	}
	slices.Sort(leads)
	return leads
}
