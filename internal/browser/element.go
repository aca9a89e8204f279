package browser

import (
	"context"
	"encoding/json"
	"fmt"
)

// Rect is a box in CSS pixels. X and Y count from the top left of the document.
type Rect struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Middle is the point of r that a user would aim at.
func (r Rect) Middle() (x, y float64) { return r.X + r.Width/2, r.Y + r.Height/2 }

// deepScript finds elements in open shadow trees, too: " >>> " in a selector goes from
// an element into its tree, where what follows begins at the top unless it is an id.
const deepScript = `const deep = selector => {
  let roots = [document], found = [];
  selector.split(' >>> ').forEach((part, i) => {
    if (i) roots = found.map(e => e.shadowRoot).filter(Boolean);
    found = roots.flatMap(r => [...r.querySelectorAll(part)]);
    if (i && !/^[#[]/.test(part)) found = found.filter(e => {
      for (let k = part.split(' > ').length; e && k; k--) e = e.parentNode;
      return roots.includes(e);
    });
  });
  return found;
};
`

// rectScript finds the first match that is painted and that a click in its middle
// would reach, after scrolling to it. Its answer counts scrolling out again.
const rectScript = `(selector => {
  ` + deepScript + `
  for (const e of deep(selector)) {
    e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
    const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    if (r.width < 1 || r.height < 1 || s.visibility !== 'visible') continue;
    const hit = e.getRootNode().elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    if (!hit || !(e.contains(hit) || hit.shadowRoot && hit.shadowRoot.contains(e) || hit.contains(e) && hit.tagName === 'LABEL')) continue;
    return {x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height};
  }
  return null;
})(%s)`

// Rect is where the first visible element that selector matches stands, and false
// if none is there to be clicked: absent, hidden or covered by something else. It
// scrolls the page to the element.
func (p *Page) Rect(ctx context.Context, selector string) (Rect, bool, error) {
	var found *Rect
	if err := p.Eval(ctx, fmt.Sprintf(rectScript, quote(selector)), &found); err != nil {
		return Rect{}, false, err
	}
	if found == nil {
		return Rect{}, false, nil
	}
	return *found, true, nil
}

// ClickOn scrolls to the first visible element that selector matches and clicks
// its middle. It is false, and nothing was clicked, if there is none.
func (p *Page) ClickOn(ctx context.Context, selector string) (bool, error) {
	r, ok, err := p.Rect(ctx, selector)
	if err != nil || !ok {
		return false, err
	}
	var scrolled struct{ X, Y float64 }
	if err := p.Eval(ctx, `({X: scrollX, Y: scrollY})`, &scrolled); err != nil {
		return false, err
	}
	x, y := r.Middle()
	return true, p.Click(ctx, x-scrolled.X, y-scrolled.Y)
}

// Size is how large the whole document is, in CSS pixels.
func (p *Page) Size(ctx context.Context) (width, height int, err error) {
	var size struct{ W, H int }
	err = p.Eval(ctx, `(d => ({W: d.scrollWidth, H: d.scrollHeight}))(document.documentElement)`, &size)
	return size.W, size.H, err
}

// mostHTML bounds what is taken of a document, in characters.
const mostHTML = 8 << 20

// htmlScript writes open shadow trees as servers send them, in templates.
const htmlScript = `(() => {
  const type = document.doctype ? new XMLSerializer().serializeToString(document.doctype) + "\n" : "", d = document.documentElement;
  if (!d) return type;
  const shadowRoots = [];
  const walk = root => {
    for (const e of root.querySelectorAll('*')) if (e.shadowRoot) { shadowRoots.push(e.shadowRoot); walk(e.shadowRoot); }
  };
  walk(document);
  if (!shadowRoots.length || !d.getHTML) return type + d.outerHTML;
  const shell = d.cloneNode(false).outerHTML, end = shell.lastIndexOf('</');
  return type + shell.slice(0, end) + d.getHTML({shadowRoots}) + shell.slice(end);
})().slice(0, %d)`

// HTML is the document as it stands now, scripts' changes and open shadow trees
// included; the first eight million characters of it.
func (p *Page) HTML(ctx context.Context) (string, error) {
	var text string
	err := p.Eval(ctx, fmt.Sprintf(htmlScript, mostHTML), &text)
	return text, err
}

// fillScript goes through the element's own setter, which frameworks that watch
// their inputs have not replaced, and tells them afterwards.
const fillScript = `((selector, value) => {
  ` + deepScript + `
  const e = deep(selector)[0];
  if (!e) return false;
  if (e.focus) e.focus();
  if (e.type === 'checkbox' || e.type === 'radio') {
    if (e.checked !== (value !== '')) e.click();
    return true;
  }
  const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(e), 'value');
  if (setter && setter.set) setter.set.call(e, value); else e.textContent = value;
  e.dispatchEvent(new Event('input', {bubbles: true}));
  e.dispatchEvent(new Event('change', {bubbles: true}));
  return true;
})(%s, %s)`

// Fill gives the first element that selector matches a value, as typing would. A
// check box is ticked unless value is empty.
func (p *Page) Fill(ctx context.Context, selector, value string) error {
	var found bool
	if err := p.Eval(ctx, fmt.Sprintf(fillScript, quote(selector), quote(value)), &found); err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("fill %s: no such element in the page", selector)
	}
	return nil
}

// quote makes s a literal of a script.
func quote(s string) string {
	text, _ := json.Marshal(s) // a string always has a JSON form
	return string(text)
}
