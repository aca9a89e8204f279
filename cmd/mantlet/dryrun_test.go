package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A counting application has forms, links that change something and a script that
// does so as soon as the page is open. It counts what would change it.
type counting struct {
	mu      sync.Mutex
	changes []string
}

const countingPage = `<!doctype html><title>Notes</title>
<form method="post" action="/notes"><input name="title"><button>Add</button></form>
<form method="post" action="/notes/7/delete"><button>Delete</button></form>
<a href="/notes/7/delete">delete</a> <a href="/theme?set=dark">dark</a>
<script>fetch("/api/seen", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{\"page\":\"home\"}"})</script>`

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/login" {
		if r.Method == http.MethodPost {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "0123456789abcdef0123456789abcdef", Path: "/"})
			http.Redirect(w, r, "/home", http.StatusSeeOther)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<form method=post action=/login><input name=user><input type=password name=password></form>`)
		return
	}
	if _, err := r.Cookie("sid"); err != nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasSuffix(r.URL.Path, "/delete") || r.URL.RawQuery != "" {
		c.mu.Lock()
		c.changes = append(c.changes, r.Method+" "+r.URL.String())
		c.mu.Unlock()
	}
	w.Header().Set("Content-Type", "text/html")
	io.WriteString(w, countingPage)
}

// Must show: a dry run prints the plan and sends nothing that could change anything,
// neither by itself nor by the scripts of the pages that it opens in the browser.
func TestADryRunPrintsThePlanAndChangesNothing(t *testing.T) {
	needsBrowser(t)
	t.Chdir(t.TempDir())
	c := &counting{}
	url := serve(t, c.ServeHTTP)
	path := write(t, fmt.Sprintf(strings.Replace(loginConfig, "mode: passive\n", "", 1), url))
	secrets := map[string]string{"ALICE": "sup3r-s3cret-pw"}
	o := mantlet(t, secrets, "scan", "--dry-run", "--config", path)
	o.expect(t, exitClean, "Dry run of "+url, "Nothing was attacked", "the login of 1 identity",
		"POST /notes  as alice", "sends    title", "csrf: sent by a foreign page as it is",
		"POST /notes/{id}/delete", "only objects that the scan itself has made", "GET /theme", "--max-mutations")
	if strings.Contains(o.stdout, "would not be allowed") {
		t.Error("a scan of this machine is always allowed")
	}
	o = mantlet(t, secrets, "scan", "--dry-run", "--insecure-allow-deletes", "--max-mutations", "7", "--format", "json", "--config", path)
	o.expect(t, exitClean)
	var document struct {
		Run      finding.Run
		Findings []finding.Finding
	}
	if err := json.Unmarshal([]byte(o.stdout), &document); err != nil {
		t.Fatal(err)
	}
	planned := slices.ContainsFunc(document.Findings, func(f finding.Finding) bool { return f.Plan != nil && f.Plan.Action.Route == "/notes" })
	if document.Run.Mode != "dry run" || !planned {
		t.Errorf("mode %q, and POST /notes is planned: %v", document.Run.Mode, planned)
	}
	mantlet(t, secrets, "scan", "--dry-run", "--insecure-allow-deletes", "--max-mutations", "7", "--config", path).
		expect(t, exitClean, "lets it aim at what is there", "it stops at 7")
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.changes) > 0 {
		t.Errorf("it sent %v", c.changes)
	}
}

func TestADryRunSaysThatTheScanWouldBeRefused(t *testing.T) {
	f := scanFlags{targets: []string{"https://app.example"}}
	t.Chdir(t.TempDir())
	if err := f.refusal(t.Context()); err == nil || !strings.Contains(err.Error(), "mantlet verify") {
		t.Errorf("got %v", err)
	}
	f.targets = []string{"http://127.0.0.1:8000"}
	if err := f.refusal(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLimitsAreNotNegative(t *testing.T) {
	look(t, nil, "--max-mutations", "-1", "http://127.0.0.1:8000").expect(t, exitUsage, "must not be negative")
}
