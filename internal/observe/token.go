package observe

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

var (
	uuidShape = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	tokenText = regexp.MustCompile(`^[0-9A-Za-z+/=._:~-]+$`)
)

// mayBeToken says whether a value is worth watching: if it then changes from session
// to session, it is a token.
func mayBeToken(v string) bool {
	long := len(v) >= 16 && len(v) <= 2000 && tokenText.MatchString(v) && !uuidShape.MatchString(v) && v[0] != '/'
	number := len(v) < 24 && allDigits(v) // longer than any that counts or names things
	return long && !number || looksRandom(v)
}

// looksRandom says whether a value is a token by its looks alone: long enough, of
// the characters tokens are made of, and neither a word nor a number nor a UUID,
// which names things. One token in ten thousand looks otherwise.
func looksRandom(v string) bool {
	if len(v) < 8 || len(v) > 2000 || !tokenText.MatchString(v) || uuidShape.MatchString(v) {
		return false
	}
	changes := 0 // of the kind of character
	for i := 1; i < len(v); i++ {
		if charKind(v[i]) != charKind(v[i-1]) {
			changes++
		}
	}
	if len(v) < 16 {
		return changes >= 3
	}
	if changes >= 4 || changes >= 2 && strings.ContainsAny(v, "0123456789") {
		return true
	}
	return len(v) >= 20 && strings.IndexFunc(v, func(r rune) bool { return charKind(byte(r)) == 1 || charKind(byte(r)) == 3 }) < 0 && !allDigits(v)
}

func allDigits(v string) bool { return strings.Trim(v, "0123456789") == "" }

func charKind(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return 0
	case c >= 'a' && c <= 'z':
		return 1
	case c >= 'A' && c <= 'Z':
		return 2
	}
	return 3
}

// A candidate is a parameter of an action that may be an anti-forgery token.
type candidate struct {
	action int
	field  string
	value  string
	view   *view
}

// findTokens loads the pages of the candidates again, in the same session and in
// another one of the same identity, and sees what changes.
func (c *collector) findTokens() {
	byPage := map[*view][]candidate{}
	var pages []*view
	for i, a := range c.actions.list {
		v := c.viewOf(a)
		if v == nil || v.page == nil || isSafe(a.Method) {
			continue
		}
		shown := c.valuesOn(v.page, a.Action)
		for _, f := range a.Fields {
			if isCandidate(f) {
				if byPage[v] == nil {
					pages = append(pages, v)
				}
				byPage[v] = append(byPage[v], candidate{i, f.Name, shown[f.Name], v})
			}
		}
	}
	others := map[string]*identity.Session{}
	for _, v := range pages {
		c.otherSession(v.session, others)
	}
	same, other := make([]*markup.Document, len(pages)), make([]*markup.Document, len(pages))
	parallel(len(pages), workers, func(i int) {
		same[i] = c.reload(pages[i].session, pages[i])
		other[i] = c.reload(others[pages[i].session.Name()], pages[i])
	})
	for i, v := range pages {
		for _, t := range byPage[v] {
			c.judgeToken(t, same[i], other[i])
		}
	}
}

// isCandidate leaves out what the user fills in.
func isCandidate(f finding.Field) bool {
	hidden := f.Type == "hidden" || f.In == "query"
	return hidden && f.Value != "" && (mayBeToken(f.Value) || hintsToken(f.Name))
}

// viewOf finds the page on which an action's form was seen, by the first identity
// that was shown it, or else by anonymous.
func (c *collector) viewOf(a *seen) *view {
	var anonymous *view
	for _, actor := range a.actors {
		v := c.byURL[viewKey(actor, a.Page)]
		if v == nil || v.page == nil || c.valuesOn(v.page, a.Action) == nil {
			continue
		}
		if actor != "" {
			return v
		}
		anonymous = v
	}
	return anonymous
}

// otherSession begins a second session of the same identity, once; it stays nil if
// there cannot be one.
func (c *collector) otherSession(s *identity.Session, begun map[string]*identity.Session) {
	if _, known := begun[s.Name()]; known {
		return
	}
	other, err := s.Again(c.ctx)
	begun[s.Name()] = other
	if err != nil && !errors.Is(err, identity.ErrNoLogin) {
		c.skip(finding.Skip{What: "tokens of " + nameOf(s), Why: "a second session could not be begun: " + err.Error()})
	}
}

// reload fetches a page once more; nil if that fails.
func (c *collector) reload(s *identity.Session, v *view) *markup.Document {
	if s == nil || c.stopped != nil {
		return nil
	}
	again := c.fetch(s, visit{url: v.exchange.URL, purpose: "crawl"})
	if again.err != nil || again.exchange.Status != v.exchange.Status {
		return nil
	}
	return again.page
}

// valuesOn reads an action's parameters where its form stands on a page now; nil if
// it does not stand there.
func (c *collector) valuesOn(d *markup.Document, a finding.Action) map[string]string {
	if d == nil {
		return nil
	}
	path, _, _ := strings.Cut(a.URL, "?")
	for _, f := range d.Forms() {
		for _, s := range append(f.Submits, markup.Submit{Method: f.Method, URL: f.URL}) {
			at, query, _ := strings.Cut(s.URL, "?")
			if at != path || s.Method != a.Method && a.Source == "form" || !hasNames(f.Fields, a.Fields) {
				continue
			}
			values := map[string]string{}
			if params, err := url.ParseQuery(query); err == nil {
				for name := range params {
					values[name] = params.Get(name)
				}
			}
			for _, field := range f.Fields {
				values[field.Name] = field.Value
			}
			return values
		}
	}
	return nil
}

// hasNames says whether a form has all the fields of an action that are in its body.
func hasNames(form, action []finding.Field) bool {
	for _, f := range action {
		if f.In == "" && f.Type != "submit" && !slices.ContainsFunc(form, func(g finding.Field) bool { return g.Name == f.Name }) {
			return false
		}
	}
	return true
}

// judgeToken decides by behaviour: a token is another one at each load or in
// another session. A name alone only makes a value a token that never changes.
func (c *collector) judgeToken(t candidate, same, other *markup.Document) {
	a := c.actions.list[t.action]
	again, okAgain := c.valuesOn(same, a.Action)[t.field]
	foreign, okForeign := c.valuesOn(other, a.Action)[t.field]
	fresh := okAgain && again != t.value
	bound := okForeign && foreign != t.value
	random, hinted := mayBeToken(t.value), hintsToken(t.field)
	isToken := (fresh || bound) && random || hinted && (random || fresh || bound || len(t.value) >= 6)
	if !okForeign && !fresh && looksRandom(t.value) && len(t.value) >= 20 {
		isToken = true // no other session to compare with: its looks decide
	}
	if !isToken {
		return
	}
	for i := range a.Fields {
		if a.Fields[i].Name == t.field {
			c.grant.Redactor().Learn("token", a.Fields[i].Value)
			a.Fields[i].Token = true
			a.Fields[i].Value = c.grant.Redactor().Mark("token", a.Fields[i].Value)
		}
	}
	for _, value := range []string{t.value, again, foreign} {
		c.grant.Redactor().Learn("token", value)
	}
	c.site.Tokens = append(c.site.Tokens, Token{Action: t.action, Field: t.field, Identity: t.view.exchange.Identity, Fresh: fresh,
		Bound: bound, Shared: okForeign && !bound})
}

// liftQueryTokens moves parameters of a POST action's URL that look like tokens to
// its fields, so that they can be judged and left out like any other.
func (c *collector) liftQueryTokens() {
	for _, a := range c.actions.list {
		u, err := url.Parse(a.URL)
		if err != nil || u.RawQuery == "" || a.Method == http.MethodGet {
			continue
		}
		query := u.Query()
		for _, name := range sortedKeys(query) {
			f := finding.Field{Name: name, In: "query", Type: "hidden", Value: query.Get(name)}
			if isCandidate(f) {
				a.Fields = append(slices.Clone(a.Fields), f)
				query.Del(name)
			}
		}
		u.RawQuery = query.Encode()
		a.URL = u.String()
	}
}
