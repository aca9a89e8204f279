package markup

import (
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func parse(t testing.TB, body string) *Document {
	t.Helper()
	u, err := url.Parse("http://site.test/folder/page?x=1#part")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse([]byte(body), u)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFormsAreWhatABrowserSubmits(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       []Form
	}{
		{"the least there can be", `<form><input name=q></form>`,
			[]Form{{Selector: "html > body > form", Method: "GET", URL: "http://site.test/folder/page?x=1", Encoding: finding.EncodingURL,
				Fields: []finding.Field{{Name: "q", Type: "text"}}}}},
		{"types, values and requirements", `<form method=POST action=/a enctype=multipart/form-data><input type=hidden name=h value=1>
			<input type=EMAIL name=e required value="a@b"><textarea name=t>
 two</textarea><input type=file name=f value=x><input name=off disabled><input type=reset name=r><input value=nameless></form>`,
			[]Form{{Selector: "html > body > form", Method: "POST", URL: "http://site.test/a", Encoding: finding.EncodingMultipart, Fields: []finding.Field{
				{Name: "h", Type: "hidden", Value: "1"}, {Name: "e", Type: "email", Value: "a@b", Required: true},
				{Name: "t", Type: "textarea", Value: " two"}, {Name: "f", Type: "file"}}}}},
		{"choices", `<form method=post action=/a><input type=checkbox name=c><input type=checkbox name=d value=yes checked>
			<input type=radio name=r value=1><input type=radio name=r value=2 checked required><select name=s><option>One<option value=2>Two</select>
			<select name=m multiple><option selected>a<option selected>b<option>c</select><select name=n multiple><option>z</select></form>`,
			[]Form{{Selector: "html > body > form", Method: "POST", URL: "http://site.test/a", Encoding: finding.EncodingURL, Fields: []finding.Field{
				{Name: "c", Type: "checkbox", Options: []string{"on"}}, {Name: "d", Type: "checkbox", Value: "yes", Options: []string{"yes"}},
				{Name: "r", Type: "radio", Value: "2", Options: []string{"1", "2"}, Required: true},
				{Name: "s", Type: "select", Value: "One", Options: []string{"One", "2"}},
				{Name: "m", Type: "select", Value: "a", Options: []string{"a", "b", "c"}}, {Name: "m", Type: "select", Value: "b", Options: []string{"a", "b", "c"}},
				{Name: "n", Type: "select", Options: []string{"z"}}}}}},
		{"buttons that change the form", `<form id=f method=post action=/a><button>Go</button><button name=do value=del formaction=/b formmethod=get formnovalidate>Del</button>
			<button type=button>No</button></form><button form=f formenctype=text/plain id=out>Out</button><input form=f name=away>`,
			[]Form{{Selector: "#f", Method: "POST", URL: "http://site.test/a", Encoding: finding.EncodingURL, Fields: []finding.Field{{Name: "away", Type: "text"}}, Submits: []Submit{
				{Selector: "#f > button:nth-of-type(1)", Label: "Go", Method: "POST", URL: "http://site.test/a", Encoding: finding.EncodingURL, Validated: true},
				{Selector: "#f > button:nth-of-type(2)", Label: "Del", Name: "do", Value: "del", Method: "GET", URL: "http://site.test/b", Encoding: finding.EncodingURL},
				{Selector: "#out", Label: "Out", Method: "POST", URL: "http://site.test/a", Encoding: finding.EncodingText, Validated: true}}}}},
		{"dialogs, scripts and templates are no forms", `<form method=dialog></form><form action="javascript:x()"></form><template><form action=/t></form></template>
			<!-- <form action=/c></form> --><script>"<form action=/s></form>"</script>`, nil},
		{"a form between the rows of a table", `<table><form method=post action=/t><tr><td><input name=a></td></tr></form></table><input name=b>`,
			[]Form{{Selector: "html > body > table > form", Method: "POST", URL: "http://site.test/t", Encoding: finding.EncodingURL, Fields: []finding.Field{{Name: "a", Type: "text"}}}}},
		{"a fieldset that is switched off", `<form method=post action=/a><fieldset disabled><legend><input name=l></legend><input name=x></fieldset></form>`,
			[]Form{{Selector: "html > body > form", Method: "POST", URL: "http://site.test/a", Encoding: finding.EncodingURL, Fields: []finding.Field{{Name: "l", Type: "text"}}}}},
		{"a base for addresses, but not for the empty one", `<base href=//other.test/x/><form method=post action=y></form><form method=post action=""></form>`,
			[]Form{{Selector: "html > body > form:nth-of-type(1)", Method: "POST", URL: "http://other.test/x/y", Encoding: finding.EncodingURL},
				{Selector: "html > body > form:nth-of-type(2)", Method: "POST", URL: "http://site.test/folder/page?x=1", Encoding: finding.EncodingURL}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, parse(t, test.body).Forms()); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestLabels(t *testing.T) {
	for body, want := range map[string]string{
		`<button> Delete <b>all</b> </button>`:                 "Delete all",
		`<button aria-label="Close it">x</button>`:             "Close it",
		`<button><img alt="Bin"></button>`:                     "Bin",
		`<button title=Hint></button>`:                         "Hint",
		`<input type=submit>`:                                  "Submit",
		`<input type=submit value="Send it">`:                  "Send it",
		`<input type=image alt="Pay">`:                         "Pay",
		`<button>` + strings.Repeat("long ", 40) + `</button>`: strings.Repeat("long ", 16)[:79] + "…",
	} {
		forms := parse(t, "<form method=post>"+body+"</form>").Forms()
		if len(forms) != 1 || len(forms[0].Submits) != 1 || forms[0].Submits[0].Label != want {
			t.Errorf("%s: got %+v, want %q", body, forms, want)
		}
	}
}

// findsOnly checks a selector against a second implementation.
func findsOnly(t testing.TB, d *Document, selector string) *html.Node {
	t.Helper()
	compiled, err := cascadia.Parse(selector)
	if err != nil {
		t.Fatalf("selector %q cannot be read: %v", selector, err)
	}
	found := cascadia.QueryAll(d.root, compiled)
	if len(found) != 1 {
		t.Fatalf("selector %q finds %d elements", selector, len(found))
	}
	return found[0]
}

func TestSelectorsFindTheirElementAndNoOther(t *testing.T) {
	d := parse(t, `<div id=a><button>1</button><p><button>2</button></p></div><div id=twice><button>3</button></div><div id=twice><button>4</button></div>
		<div id="1 odd.id:x"><button>5</button></div><div id='q"\'><button>6</button></div><my-tag><button>7</button></my-tag><svg><a><button>8</button></a></svg>
		<button id=7up>9</button><button id="-">10</button><a href=x>11</a><a href=y>12</a>`)
	for _, trigger := range d.Triggers() {
		if n := findsOnly(t, d, trigger.Selector); Label(n) != trigger.Label {
			t.Errorf("%q finds %q, want %q", trigger.Selector, Label(n), trigger.Label)
		}
	}
	for _, l := range d.Links() {
		if n := findsOnly(t, d, l.Selector()); Label(n) != l.Label {
			t.Errorf("%q finds %q, want %q", l.Selector(), Label(n), l.Label)
		}
	}
	if n := len(d.Triggers()); n != 10 {
		t.Errorf("got %d triggers, want 10", n)
	}
}

func FuzzParseForms(f *testing.F) {
	for _, s := range []string{
		`<form method=post action=/a><input name=a><button id=x>Go</button></form>`, `<table><form><tr><td><input name=a></form></table>`,
		`<button form=f><form id=f><select><option selected>`, `<base href="x:"><a href="//[">x</a><form action="http://[::1]">`,
		`<svg><form><math><button></form>`, `<div id="\"><button><p id="a b"><button onclick="fetch('/x',{method:'POST'})">`,
		`<template><form></template><form data-u=/x><script>fetch(f.dataset.u,{method:"POST"})</script>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		u, _ := url.Parse("http://site.test/folder/page")
		d, err := Parse([]byte(body), u)
		if err != nil {
			return
		}
		d.Title()
		d.Text()
		d.Policies()
		d.Refresh()
		d.Frames()
		for _, form := range d.Forms() {
			mustBeWeb(t, form.URL)
			findsOnly(t, d, form.Selector)
			for _, s := range form.Submits {
				mustBeWeb(t, s.URL)
				findsOnly(t, d, s.Selector)
			}
		}
		for _, l := range d.Links() {
			mustBeWeb(t, l.URL)
			findsOnly(t, d, l.Selector())
		}
		for _, trigger := range d.Triggers() {
			findsOnly(t, d, trigger.Selector)
		}
		_, inline := d.Scripts()
		for _, s := range inline {
			for _, c := range Calls(s) {
				d.Bind(c)
			}
		}
	})
}

func mustBeWeb(t *testing.T, raw string) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "" {
		t.Errorf("%q is no address of a page", raw)
	}
}
