package corpus

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestEveryContextInWhichARequestWasSeenCanBeRead(t *testing.T) {
	contexts, err := Contexts()
	if err != nil {
		t.Fatal(err)
	}
	if len(contexts) != 154 {
		t.Errorf("%d contexts are built in, want 154", len(contexts))
	}
	for name, c := range contexts {
		if _, err := c.SetAct(); err != nil {
			t.Errorf("%s: who sets the cookies: %v", name, err)
		}
		if _, err := c.Act(); err != nil && (c.RequestSeen || !errors.Is(err, ErrNoRequest)) {
			t.Errorf("%s: who makes the request: %v", name, err)
		}
	}
}

func TestTheBuiltInContextsAreThoseOfThePolicyTests(t *testing.T) {
	same, err := os.ReadFile("../../policy/testdata/corpus/cookies-contexts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(same, embeddedContexts) {
		t.Error("internal/corpus/cookies-contexts.jsonl and policy/testdata/corpus/cookies-contexts.jsonl differ")
	}
}

func TestContextsAreReadByWhatTheySay(t *testing.T) {
	const evil, victim = "https://attacker.example", "https://victim.test"
	for _, tt := range []struct {
		name string
		c    Context
		want Act
	}{
		{"a form into a frame of the page's own", Context{Page: evil, Target: victim, Method: "POST",
			How: `<iframe name=fr></iframe><form method=POST action="https://victim.test/x" target=fr></form>`},
			Act{Kind: Subframe, Initiator: evil, Ancestors: []string{evil}, Method: "POST"}},
		{"a form in a sandboxed frame", Context{Page: evil, Target: victim, Method: "POST",
			How: `<iframe sandbox="allow-forms" srcdoc="<form method=post action='https://victim.test/x'></form>"></iframe>`},
			Act{Kind: Subframe, Initiator: "null", Ancestors: []string{evil}, Method: "POST"}},
		{"a framed page of the victim's", Context{Page: evil, Target: victim, Method: "GET", How: `<iframe src="https://victim.test/page?do=fetch"></iframe>`},
			Act{Kind: Subresource, Initiator: victim, Ancestors: []string{evil}, Method: "GET"}},
		{"a page that goes on by itself", Context{Page: evil, Target: victim, Method: "GET", How: `<a href="https://victim.test/page?do=meta">go</a>`},
			Act{Kind: Navigation, Initiator: victim, Method: "GET"}},
		{"a page that reloads itself", Context{Page: evil, Target: victim, Method: "GET", How: `<a href="https://victim.test/x">go</a> ; then jsreload`},
			Act{Kind: Navigation, Initiator: victim, Method: "GET"}},
		{"an address typed", Context{Page: "address bar", Target: victim, Method: "GET", How: "address bar: https://attacker.example/r/302?to=x"},
			Act{Kind: Typed, Initiator: "null", Method: "GET"}},
	} {
		got, err := tt.c.Act()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got.Kind != tt.want.Kind || got.Initiator != tt.want.Initiator || got.Method != tt.want.Method ||
			strings.Join(got.Ancestors, " ") != strings.Join(tt.want.Ancestors, " ") {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// FuzzAct holds: whatever a context says, reading it neither panics nor hangs.
func FuzzAct(f *testing.F) {
	contexts, err := Contexts()
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range contexts {
		f.Add(c.Page, c.Target, c.SetBy, c.How)
	}
	f.Fuzz(func(_ *testing.T, page, target, setBy, how string) {
		c := Context{Page: page, Target: target, SetBy: setBy, How: how, Method: "GET"}
		_, _ = c.SetAct()
		_, _ = c.Act()
		_, _ = RequestRow{Page: page, To: target, How: how, PageHeaders: []string{setBy}}.Act()
	})
}
