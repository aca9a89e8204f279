package observe

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// readPages makes Pages of the HTML documents and collects their actions.
func (c *collector) readPages() {
	for _, v := range c.views {
		if v.page == nil || v.exchange.Location != "" {
			continue
		}
		p := &Page{Exchange: v.exchange, Title: v.page.Title(), MetaPolicies: v.page.Policies()}
		for _, l := range v.page.Links() {
			if c.grant.Allows(l.URL) == nil && !slices.Contains(p.Links, l.URL) {
				p.Links = append(p.Links, l.URL)
			}
		}
		c.readControls(v, p)
		c.readRendered(v, p)
		c.readHandlers(v, p)
		c.site.Pages = append(c.site.Pages, p)
	}
	for _, a := range c.recordedActions() {
		c.actions.add(a, nil)
	}
	c.recordedReads()
	for _, a := range c.operated {
		for _, actor := range a.actors {
			c.actions.add(a.Action, &actor)
		}
	}
	c.recordedValues()
	for _, a := range c.api.actions(c) {
		c.actions.add(a, nil)
	}
}

// readControls finds what can be clicked on a page and what it does.
func (c *collector) readControls(v *view, p *Page) {
	actor := v.exchange.Identity
	takenOver := map[string]bool{}
	for _, call := range c.callsOf(v) {
		if call.Attribute != "" {
			for _, b := range v.page.Bind(call) {
				if b.Form != nil {
					takenOver[b.Form.Selector] = true
				}
				if call.Method != http.MethodGet && c.grant.Allows(b.URL) == nil {
					c.control(p, b.Selector, b.Label, c.boundAction(v, call, b), actor)
				}
			}
			continue
		}
		if form, ok := v.page.FormByID(call.Form); ok {
			takenOver[form.Selector] = true
		}
		if !isSafe(call.Method) && c.grant.Allows(call.URL) == nil {
			c.actions.add(c.scriptAction(v, call), &actor)
		}
		c.headed(v.exchange.URL, Request{Method: call.Method, URL: call.URL, Header: headerOf(call)})
	}
	for _, f := range v.page.Forms() {
		if !takenOver[f.Selector] {
			c.readForm(v, p, f)
		}
	}
	for _, l := range v.page.Links() {
		if c.isChangingLink(l) {
			c.control(p, l.Selector(), l.Label, c.linkAction(v, l), actor)
		}
	}
	c.readTriggers(v, p, takenOver)
}

// isChangingLink says whether a link is an action rather than a way to a page.
func (c *collector) isChangingLink(l markup.Link) bool {
	if c.grant.Allows(l.URL) != nil || markup.IsLogout(l.URL, l.Label) {
		return false
	}
	if markup.SuggestsChange(l.URL, l.Label) {
		return true
	}
	return markup.NamesChange(l.URL) && !c.asksFirst(l.URL)
}

// asksFirst says whether a link named like a change leads to a page with a form
// that makes the change, as far as is known.
func (c *collector) asksFirst(rawURL string) bool {
	if c.api.confirms(rawURL) == yes {
		return true
	}
	route := c.routes.of(rawURL)
	return slices.ContainsFunc(c.views, func(v *view) bool {
		return v.page != nil && v.exchange.Status == http.StatusOK && c.routes.of(v.exchange.URL) == route &&
			slices.ContainsFunc(v.page.Forms(), func(f markup.Form) bool { return f.Method == http.MethodPost })
	})
}

// control records an action and the control that sets it off.
func (c *collector) control(p *Page, selector, label string, a finding.Action, actor string) {
	i := c.actions.add(a, &actor)
	if selector != "" {
		p.Controls = append(p.Controls, Control{Selector: selector, Label: label, Action: i, Sensitive: sensitive(label, a)})
	}
}

func (c *collector) readForm(v *view, p *Page, f markup.Form) {
	submits := f.Submits
	if len(submits) == 0 {
		submits = []markup.Submit{{Method: f.Method, URL: f.URL, Encoding: f.Encoding}}
	}
	for _, s := range submits {
		if s.Disabled || c.grant.Allows(s.URL) != nil {
			continue
		}
		a := c.formAction(v, f, s)
		actor := v.exchange.Identity
		if isSafe(a.Method) {
			c.actions.add(a, &actor)
			continue
		}
		c.control(p, s.Selector, s.Label, a, actor)
	}
}

// readTriggers finds the controls that run scripts; what they do is known only if
// the script spells it out.
func (c *collector) readTriggers(v *view, p *Page, takenOver map[string]bool) {
	actor := v.exchange.Identity
	for _, t := range v.page.Triggers() {
		calls := append(slices.Clone(t.Calls), markup.Calls(t.Script)...)
		known := false
		for _, call := range calls {
			u, ok := v.page.Resolve(call.URL)
			if !ok || call.URL == "" || c.grant.Allows(u) != nil {
				continue
			}
			known = true
			if call.URL = u; !isSafe(call.Method) {
				c.control(p, t.Selector, t.Label, c.scriptAction(v, call), actor)
			}
		}
		inTakenOver := false
		for form := range takenOver {
			inTakenOver = inTakenOver || strings.HasPrefix(t.Selector, form+" ")
		}
		if !known && !inTakenOver {
			p.Controls = append(p.Controls, Control{Selector: t.Selector, Label: t.Label, Action: -1, Sensitive: sensitive(t.Label, finding.Action{})})
		}
	}
}

// readRendered takes what the page did when a browser opened it.
func (c *collector) readRendered(v *view, p *Page) {
	if v.rendered == nil {
		return
	}
	p.Requests = []string{}
	actor := v.exchange.Identity
	for _, r := range v.rendered.Requests {
		p.Requests = append(p.Requests, r.Method+" "+r.URL)
		c.headed(v.exchange.URL, r)
		if !isSafe(r.Method) && c.grant.Allows(r.URL) == nil && !isOperation(r.URL, r.Body) {
			c.actions.add(c.requestAction(v, r), &actor)
		}
	}
	for _, socket := range v.rendered.Sockets {
		p.Sockets = append(p.Sockets, socket.URL)
	}
	slices.Sort(p.Requests)
	slices.Sort(p.Sockets)
}

// sensitiveWords say why a control ranks higher, the gravest first.
var sensitiveWords = []struct {
	name  string
	words []string
}{
	{"transfer", []string{"transfer", "pay", "payment", "withdraw", "checkout", "send money", "purchase", "buy", "place order"}},
	{"delete", []string{"delete", "remove", "destroy", "erase", "deactivate", "close account", "terminate", "cancel"}},
	{"permission", []string{"permission", "role", "grant", "revoke", "invite", "share", "access", "authorize", "allow", "promote"}},
	{"admin", []string{"admin", "staff", "moderator", "superuser"}},
	{"password", []string{"password", "passwd", "passphrase", "2fa", "mfa", "otp"}},
	{"email", []string{"email", "e-mail"}},
	{"export", []string{"export", "download", "backup"}},
	{"preference", []string{"preference", "setting", "theme", "language", "newsletter", "notification", "subscribe"}},
}

// sensitive names why a control ranks higher, by what it says and where it leads;
// "" if it does not.
func sensitive(label string, a finding.Action) string {
	text := " " + strings.ToLower(label+" "+strings.NewReplacer("/", " ", "_", " ", "-", " ").Replace(a.Route)+" "+strings.Join(fieldNames(a), " ")+" "+label) + " "
	for _, s := range sensitiveWords {
		for _, w := range s.words {
			if strings.Contains(text, " "+w+" ") || strings.Contains(text, " "+w+"s ") {
				return s.name
			}
		}
	}
	return ""
}
