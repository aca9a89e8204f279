package observe

import (
	"cmp"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// mostMessages bounds what is kept of one socket, longestMessage each message.
const (
	mostMessages   = 20
	longestMessage = 4000
)

// readSockets gathers the WebSockets that pages open, documents describe and the
// user names.
func (c *collector) readSockets() {
	for _, v := range c.views {
		if v.page == nil || v.exchange.Location != "" {
			continue
		}
		for _, s := range c.scriptSockets(v) {
			c.addSocket(s.URL, "script", v, s.Messages)
		}
		if v.rendered != nil {
			for _, s := range v.rendered.Sockets {
				c.addSocket(s.URL, "browser", v, s.Sent)
			}
		}
	}
	for _, raw := range c.api.sockets {
		c.addSocket(raw, "openapi", nil, nil)
	}
	c.readRecordedSockets()
	for _, s := range c.o.Sockets {
		raw, ok := c.absolute(s.URL)
		if !ok || !c.addSocket(raw, "config", nil, s.Messages) {
			c.skip(finding.Skip{What: s.URL, Why: "the socket is no address of the target", Incomplete: true})
		}
	}
	slices.SortStableFunc(c.site.Sockets, func(a, b Socket) int { return cmp.Compare(a.URL, b.URL) })
}

// scriptSockets are those that a page's scripts spell out, absolute.
func (c *collector) scriptSockets(v *view) []markup.Socket {
	var found []markup.Socket
	for _, text := range c.scriptsOf(v) {
		for _, s := range c.spelledBy(text).sockets {
			if u, ok := v.page.Resolve(s.URL); ok {
				s.URL = u
				found = append(found, s)
			} else if strings.HasPrefix(s.URL, "ws") {
				found = append(found, s)
			}
		}
	}
	return found
}

// scriptsOf are the texts of a page's scripts.
func (c *collector) scriptsOf(v *view) []string {
	files, inline := v.page.Scripts()
	texts := slices.Clone(inline)
	for _, f := range files {
		texts = append(texts, c.scripts[f])
	}
	return texts
}

// addSocket takes one in, or adds to what is known of it; false if it is none of the
// target's.
func (c *collector) addSocket(raw, source string, v *view, messages []string) bool {
	raw, ok := socketURL(raw)
	if !ok || c.grant.Allows(raw) != nil {
		return false
	}
	i := slices.IndexFunc(c.site.Sockets, func(s Socket) bool { return s.URL == raw })
	if i < 0 {
		i = len(c.site.Sockets)
		c.site.Sockets = append(c.site.Sockets, Socket{URL: raw, Route: c.routes.of(raw)})
	}
	s := &c.site.Sockets[i]
	s.Sources = with(s.Sources, source)
	if v != nil {
		s.Pages = with(s.Pages, v.exchange.URL)
		s.Identities = with(s.Identities, v.exchange.Identity)
	}
	for _, m := range messages {
		if len(s.Messages) < mostMessages && len(m) <= longestMessage {
			s.Messages = with(s.Messages, m)
		}
		if v != nil && slices.Contains(s.Messages, m) {
			s.noteShown(m, v.exchange.Identity)
		}
	}
	return true
}

// noteShown remembers whose page has a message.
func (s *Socket) noteShown(m, identity string) {
	if s.Shown == nil {
		s.Shown = map[string][]string{}
	}
	s.Shown[m] = with(s.Shown[m], identity)
}

func with(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// socketURL writes an address with the scheme of a socket and without a fragment.
func socketURL(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "", false
	}
	switch u.Scheme {
	case "http", "ws":
		u.Scheme = "ws"
	case "https", "wss":
		u.Scheme = "wss"
	default:
		return "", false
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), true
}

// readHandlers finds what of a page's scripts hears messages of other windows.
func (c *collector) readHandlers(v *view, p *Page) {
	for _, text := range c.scriptsOf(v) {
		p.Handlers = append(p.Handlers, c.spelledBy(text).handlers...)
	}
}

// redactSockets replaces secrets in what was seen of sockets and handlers. A
// message that held one is left out: its secret belongs to one session.
func (c *collector) redactSockets() {
	r := c.grant.Redactor()
	for i := range c.site.Sockets {
		s := &c.site.Sockets[i]
		secret := func(m string) bool { return r.Text(m) != m }
		s.Messages = slices.DeleteFunc(s.Messages, secret)
		maps.DeleteFunc(s.Shown, func(m string, _ []string) bool { return secret(m) })
	}
	for _, p := range c.site.Pages {
		for i := range p.Handlers {
			p.Handlers[i].Script = r.Text(p.Handlers[i].Script)
		}
	}
}

// socketExtensions are the names under which documents speak of WebSockets, which
// OpenAPI itself has no word for.
var socketExtensions = []string{"x-websocket", "x-websockets", "x-ws", "x-socket"}

// describedSockets are the operations of a document that are WebSockets: those
// marked by an extension, those that are answered with 101, and those whose server
// has a socket's scheme; and the paths in an extension of the document.
func describedSockets(doc *openapi3.T, source, prefix string) []string {
	base, err := url.Parse(source)
	if err != nil {
		return nil
	}
	var found []string
	add := func(p string) {
		if strings.Contains(p, "{") {
			return // which one is meant is not known
		}
		if u, err := base.Parse(p); err == nil && u.Host != "" {
			found = append(found, u.String())
		}
	}
	for _, name := range socketExtensions {
		for _, p := range namedPaths(doc.Extensions[name]) {
			add(p)
		}
	}
	for _, p := range doc.Paths.InMatchingOrder() {
		if item := doc.Paths.Value(p); item != nil && isSocketItem(item) {
			full := p
			if prefix != "" {
				full = path.Join("/", prefix) + p
			}
			add(full)
		}
	}
	return found
}

// namedPaths are the addresses in an extension: a path, a list of paths or of
// objects with one, or an object whose keys are paths.
func namedPaths(extension any) []string {
	switch x := extension.(type) {
	case string:
		return []string{x}
	case []any:
		var all []string
		for _, item := range x {
			all = append(all, namedPaths(item)...)
		}
		return all
	case map[string]any:
		for _, key := range []string{"url", "path", "address"} {
			if s, ok := x[key].(string); ok {
				return []string{s}
			}
		}
		var all []string
		for _, key := range sortedKeys(x) {
			if strings.HasPrefix(key, "/") {
				all = append(all, key)
			}
		}
		return all
	}
	return nil
}

func isSocketItem(item *openapi3.PathItem) bool {
	if marked(item.Extensions) || overSocket(item.Servers) {
		return true
	}
	for _, op := range item.Operations() {
		if op == nil {
			continue
		}
		if marked(op.Extensions) || op.Servers != nil && overSocket(*op.Servers) || op.Responses != nil && op.Responses.Value("101") != nil {
			return true
		}
	}
	return false
}

func marked(extensions map[string]any) bool {
	return slices.ContainsFunc(socketExtensions, func(name string) bool {
		value, there := extensions[name]
		return there && value != false && value != nil
	})
}

func overSocket(servers openapi3.Servers) bool {
	return len(servers) > 0 && servers[0] != nil && strings.HasPrefix(servers[0].URL, "ws")
}
