package check

import (
	"encoding/json"
	"expvar"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// seenAt collects what a handler shows to visitors and gives what stands beside the
// attacks in it, by weakness.
func seenAt(t *testing.T, h http.Handler) map[finding.Weakness]finding.Finding {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	site, err := observe.Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g)}, observe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[finding.Weakness]finding.Finding{}
	Run(site, policy.Rules{}, func(f finding.Finding) {
		if finding.Beside(f.Weakness) {
			found[f.Weakness] = f
		}
	})
	return found
}

func TestRealGoToolsAreRecognised(t *testing.T) {
	open := http.NewServeMux()
	open.HandleFunc("/debug/pprof/", pprof.Index)
	open.Handle("/debug/vars", expvar.Handler())
	open.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<p>x")) })
	found := seenAt(t, open)
	if f := found[finding.DebugEndpoint]; len(f.Routes) != 1 || f.Severity != finding.Low {
		t.Errorf("pprof and expvar give %+v", f)
	}
}

// A site that answers every address with one page, hardened, gives no reason to speak
// of anything above a remark.
func TestASiteThatAnswersEverythingIsNoAlarm(t *testing.T) {
	found := seenAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Write([]byte("<title>App</title><div id=app></div><!-- " + "DEBUG=1\nSECRET=x -->"))
	}))
	if len(found) > 0 {
		t.Errorf("it says %+v", found)
	}
}

// realPages prints what debug modes of frameworks answer, as JSON.
const realPages = `
import asyncio, json, sys, logging, io
sys.stderr = io.StringIO()
logging.disable(logging.CRITICAL)
import django, flask
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from starlette.applications import Starlette
from starlette.routing import Route
from werkzeug.debug import DebuggedApplication
from werkzeug.test import Client as Werkzeug

def fail(*_):
    raise KeyError("x")

pages = {}
app = flask.Flask("app")
app.debug = True
app.add_url_rule("/fail", view_func=fail)
for name, evalex in (("werkzeug", True), ("werkzeug without code", False)):
    answer = Werkzeug(DebuggedApplication(app, evalex=evalex)).get("/fail", headers={"Host": "127.0.0.1"})
    pages[name] = [answer.status_code, answer.content_type, answer.text]
answer = Werkzeug(DebuggedApplication(app, evalex=True)).get("/console", headers={"Host": "127.0.0.1"})
pages["console"] = [answer.status_code, answer.content_type, answer.text]
app.debug = False
answer = app.test_client().get("/fail")
pages["flask"] = [answer.status_code, answer.content_type, answer.text]

urlpatterns = [path("fail", fail)]
settings.configure(DEBUG=True, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
django.setup()
from django.test import Client
for debug in (True, False):
    settings.DEBUG = debug
    for name, where in (("", "/fail"), (" missing", "/none")):
        answer = Client(raise_request_exception=False).get(where, headers={"Accept": "text/html"})
        pages["django%s%s" % (" debug" if debug else "", name)] = [answer.status_code, answer["Content-Type"], answer.content.decode()]

def asgi(debug):
    sent = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": "GET", "path": "/fail", "raw_path": b"/fail", "query_string": b"", "root_path": "",
             "headers": [(b"accept", b"text/html"), (b"host", b"x")], "http_version": "1.1", "scheme": "http",
             "server": ("x", 80), "client": ("y", 1)}
    try:
        asyncio.run(Starlette(debug=debug, routes=[Route("/fail", fail)])(scope, receive, send))
    except KeyError:
        pass
    return [sent[0]["status"], dict(sent[0]["headers"])[b"content-type"].decode(), b"".join(m.get("body", b"") for m in sent).decode()]

pages["starlette debug"], pages["starlette"] = asgi(True), asgi(False)
print(json.dumps(pages))
`

func TestRealDebugPagesAreToldFromErrors(t *testing.T) {
	python, err := filepath.Abs("../../.lab/venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("CI") != "" || os.Getenv("MANTLET_REQUIRE_LAB") != "" {
			t.Fatal(err)
		}
		t.Skip("no .lab: run scripts/setup")
	}
	script := filepath.Join(t.TempDir(), "pages.py")
	if err := os.WriteFile(script, []byte(realPages), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, script).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pages := map[string][3]any{}
	if err := json.Unmarshal(out, &pages); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]finding.Weakness{
		"werkzeug": {finding.DebugConsole}, "werkzeug without code": {finding.DebugTrace}, "console": {finding.DebugConsole}, "flask": nil,
		"django debug": {finding.DebugTrace}, "django debug missing": {finding.DebugTrace}, "django": nil, "django missing": nil,
		"starlette debug": {finding.DebugTrace}, "starlette": nil,
	} {
		page, ok := pages[name]
		if !ok {
			t.Errorf("there is no page %s", name)
			continue
		}
		site := &observe.Site{Exchanges: []*observe.Exchange{{Method: "GET", Route: "/x", URL: "https://app.test/x", Status: int(page[0].(float64)),
			Type: mediaOf(page[1].(string)), Body: []byte(page[2].(string))}}}
		var got []finding.Weakness
		run([]*Check{debugConsole, debugTrace, exposedSecret, exposedCard, exposedHash}, site, policy.Rules{}, func(f finding.Finding) { got = append(got, f.Weakness) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func mediaOf(header string) string {
	for i, r := range header {
		if r == ';' {
			return header[:i]
		}
	}
	return header
}
