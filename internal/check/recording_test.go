package check

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"mime"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

var update = flag.Bool("update", false, "write what the checks say into the recordings")

// A recording is a site as it was seen, in testdata/<check>/*.txtar:
//
//   - its comment says what it shows;
//   - site.json holds actions, cookies, controls and the like;
//   - each file named "GET URL [as IDENTITY] [route ROUTE] [purpose PURPOSE]" is a
//     response: status, headers, an empty line, body; those whose purpose is "door" or
//     "file" are Doors and Scripts;
//   - rules.json, if there is one, is what the owner declared;
//   - want holds the findings of that check, of which "why" lines may be parts.
//
// Recordings called speaks-* want a finding, those called silent-* want none.
type recording struct {
	site  *observe.Site
	rules policy.Rules
	want  string
}

// siteFile is site.json. Controls, meta policies and links go by URL of the page.
type siteFile struct {
	Target     string
	Identities []string
	Framework  observe.Framework
	Actions    []finding.Action
	Actors     [][]string
	Reads      []finding.Action
	Tokens     []observe.Token
	Cookies    []observe.Cookie
	Controls   map[string][]observe.Control
	Meta       map[string][]string
	Links      map[string][]string
	Sockets    []observe.Socket
	Foreign    []observe.ForeignAnswer
	Domains    []string
	Logins     []observe.LoginAnswer
	Transports []observe.Transport
	Documented []finding.Endpoint
	Accounts   map[string][]string
	Handlers   map[string][]markup.Handler
	// Authenticated are the addresses at which visitors are turned away.
	Authenticated []string
}

func TestRecordings(t *testing.T) {
	for _, c := range All() {
		files, err := filepath.Glob(filepath.Join("testdata", c.ID, "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			t.Run(c.ID+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { playRecording(t, c, file) })
		}
	}
}

func playRecording(t *testing.T, c *Check, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := readRecording(archive)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	run([]*Check{c}, r.site, r.rules, func(f finding.Finding) { describe(&got, f) })
	if speaks := strings.HasPrefix(filepath.Base(file), "speaks-"); speaks != (got.Len() > 0) {
		t.Errorf("it said:\n%s", got.String())
	}
	if *update {
		writeWant(t, archive, file, got.String())
		return
	}
	if diff := cmp.Diff(strings.Split(r.want, "\n"), strings.Split(got.String(), "\n"), cmp.Comparer(sameLine)); diff != "" {
		t.Errorf("want (-) and got (+) differ:\n%s", diff)
	}
}

// sameLine lets a why line be a part of the other.
func sameLine(a, b string) bool {
	partA, isWhyA := strings.CutPrefix(a, "\twhy ")
	partB, isWhyB := strings.CutPrefix(b, "\twhy ")
	if isWhyA && isWhyB {
		return strings.Contains(partA, partB) || strings.Contains(partB, partA)
	}
	return a == b
}

// describe writes a finding in the form of a recording's want.
func describe(w *strings.Builder, f finding.Finding) {
	fmt.Fprintf(w, "%s %s %s %s\n", f.Weakness, f.Endpoint, f.State, f.Severity)
	for _, r := range f.Routes {
		fmt.Fprintf(w, "\tand %s\n", r)
	}
	fmt.Fprintf(w, "\twhy %s\n", f.Why)
	var open []string
	for _, c := range f.Vector {
		if c.State != finding.Refuted {
			open = append(open, fmt.Sprintf("%s, %s cookie, third-party cookies %s", c.From, c.Cookie, c.ThirdParty))
		}
	}
	for _, position := range open {
		fmt.Fprintf(w, "\topen %s\n", position)
	}
	if f.Plan == nil {
		return
	}
	only := ""
	if f.Plan.OnlyIfProven {
		only = ", only if proven"
	}
	fmt.Fprintf(w, "\tplan %s as %q on %s%s\n", f.Plan.Kind, f.Plan.Victim, f.Plan.Action.Endpoint(), only)
	for _, v := range f.Plan.Variants {
		fmt.Fprintf(w, "\t\t%s\n", v.Name)
	}
	for _, m := range f.Plan.Messages {
		fmt.Fprintf(w, "\t\tsay %s\n", m)
	}
	for _, c := range f.Plan.Clicks {
		fmt.Fprintf(w, "\t\tclick %q in %s\n", c.Label, c.Page)
	}
}

func writeWant(t *testing.T, archive *txtar.Archive, file, got string) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readRecording(archive *txtar.Archive) (recording, error) {
	var r recording
	var s siteFile
	for _, file := range archive.Files {
		var err error
		switch file.Name {
		case "site.json":
			err = decodeStrictly(file.Data, &s)
		case "rules.json":
			err = decodeStrictly(file.Data, &r.rules)
		case "want":
			r.want = string(file.Data)
		}
		if err != nil {
			return r, fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	r.site = &observe.Site{Target: s.Target, Identities: s.Identities, Framework: s.Framework,
		Actions: s.Actions, Actors: s.Actors, Reads: s.Reads, Tokens: s.Tokens, Cookies: s.Cookies,
		Sockets: s.Sockets, Foreign: s.Foreign, Domains: s.Domains, Logins: s.Logins, Transports: s.Transports, Documented: s.Documented, Accounts: s.Accounts}
	for _, file := range archive.Files {
		if !strings.HasPrefix(file.Name, "GET ") {
			continue
		}
		x, err := readExchange(file)
		if err != nil {
			return r, fmt.Errorf("%s: %w", file.Name, err)
		}
		if slices.Contains(s.Authenticated, x.URL) {
			x.Authenticated = new(true)
		}
		switch x.Purpose {
		case "door":
			r.site.Doors = append(r.site.Doors, x)
			continue
		case "file":
			r.site.Scripts = append(r.site.Scripts, x)
			continue
		}
		x.ID = "x" + strconv.Itoa(len(r.site.Exchanges)+1)
		r.site.Exchanges = append(r.site.Exchanges, x)
		if x.Type == "text/html" || x.Type == "application/xhtml+xml" {
			r.site.Pages = append(r.site.Pages, &observe.Page{Exchange: x,
				Controls: s.Controls[x.URL], MetaPolicies: s.Meta[x.URL], Links: s.Links[x.URL], Handlers: s.Handlers[x.URL]})
		}
	}
	return r, nil
}

func decodeStrictly(data []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// readExchange reads "GET https://app.test/x as alice route /{x}" and its response.
func readExchange(file txtar.File) (*observe.Exchange, error) {
	words := strings.Fields(file.Name)
	x := &observe.Exchange{Method: words[0], URL: words[1], Purpose: "crawl"}
	u, err := url.Parse(x.URL)
	if err != nil {
		return nil, err
	}
	x.Route = u.Path
	for i := 2; i+1 < len(words); i += 2 {
		switch words[i] {
		case "as":
			x.Identity = words[i+1]
		case "route":
			x.Route = words[i+1]
		case "named": // by a document, and not by a page
			x.Documented = words[i+1] == "document"
		case "purpose":
			x.Purpose = words[i+1]
		default:
			return nil, fmt.Errorf("unknown word %q", words[i])
		}
	}
	status, rest, _ := strings.Cut(string(file.Data), "\n")
	if x.Status, err = strconv.Atoi(strings.TrimSpace(status)); err != nil {
		return nil, err
	}
	head, body, _ := strings.Cut(rest, "\n\n")
	header, err := textproto.NewReader(bufio.NewReader(strings.NewReader(strings.TrimSpace(head) + "\n\n"))).ReadMIMEHeader()
	if err != nil && strings.TrimSpace(head) != "" {
		return nil, err
	}
	x.Header, x.Body = http.Header(header), []byte(body)
	x.Location = x.Header.Get("Location")
	if t, _, err := mime.ParseMediaType(x.Header.Get("Content-Type")); err == nil {
		x.Type = t
	}
	return x, nil
}
