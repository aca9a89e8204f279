package observe

import (
	"encoding/json"
	entities "html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Sightings is who was shown what. An application shows its users their own
// objects: what one identity is led to and another is not belongs to the first, as
// far as can be seen. Make it with Site.Sightings.
type Sightings struct {
	site   *Site
	by     map[string]*shown
	lookup *lookup
}

// shown is what one identity was shown: of the anonymous visitor, without what was
// only asked for to compare it with an identity's pages.
type shown struct {
	answers []*Exchange
	urls    map[string]bool
	byRoute map[string][]*Exchange
	routes  map[string]bool     // of answers that are no redirects
	paths   map[string]bool     // every path that was asked for or named, and those above it
	words   map[string]bool     // distinctive words
	fields  map[string]bool     // name and value of form fields and queries
	named   map[string][]string // contexts of identifiers in JSON answers, by value
	linked  map[string]bool     // routes it was led to by what it was shown
	areas   map[string]bool     // routes and actions of an administrator's area
	admin   bool
}

// Sightings reads who was shown what from a site, once.
func (s *Site) Sightings() *Sightings {
	s.once.Do(func() { s.seen = newSightings(s) })
	return s.seen
}

func newSightings(s *Site) *Sightings {
	v := &Sightings{site: s, by: map[string]*shown{}, lookup: newLookup(s)}
	for _, name := range s.Identities {
		v.by[name] = &shown{urls: map[string]bool{}, byRoute: map[string][]*Exchange{}, routes: map[string]bool{}, paths: map[string]bool{}, words: map[string]bool{},
			fields: map[string]bool{}, named: map[string][]string{}}
	}
	ledTo := s.ledTo()
	for _, x := range s.Exchanges {
		who := v.by[x.Identity]
		if who != nil && x.Status < 400 && x.Purpose != "error-probe" && x.Purpose != "openapi" && (x.Identity != "" || ledTo[x.URL]) {
			who.add(x)
		}
	}
	for _, name := range s.Identities {
		v.by[name].linked = s.linkedRoutes(name)
		v.by[name].areas = v.areas(name)
	}
	for _, name := range s.Identities {
		v.by[name].admin = name != "" && (v.hasArea(name) || v.isCalledAdministrator(name))
	}
	v.readOffers(s)
	return v
}

func (w *shown) add(x *Exchange) {
	w.answers = append(w.answers, x)
	w.urls[x.URL] = true
	w.byRoute[x.Route] = append(w.byRoute[x.Route], x)
	if x.Location == "" {
		w.routes[x.Route] = true
	}
	w.addPath(pathOf(x.URL))
	w.addQuery(x.URL)
	if isText(x.Type) {
		w.readWords(x.Body)
	}
	if isHTML(x.Type) {
		w.readFields(x.Body)
	}
	w.readNames(x)
}

// ledTo are the addresses that a visitor without a login comes to by links, from
// the start and from what robots and sitemap name.
func (s *Site) ledTo() map[string]bool {
	byURL, pages := map[string]*Exchange{}, map[string]*Page{}
	for _, p := range s.Pages {
		if p.Exchange.Identity == "" {
			pages[p.Exchange.URL] = p
		}
	}
	led := map[string]bool{}
	var queue []string
	add := func(rawURL string) {
		if !led[rawURL] {
			led[rawURL] = true
			queue = append(queue, rawURL)
		}
	}
	for _, x := range s.Exchanges {
		if x.Identity == "" {
			byURL[x.URL] = x
			if x.Purpose == "robots" {
				add(x.URL)
			}
		}
	}
	add(s.Target)
	if u, err := url.Parse(s.Target); err == nil && u.Path == "" {
		u.Path = "/"
		add(u.String())
	}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if x := byURL[next]; x != nil && x.Location != "" {
			add(x.Location)
		}
		if p := pages[next]; p != nil {
			for _, link := range p.Links {
				add(link)
			}
			for _, request := range p.Requests {
				_, address, _ := strings.Cut(request, " ")
				add(address)
			}
		}
	}
	return led
}

// of is what an identity was shown; nobody was shown nothing.
func (v *Sightings) of(identity string) *shown {
	if w := v.by[identity]; w != nil {
		return w
	}
	return &shown{}
}

// Led says whether an identity was led to an address and answered there.
func (v *Sightings) Led(identity, rawURL string) bool { return v.of(identity).urls[rawURL] }

// Shown are the answers an identity was led to.
func (v *Sightings) Shown(identity string) []*Exchange { return v.of(identity).answers }

// ShownAt are the answers of one route that an identity was led to.
func (v *Sightings) ShownAt(identity, route string) []*Exchange { return v.of(identity).byRoute[route] }

// LedToRoute says whether an identity was shown any address of a route.
func (v *Sightings) LedToRoute(identity, route string) bool { return v.of(identity).routes[route] }

// LinkedToRoute says whether an identity was led to a route by pages it was shown. To
// be served what the scan asked for because a document names it is not to be led there.
func (v *Sightings) LinkedToRoute(identity, route string) bool { return v.of(identity).linked[route] }

// linkedRoutes are the routes of what an identity was answered that is no document's
// alone, and of what such pages link to, load and offer to submit.
func (s *Site) linkedRoutes(identity string) map[string]bool {
	pages, answered, visited := map[string]*Page{}, map[string]*Exchange{}, map[string]bool{}
	for _, p := range s.Pages {
		if p.Exchange.Identity == identity {
			pages[p.Exchange.URL] = p
		}
	}
	var queue []string
	for _, x := range s.Exchanges {
		if x.Identity != identity {
			continue
		}
		visited[x.URL] = true
		if x.Status < 400 && x.Purpose != "error-probe" && x.Purpose != "openapi" {
			answered[x.URL] = x
			if !x.Documented {
				queue = append(queue, x.URL)
			}
		}
	}
	routes, led := map[string]bool{}, map[string]bool{}
	for ; len(queue) > 0; queue = queue[1:] {
		x := answered[queue[0]]
		if x == nil || led[x.URL] {
			continue
		}
		led[x.URL] = true
		if x.Location != "" {
			queue = append(queue, x.Location)
			continue
		}
		routes[x.Route] = true
		if p := pages[x.URL]; p != nil {
			queue = append(queue, p.Links...)
			for _, request := range p.Requests {
				_, address, _ := strings.Cut(request, " ")
				queue = append(queue, address)
			}
		}
	}
	for i, a := range s.Actions {
		if i < len(s.Actors) && slices.Contains(s.Actors[i], identity) && (!visited[a.Page] || led[a.Page]) {
			routes[a.Route] = true
		}
	}
	return routes
}

// adminArea are the words by which an administrator's part of an application is
// called.
var adminArea = wordsOf("admin administrator administration admins staff backoffice superuser sysadmin moderator moderation management")

func wordsOf(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// InAdminArea says whether a route is named like an administrator's.
func InAdminArea(route string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(route), func(r rune) bool {
		return r == '/' || r == '-' || r == '_' || r == '.'
	}), func(w string) bool { return adminArea[w] })
}

// hasArea says whether an identity was shown an administrator's area, by an answer
// or by an action, that another identity was not.
func (v *Sightings) hasArea(name string) bool {
	for route := range v.of(name).areas {
		for _, other := range v.site.Identities {
			if other != "" && other != name && !v.of(other).areas[route] {
				return true
			}
		}
	}
	return false
}

// areas are the routes of an administrator's area that an identity was shown.
func (v *Sightings) areas(name string) map[string]bool {
	routes := map[string]bool{}
	for route := range v.of(name).routes {
		if InAdminArea(route) {
			routes[route] = true
		}
	}
	for i, a := range v.site.Actions {
		if i < len(v.site.Actors) && slices.Contains(v.site.Actors[i], name) && InAdminArea(a.Route) {
			routes[a.Route] = true
		}
	}
	return routes
}

// Privileged says whether an identity seems to be an administrator: it is shown an
// administrator's area that another identity is not shown, or its own account says so.
func (v *Sightings) Privileged(name string) bool { return v.of(name).admin }

// Ordinary are the identities that are no administrators, in their order.
func (v *Sightings) Ordinary() []string {
	var names []string
	for _, name := range v.site.Identities {
		if name != "" && !v.Privileged(name) {
			names = append(names, name)
		}
	}
	return names
}

// Everybody are the identities the site was seen as, visitors last.
func (v *Sightings) Everybody() []string {
	names := slices.DeleteFunc(slices.Clone(v.site.Identities), func(name string) bool { return name == "" })
	return append(names, "")
}

// Owner is the one identity to which the object of a request belongs: it was shown
// one of the references, and no other ordinary identity and no visitor was. What an
// administrator is shown as well stays its owner's.
func (v *Sightings) Owner(refs []Reference) (owner string, ok bool) {
	for _, r := range refs {
		holders := v.Holders(r)
		if slices.Contains(holders, "") {
			continue
		}
		if ordinary := slices.DeleteFunc(slices.Clone(holders), v.Privileged); len(ordinary) > 0 {
			holders = ordinary
		}
		if len(holders) == 1 {
			return holders[0], true
		}
	}
	return "", false
}

// Holders are the identities that were shown the object of a reference, "" among
// them if visitors were.
func (v *Sightings) Holders(r Reference) []string {
	var names []string
	for _, name := range v.site.Identities {
		if v.holds(name, r) {
			names = append(names, name)
		}
	}
	return names
}

func (v *Sightings) holds(name string, r Reference) bool {
	w := v.of(name)
	switch {
	case r.Path != "" && w.paths[r.Path], distinctive(r.Value) && w.words[r.Value]:
		return true
	case r.Path == "" && w.fields[r.Name+"\x00"+r.Value]:
		return true
	}
	return slices.ContainsFunc(w.named[r.Value], func(context string) bool { return about(context, r) })
}

// addPath keeps a path and all above it.
func (w *shown) addPath(path string) {
	for strings.HasPrefix(path, "/") && path != "/" && !w.paths[path] {
		w.paths[path] = true
		path = path[:strings.LastIndexByte(path, '/')]
	}
}

func (w *shown) addQuery(rawURL string) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return
	}
	for name, values := range u.Query() {
		for _, value := range values {
			w.fields[name+"\x00"+value] = true
		}
	}
}

// run are the characters of paths and words.
var run = regexp.MustCompile(`[A-Za-z0-9_\-./~%?=&;+]{2,400}`)

// readWords keeps the paths and the distinctive words of a text.
func (w *shown) readWords(body []byte) {
	for _, found := range run.FindAll(body, -1) {
		text := string(found)
		if at := strings.IndexByte(text, '/'); at >= 0 {
			address := text[at:]
			if rest, ok := strings.CutPrefix(address, "//"); ok { // what stands behind a scheme
				_, address, _ = strings.Cut(rest, "/")
				address = "/" + address
			}
			path, query, _ := strings.Cut(address, "?")
			w.addPath(strings.TrimRight(path, "/."))
			if query != "" {
				w.addQuery("?" + strings.ReplaceAll(query, "&amp;", "&"))
			}
		}
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("./~%?=&;+", r) }) {
			if distinctive(word) {
				w.words[word] = true
			}
		}
	}
}

var (
	fieldTags = regexp.MustCompile(`(?i)<(input|button|select|option)\b[^>]{0,1000}>`)
	nameOfTag = regexp.MustCompile(`(?i)\bname\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))`)
	valueOf   = regexp.MustCompile(`(?i)\bvalue\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))`)
)

// readFields keeps what the fields of forms hold, and the options they offer.
func (w *shown) readFields(body []byte) {
	selected := ""
	for _, tag := range fieldTags.FindAllSubmatch(body, -1) {
		name := attributeIn(nameOfTag, tag[0])
		switch strings.ToLower(string(tag[1])) {
		case "select":
			selected = name
			continue
		case "option":
			name = selected
		}
		if value := attributeIn(valueOf, tag[0]); name != "" && value != "" {
			w.fields[name+"\x00"+value] = true
		}
	}
}

func attributeIn(pattern *regexp.Regexp, tag []byte) string {
	m := pattern.FindSubmatch(tag)
	if m == nil {
		return ""
	}
	return entities.UnescapeString(string(m[1]) + string(m[2]) + string(m[3]))
}

// distinctive says whether a value can hardly mean anything but one object.
func distinctive(value string) bool {
	digits := strings.ContainsAny(value, "0123456789")
	letters := strings.ContainsFunc(value, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	return digits && (letters && len(value) >= 5 || len(value) >= 7)
}

// readNames collects the identifiers of a JSON answer.
func (w *shown) readNames(x *Exchange) {
	if !isJSON(x.Type) || len(x.Body) > largestList {
		return
	}
	var doc any
	if json.Unmarshal(x.Body, &doc) != nil {
		return
	}
	w.walkNames(strings.ToLower(pathOf(x.URL)), doc, 0)
}

func (w *shown) walkNames(context string, doc any, depth int) {
	if depth > deepest {
		return
	}
	switch doc := doc.(type) {
	case []any:
		for _, item := range doc {
			w.walkNames(context, item, depth+1)
		}
	case map[string]any:
		for _, key := range sortedKeys(doc) {
			switch member := doc[key].(type) {
			case string, float64:
				if IsIdentifierName(key) {
					w.named[asText(member)] = append(w.named[asText(member)], context+"/"+strings.ToLower(key))
				}
			default:
				w.walkNames(context+"/"+strings.ToLower(key), member, depth+1)
			}
		}
	}
}
