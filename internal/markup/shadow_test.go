package markup

import (
	"net/url"
	"testing"
)

// TestFormsInShadowTreesAreForms (R27).
func TestFormsInShadowTreesAreForms(t *testing.T) {
	at, _ := url.Parse("http://app.test/")
	d, err := Parse([]byte(`<body><x-card><template shadowrootmode="open"><p>a</p><form method=post action=/pay><input name=to><button id=pay>Pay</button></form>
		<x-in><template shadowrootmode=closed><form method=post action=/deep><button>Deep</button></form></template></x-in></template></x-card>
		<template><form method=post action=/unused><button>No</button></form></template></body>`), at)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range d.Forms() {
		for _, s := range f.Submits {
			got[s.URL] = s.Selector
		}
	}
	want := map[string]string{"http://app.test/pay": "html > body > x-card >>> #pay", "http://app.test/deep": "html > body > x-card >>> x-in >>> form > button"}
	if len(got) != len(want) {
		t.Errorf("forms %v", got)
	}
	for u, selector := range want {
		if got[u] != selector {
			t.Errorf("%s: selector %q, want %q", u, got[u], selector)
		}
	}
}
