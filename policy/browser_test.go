package policy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

const (
	witnessSample  = 120 // rows, unless MANTLET_TWO_WITNESS is all
	framesPerPage  = 12
	witnessPatient = 20 * time.Second // for one page
)

// A witnessRow is a line of framing.jsonl that plain pages can ask a browser again.
type witnessRow struct {
	ID        string          `json:"id"`
	Group     string          `json:"group"`
	Headers   []string        `json:"headers"`
	Status    int             `json:"status"`
	Ancestors []string        `json:"ancestors"`
	Target    string          `json:"target"`
	Embed     string          `json:"embed"`
	Head      string          `json:"html_head"`
	Verdict   string          `json:"verdict"`
	By        string          `json:"by"`
	Body      string          `json:"body"`
	Docs      json.RawMessage `json:"docs"`
	Hops      json.RawMessage `json:"hops"`
	Interim   json.RawMessage `json:"interim"`
	Line      string          `json:"status_line"`
}

// TestTwoWitnesses serves recorded responses byte for byte to the browser that is
// installed here, and asks it and the package who frames them: the recordings are
// one browser's on one day, and this package is to be right about today's.
func TestTwoWitnesses(t *testing.T) {
	rows := witnessRows(t)
	server := newWitnessServer(t)
	b := witnessBrowser(t, server, finding.ThirdPartyAllowed)
	c, err := b.Context(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := c.Blank(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began, agreed := time.Now(), 0
	pages := witnessPages(rows)
	for _, group := range pages {
		for id, framed := range server.ask(t, tab, group) {
			row := group[slices.IndexFunc(group, func(r witnessRow) bool { return r.ID == id })]
			d := row.judge(t)
			if d.Allowed != framed {
				t.Errorf("%s: %s says framed %v, we say %v (%s), the recording says %s",
					id, b.Version(), framed, d.Allowed, d.Reason, row.Verdict)
				continue
			}
			agreed++
			if framed != (row.Verdict == "framed") {
				t.Logf("%s: %s and we have moved on from the recording, which says %s", id, b.Version(), row.Verdict)
			}
		}
	}
	t.Logf("%s and policy agree on %d of %d rows, on %d pages in %s", b.Version(), agreed, len(rows), len(pages), time.Since(began).Round(time.Millisecond))
	if agreed != len(rows) {
		t.Errorf("agreed on %d of %d rows", agreed, len(rows))
	}
}

// witnessBrowser starts a browser to which the server is every host there is.
func witnessBrowser(t *testing.T, s *witnessServer, setting finding.ThirdParty) *browser.Browser {
	t.Helper()
	b, err := browser.Start(t.Context(), browser.Options{
		Path: os.Getenv("MANTLET_BROWSER"), ThirdParty: setting, Resolve: map[string]string{"*": s.addr()},
	})
	var missing *browser.MissingError
	if errors.As(err, &missing) && os.Getenv("CI") != "true" {
		t.Skip("needs a browser: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error("close the browser:", err)
		}
	})
	return b
}

func (r witnessRow) judge(t *testing.T) policy.Decision {
	t.Helper()
	var ancestors []policy.Origin
	for _, a := range r.Ancestors {
		ancestors = append(ancestors, witnessOrigin(t, a))
	}
	return policy.ParseFraming(wire(r.Headers)).Allows(witnessOrigin(t, r.Target), ancestors...)
}

func witnessOrigin(t *testing.T, s string) policy.Origin {
	t.Helper()
	o, err := policy.ParseOrigin(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// wire undoes the corpus's disguise: one character is one byte that was sent.
func wire(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		b := make([]byte, 0, len(l))
		for _, r := range l {
			b = append(b, byte(r))
		}
		out[i] = string(b)
	}
	return out
}

// witnessRows are the rows that plain pages can serve: all of them, or a sample
// that takes from every group in turn.
func witnessRows(t *testing.T) []witnessRow {
	t.Helper()
	var rows []witnessRow
	for _, r := range corpusRows[witnessRow](t, "framing.jsonl") {
		if r.plain() {
			rows = append(rows, r)
		}
	}
	if os.Getenv("MANTLET_TWO_WITNESS") == "all" {
		return rows
	}
	return spread(rows, witnessSample)
}

// corpusRows reads a file of the corpus.
func corpusRows[T any](t *testing.T, name string) []T {
	t.Helper()
	folder := os.Getenv("MANTLET_CORPUS")
	if folder == "" {
		folder = filepath.Join("testdata", "corpus")
	}
	f, err := os.Open(filepath.Join(folder, name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no " + name + " in " + folder)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r T
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func (r witnessRow) plain() bool {
	return r.Embed == "iframe" && len(r.Ancestors) > 0 && (r.Verdict == "framed" || r.Verdict == "blocked") &&
		!strings.HasPrefix(r.By, "embedder:") && !strings.HasPrefix(r.By, "corp-") && r.Group != "status-auth" &&
		r.Body == "" && r.Line == "" && r.Docs == nil && r.Hops == nil && r.Interim == nil &&
		!slices.ContainsFunc(append(r.Ancestors, r.Target), unservable)
}

// unservable origins are those no page has, and names with a final dot, with which
// Go's TLS refuses to speak.
func unservable(origin string) bool {
	return origin == "null" || strings.HasPrefix(origin, "file:") ||
		strings.HasPrefix(origin, "https:") && strings.Contains(origin+":", ".:")
}

// spread takes n rows, as many from each group as from any other while they last,
// and from all over the group.
func spread(rows []witnessRow, n int) []witnessRow {
	groups := map[string][]witnessRow{}
	var names []string
	for _, r := range rows {
		if groups[r.Group] == nil {
			names = append(names, r.Group)
		}
		groups[r.Group] = append(groups[r.Group], r)
	}
	var out []witnessRow
	for round := 0; len(out) < min(n, len(rows)); round++ {
		for _, name := range names {
			if g := groups[name]; round < len(g) && len(out) < n {
				out = append(out, g[round*7919%len(g)]) // a prime: visits each once unless it divides
			}
		}
	}
	return out
}

// witnessPages puts rows with the same ancestors together, so many to a page.
func witnessPages(rows []witnessRow) [][]witnessRow {
	at := map[string]int{}
	var pages [][]witnessRow
	for _, r := range rows {
		key := strings.Join(r.Ancestors, " ")
		i, ok := at[key]
		if !ok || len(pages[i]) == framesPerPage {
			i = len(pages)
			at[key] = i
			pages = append(pages, nil)
		}
		pages[i] = append(pages[i], r)
	}
	return pages
}

// ask has the tab open a page with the rows' targets in frames, and returns which
// of them the browser showed.
func (s *witnessServer) ask(t *testing.T, tab *browser.Page, rows []witnessRow) map[string]bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), witnessPatient)
	defer cancel()
	if err := tab.Goto(ctx, s.publish(rows)); err != nil {
		t.Errorf("%s and the rows beside it: %v", rows[0].ID, err)
		return nil
	}
	framed := map[string]bool{}
	for _, r := range rows {
		f, err := tab.WaitFrame(ctx, r.address())
		if err != nil {
			t.Errorf("%s: no verdict: %v", r.ID, err)
			continue
		}
		if f.Origin == "" && !f.Blocked {
			t.Errorf("%s: no verdict: %s", r.ID, f.Why)
			continue
		}
		framed[r.ID] = !f.Blocked
	}
	return framed
}

func (r witnessRow) address() string { return fmt.Sprintf("%s/t/%s", r.Target, r.ID) }
