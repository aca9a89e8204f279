package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const shadowPage = `<!doctype html><html lang=en><body><x-card></x-card><p>light</p>
<div id=declared><template shadowrootmode=open><form method=post action=/declared><button>Declared</button></form></template></div>
<script>
  const card = document.querySelector('x-card').attachShadow({mode: 'open'});
  card.innerHTML = '<p>a</p><x-in></x-in>';
  card.querySelector('x-in').attachShadow({mode: 'open'}).innerHTML =
    '<div><form><button type=button>Decoy</button></form></div><form method=post action=/pay><input name=to><button type=button>Pay</button></form>';
  card.querySelector('x-in').shadowRoot.lastElementChild.lastElementChild.onclick = e => { document.title = 'clicked ' + e.target.form.to.value };
</script></body></html>`

// TestShadowTreesAreSeenAndReached shows that what a script hides in a shadow tree is
// in the page that Render gives, and that it can be filled in and clicked (R27).
func TestShadowTreesAreSeenAndReached(t *testing.T) {
	port := site(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, shadowPage)
	})
	b := start(t, Options{})
	base := "http://127.0.0.1:" + port + "/"
	r, err := b.Render(t.Context(), nil, base)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(r.HTML, "<!DOCTYPE html>\n<html lang=\"en\">") || !strings.HasSuffix(r.HTML, "</body></html>") ||
		strings.Count(r.HTML, `<template shadowrootmode="open">`) != 3 || !strings.Contains(r.HTML, `action="/pay"`) || !strings.Contains(r.HTML, `action="/declared"`) {
		t.Errorf("rendered %s", r.HTML)
	}
	c, err := b.Context(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := open(t, c, base)
	const form = "html > body > x-card >>> x-in >>> form"
	if err := p.Fill(t.Context(), form+" > input", "bob"); err != nil {
		t.Fatal(err)
	}
	if clicked, err := p.ClickOn(t.Context(), form+" > button"); err != nil || !clicked {
		t.Fatalf("clicked %v, %v", clicked, err)
	}
	var title string
	if err := p.Eval(t.Context(), "document.title", &title); err != nil || title != "clicked bob" {
		t.Errorf("title %q, %v", title, err)
	}
	if _, found, err := p.Rect(t.Context(), "#declared >>> form > button"); err != nil || !found {
		t.Errorf("the declared tree: %v, %v", found, err)
	}
}
