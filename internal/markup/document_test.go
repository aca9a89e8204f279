package markup

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestWhatAPageLeadsTo(t *testing.T) {
	d := parse(t, `<title> A
		title </title><meta http-equiv=Refresh content="5; url='next'"><meta http-equiv=X-Frame-Options content=DENY>
		<meta http-equiv=content-security-policy content="default-src 'self'; FRAME-ANCESTORS 'none'"><meta http-equiv=Content-Security-Policy content="img-src x">
		<meta name=csrf-token content=abc><a href="a b#f">A</a><a href="mailto:x@y">M</a><a href=javascript:x()>J</a><a>none</a>
		<a href="
		//other.test/o">O</a><map><area href=area alt=Area></map><iframe src=frame></iframe><object data=obj></object><frame src=x>
		<script src=/s.js></script><script>inline()</script><body onload="handler()">text <script>no</script><b>bold</b>`)
	got := map[string]any{"title": d.Title(), "refresh": d.Refresh(), "policies": d.Policies(), "metas": d.Metas(), "frames": d.Frames()}
	want := map[string]any{"title": "A title", "refresh": "http://site.test/folder/next",
		"policies": []string{"X-Frame-Options: DENY", "content-security-policy: default-src 'self'; FRAME-ANCESTORS 'none'"},
		"metas":    map[string]string{"csrf-token": "abc"}, "frames": []string{"http://site.test/folder/frame", "http://site.test/folder/obj"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	var links []string
	for _, l := range d.Links() {
		links = append(links, l.Label+" "+l.URL)
	}
	if diff := cmp.Diff([]string{"A http://site.test/folder/a%20b", "O http://other.test/o", "Area http://site.test/folder/area"}, links); diff != "" {
		t.Errorf("links: %s", diff)
	}
	files, inline := d.Scripts()
	if diff := cmp.Diff([]string{"http://site.test/s.js"}, files); diff != "" {
		t.Error(diff)
	}
	if got := strings.Join(inline, "|"); !strings.Contains(got, "inline()") || !strings.Contains(got, "handler()") {
		t.Errorf("inline scripts: %q", got)
	}
	if got := d.Text(); !strings.Contains(got, "text bold") && !strings.Contains(got, "bold") || strings.Contains(got, "inline") {
		t.Errorf("text: %q", got)
	}
}

func TestCallsThatScriptsSpellOut(t *testing.T) {
	for _, test := range []struct {
		name, script string
		want         []Call
	}{
		{"fetch reads by default", `fetch("/api/items")`, []Call{{Method: "GET", URL: "/api/items"}}},
		{"fetch with JSON", `await fetch('/api/x', {method: 'PUT', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({name: n, "two": 2, short})})`,
			[]Call{{Method: "PUT", URL: "/api/x", Encoding: finding.EncodingJSON, Keys: []string{"name", "two", "short"}}}},
		{"a looked-up header is a token's", `fetch("/x", {method:"POST", headers:{"X-Guard": meta.content, "X-Requested-With": "fetch"}})`,
			[]Call{{Method: "POST", URL: "/x", Header: "X-Guard"}}},
		{"a written header is none", `fetch("/x", {method:"POST", headers:{"X-Guard": "1"}})`, []Call{{Method: "POST", URL: "/x", Headers: map[string]string{"X-Guard": "1"}}}},
		{"a bearer token", `fetch("/x", {method:"POST", headers:{Authorization: "Bearer " + t}})`, []Call{{Method: "POST", URL: "/x", Bearer: true}}},
		{"a header for all requests", `axios.defaults.headers.common["X-CSRF"] = getCookie("c"); axios.post("/y", d)`, []Call{{Method: "POST", URL: "/y", Header: "X-CSRF"}}},
		{"XMLHttpRequest", `x.open("post", "/z"); x.setRequestHeader("X-T", token); x.send()`, []Call{{Method: "POST", URL: "/z", Header: "X-T"}}},
		{"jQuery", `$.ajax({url: "/q", type: "DELETE"}); $.post('/p', {})`, []Call{{Method: "DELETE", URL: "/q"}, {Method: "POST", URL: "/p"}}},
		{"names for the address and the data", "var url = '/old'\nvar data = $('#f').serialize()\nvar url = '/profile'\n$.post(url, data)", []Call{{Method: "POST", URL: "/profile", Form: "f", Encoding: finding.EncodingURL}}},
		{"names as options", `const to = "/q"; $.ajax({type: "POST", url: to, data: $("#form-1").serialize()})`, []Call{{Method: "POST", URL: "/q", Form: "form-1", Encoding: finding.EncodingURL}}},
		{"a name that a template filled in", `var to = "http:\/\/site.test\/p"; $.post(to, d)`, []Call{{Method: "POST", URL: "http://site.test/p"}}},
		{"a name that something is added to", `var to = "/q/" + id; $.post(to, data)`, nil},
		{"a beacon", `navigator.sendBeacon("/b", data)`, []Call{{Method: "POST", URL: "/b"}}},
		{"an address in an attribute", `fetch(form.dataset.endPoint, {method: "POST", headers: {...JSON.parse(form.dataset.headers)}, body: JSON.stringify(Object.fromEntries(new FormData(form)))})`,
			[]Call{{Method: "POST", Attribute: "data-end-point", HeadersFrom: "data-headers", Encoding: finding.EncodingJSON}}},
		{"a form's data", `fetch("/f", {method: "POST", body: new FormData(f)})`, []Call{{Method: "POST", URL: "/f", Encoding: finding.EncodingMultipart}}},
		{"what is put together at run time is left out", "fetch(`/item/${id}`, {method: 'POST'}); fetch(base + '/x'); open('name'); window.open('https://x.test/', 'popup')", nil},
		{"a call that never closes", `fetch("/x", {method: "POST"`, []Call{{Method: "POST", URL: "/x"}}},
	} {
		if diff := cmp.Diff(test.want, Calls(test.script)); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", test.name, diff)
		}
	}
}

func TestBindFindsTheFormThatAScriptTakesOver(t *testing.T) {
	d := parse(t, `<form data-to=/api/a data-h='{"X-T":"abc"}'><input name=v value=1><button>Save</button></form><button data-to=/api/b>Direct</button>`)
	got := d.Bind(Call{Attribute: "data-to", HeadersFrom: "data-h"})
	if len(got) != 2 || got[0].URL != "http://site.test/api/a" || got[0].Headers["X-T"] != "abc" || got[0].Form == nil || got[0].Label != "Save" ||
		got[0].Selector != "html > body > form > button" || got[1].Form != nil || got[1].Label != "Direct" {
		t.Errorf("got %+v", got)
	}
}

func TestTriggers(t *testing.T) {
	d := parse(t, `<form method=post><button>submits</button><button type=button onclick="go()">runs</button></form>
		<a href="javascript:run()">link</a><a href=/x>plain</a><div role=button>role</div><div onclick=x()>div</div><button hx-post=/h>htmx</button><button disabled>off</button>`)
	var got []string
	for _, trigger := range d.Triggers() {
		line := trigger.Label + ":" + trigger.Script
		for _, c := range trigger.Calls {
			line += c.Method + " " + c.URL
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"runs:go()", "link:run()", "role:", "div:x()", "htmx:POST http://site.test/h"}, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestWhereHandlersLead(t *testing.T) {
	for handler, want := range map[string]string{
		`window.location.href='/lab'`:             "http://site.test/lab",
		`location = "/lab?x=1";`:                  "http://site.test/lab?x=1",
		`document.location.assign('/lab')`:        "http://site.test/lab",
		`if (ready) { location.replace("/lab") }`: "http://site.test/lab",
		`window.open('/lab', '_blank')`:           "http://site.test/lab",
		`location.href = '/items/' + id`:          "", // not spelled out
		`allocation = '/lab'`:                     "",
		`location.href == '/lab'`:                 "",
	} {
		d := parse(t, `<button type=button onclick="`+strings.ReplaceAll(handler, `"`, "&quot;")+`">Go</button>`)
		got := ""
		for _, l := range d.Links() {
			got += l.URL
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", handler, got, want)
		}
	}
	if links := parse(t, `<a href="javascript:location='/lab'">x</a>`).Links(); len(links) != 1 || links[0].URL != "http://site.test/lab" {
		t.Errorf("a link with a script: %v", links)
	}
}

func TestLinksThatMayChangeSomething(t *testing.T) {
	for _, test := range []struct {
		url, label    string
		changes, name bool
	}{
		{"/settings/theme?value=dark", "dark", true, false},
		{"/currency?set=EUR", "EUR", true, false},
		{"/items?delete=7", "", true, false},
		{"/item.php?action=delete&id=7", "", true, false},
		{"/items/7?toggle", "", true, false},
		{"/approve?id=7", "", true, true},
		{"/cart?id=7", "Remove", true, false},
		{"/toggleStar?id=3", "", true, true},
		{"/users/enable_all?x=1", "", true, true},
		{"/lang?lang=de", "Deutsch", true, false},
		{"/items/7/delete", "Delete", false, true},
		{"/delete/7", "", false, true},
		{"/settings?tab=profile", "", false, false},
		{"/search?q=delete+everything", "", false, false},
		{"/items?page=2&sort=name", "Next", false, false},
		{"/posts?id=7", "Read more", false, false},
		{"/settings/theme", "Theme", false, false},
		{"/deleted-items", "Deleted", false, false},
		{"/orders?status=open", "", false, false},
		{"/login?next=/settings", "", false, false},
		{"/createdb", "", false, true},
		{"/api/db/seed", "", false, true},
		{"/setup-database", "", false, true},
		{"/populateDb", "", false, true},
		{"/debug/seed_all_data", "", false, true},
		{"/dashboard", "", false, false},
		{"/databases", "", false, false},
		{"/docs/setup", "", false, false},
		{"/orders/create", "", false, false},
	} {
		full := "http://site.test" + test.url
		if got := SuggestsChange(full, test.label); got != test.changes {
			t.Errorf("%s: got suggests change %v, want %v", test.url, got, test.changes)
		}
		if got := NamesChange(full); got != test.name {
			t.Errorf("%s: got names change %v, want %v", test.url, got, test.name)
		}
	}
}

func TestLogoutIsNeverFollowed(t *testing.T) {
	for link, want := range map[[2]string]bool{
		{"/logout", ""}: true, {"/log-out", ""}: true, {"/users/sign_out", ""}: true, {"/signOut", ""}: true, {"/x?action=logout", ""}: true,
		{"/end", "Log out"}: true, {"/accounts/logoff/", ""}: true, {"/checkout", ""}: false, {"/blog/out-of-office", ""}: false, {"/login", "Log in"}: false,
	} {
		if got := IsLogout("http://site.test"+link[0], link[1]); got != want {
			t.Errorf("%v: got %v, want %v", link, got, want)
		}
	}
}

func TestHugePagesAreReadInTime(t *testing.T) {
	u, _ := url.Parse("http://site.test/")
	for name, body := range map[string]string{
		"a hundred thousand links":  strings.Repeat("<a href=x>x</a>", 100_000),
		"forty thousand forms":      strings.Repeat("<form method=post><button>x</button></form>", 40_000),
		"deep nesting":              strings.Repeat("<div>", 400_000),
		"nested clickable elements": strings.Repeat("<div role=button>x", 500) + strings.Repeat("text ", 300_000),
		"one endless attribute":     `<a href="` + strings.Repeat("x", 2_000_000),
	} {
		start := time.Now()
		d, err := Parse([]byte(body), u)
		if err != nil {
			continue // refused is fine
		}
		n := len(d.Forms()) + len(d.Links()) + len(d.Triggers()) + len(d.Text())
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v for %d", name, took, n)
		} else {
			t.Log(name, took.Round(time.Millisecond), fmt.Sprint(n))
		}
	}
}
