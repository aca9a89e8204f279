package prove

import (
	"net/url"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestFillKeepsWhatItMust(t *testing.T) {
	inputs := []input{
		{name: "csrf", kind: "hidden", value: "t0ken"}, {name: "recipient", kind: "text", value: "Electric company"},
		{name: "memo", kind: "text"}, {name: "amount", kind: "number", min: "1", max: "100", required: true},
		{name: "mail", kind: "email", value: "a@b.test"}, {name: "urgent", kind: "checkbox", value: "on"},
		{name: "go", kind: "submit", value: "1"}, {name: "cancel", kind: "submit", value: "1"},
	}
	f := fill(inputs, map[string]bool{"csrf": true}, nil, styleFree, nil)
	got := map[string]string{}
	for _, v := range f.values {
		got[v.name] = v.text
	}
	want := map[string]string{"csrf": "t0ken", "recipient": "Electric company", "memo": f.marker.text, "amount": f.marker.amount,
		"mail": f.marker.text + mailHost, "go": "1"}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: got %q, want %q", name, got[name], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v: an unticked box and a second button are not sent", got)
	}
	if !strings.HasPrefix(f.marker.text, "mtl") || f.choice {
		t.Errorf("marker %q, choice %v", f.marker.text, f.choice)
	}
}

func TestFillWithoutTextMakesAChoice(t *testing.T) {
	for name, row := range map[string]struct {
		in   input
		want string
	}{
		"select":   {input{name: "x", kind: "select", value: "b", options: []string{"a", "b", "c"}}, "c"},
		"checkbox": {input{name: "x", kind: "checkbox", value: "on"}, "on"},
		"boolean":  {input{name: "x", kind: "boolean", value: "true"}, "false"},
	} {
		f := fill([]input{row.in}, nil, nil, styleFree, nil)
		if !f.choice || len(f.values) != 1 || f.values[0].text != row.want {
			t.Errorf("%s: got %+v", name, f)
		}
	}
}

func TestAmountsKeepTheirBounds(t *testing.T) {
	for range 200 {
		if got := newAmount(input{min: "1", max: "5"}, map[string]bool{"3": true}); got < "1" || got > "5" || got == "3" || len(got) > 1 {
			t.Fatalf("got %s, want 1 to 5 but 3", got)
		}
		if got := newAmount(input{step: "0.01"}, nil); !strings.Contains(got, ".") {
			t.Fatalf("got %s, want decimals", got)
		}
	}
}

func TestDestructionIsRecognised(t *testing.T) {
	for address, want := range map[string]bool{"/payees/7/delete": true, "/remove-item": true, "/undeleted": false, "/profile": false, "/subscription/cancel": true,
		"/reset_password_request": false, "/password/reset": false, "/database/reset": true} {
		if got := destroys(finding.Action{Method: "POST", URL: "http://x" + address}); got != want {
			t.Errorf("%s: got %v", address, got)
		}
	}
	if !destroys(finding.Action{Method: "DELETE", URL: "http://x/items/7"}) {
		t.Error("DELETE destroys")
	}
}

func TestAnActionIsAimedAtAnotherObject(t *testing.T) {
	a := finding.Action{URL: "http://x/notes/n1/delete?id=n1", Page: "http://x/notes/n1", Route: "/notes/{id}/delete",
		Fields: []finding.Field{{Name: "id", Value: "n1"}, {Name: "text", Value: "n1 and more"}}}
	got := aim(a, "n1", "n2")
	if got.URL != "http://x/notes/n2/delete?id=n2" || got.Page != "http://x/notes/n2" || got.Fields[0].Value != "n2" || got.Fields[1].Value != "n1 and more" {
		t.Errorf("got %+v", got)
	}
	if a.Fields[0].Value != "n1" {
		t.Error("the action that was given has changed")
	}
}

func TestATokenStaysBehind(t *testing.T) {
	s := &subject{tokens: map[string]bool{}}
	u, _ := url.Parse("http://x/a?csrf_token=0123456789&ticket=9f86d081884c7d65&lang=de")
	fg := forgery{sub: submission{url: u}}
	s.dropQueryTokens(&fg, finding.TokenAbsent)
	if got := fg.sub.url.RawQuery; got != "lang=de" {
		t.Errorf("got %q", got)
	}
	if wrong := wrongToken("aB3-deadbeef"); wrong == "aB3-deadbeef" || len(wrong) != 12 || wrong[3] != '-' {
		t.Errorf("got %q", wrong)
	}
}

func FuzzForms(f *testing.F) {
	f.Add("<form method=post action=/x><input name=a><select name=b><option>1</select><button name=c>", "/x")
	f.Add("<form action='%zz'><input type=radio name=a checked>", "%")
	f.Fuzz(func(t *testing.T, page, action string) {
		d := parseDocument("http://x/page", "text/html", []byte(page))
		forms := d.forms()
		a := finding.Action{Method: "POST", URL: "http://x" + action, Fields: []finding.Field{{Name: "a"}}}
		live := match(forms, a, "a")
		inputs, tokens, places := inputsOf(a, live, "")
		for _, st := range styles {
			made := fill(append([]input(nil), inputs...), tokens, places, st, nil)
			if live != nil {
				sub := submission{method: "POST", url: live.url, encoding: finding.EncodingMultipart, values: made.values}
				sub.body()
				_ = sub.address()
			}
		}
		confirming(page, a)
	})
}
