package corpus

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// read collects the requests a page makes, in the order of its markup.
func (d document) read(markup string) ([]Act, error) {
	var acts []Act
	var media, form attributes // the video around a track, the form around a button
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return acts, nil // the end; the tokenizer knows no other error of a string
		case html.TextToken:
			acts = append(acts, d.script(string(z.Text()))...)
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			at := attributesOf(t)
			if t.Data == "video" || t.Data == "audio" {
				media = at
			}
			if t.Data == "track" {
				at.inherit(media, "crossorigin")
			}
			if t.Data == "form" {
				form = at
			}
			if at.has("formaction") {
				at.inherit(form, "method")
				at.inherit(form, "enctype")
				at["action"] = at["formaction"]
				acts = append(acts, d.form(at)...)
				continue
			}
			if t.Data == "meta" && at["name"] == "referrer" {
				d.policy = metaReferrer(at["content"])
			}
			more, err := d.element(t.Data, at)
			if err != nil {
				return nil, err
			}
			acts = append(acts, more...)
		}
	}
}

// metaReferrer knows the old words of <meta name=referrer> (HTML, section 4.2.5.1).
func metaReferrer(content string) string {
	switch content {
	case "never":
		return "no-referrer"
	case "default":
		return ""
	case "always":
		return "unsafe-url"
	case "origin-when-crossorigin":
		return "origin-when-cross-origin"
	}
	return content
}

type attributes map[string]string

func attributesOf(t html.Token) attributes {
	at := attributes{}
	for _, a := range t.Attr {
		at[a.Key] = a.Val
	}
	return at
}

func (at attributes) has(name string) bool { _, ok := at[name]; return ok }

// inherit takes the outer element's attribute, unless a form's button has its own.
func (at attributes) inherit(from attributes, name string) {
	if own, ok := at["form"+name]; ok {
		at[name] = own
	} else if v, ok := from[name]; ok {
		at[name] = v
	}
}

var cssURL = regexp.MustCompile(`url\(['"]?([^'")]+)['"]?\)`)

// subresources are the elements that load what one attribute names.
var subresources = map[string]struct{ attribute, dest string }{
	"img":    {"src", "image"},
	"image":  {"href", "image"},
	"input":  {"src", "image"},
	"script": {"src", "script"},
	"video":  {"src", "video"},
	"audio":  {"src", "audio"},
	"source": {"src", "video"},
	"track":  {"src", "track"},
}

func (d document) element(name string, at attributes) ([]Act, error) {
	switch name {
	case "a":
		return d.link(at)
	case "form":
		return d.form(at), nil
	case "iframe", "frame", "object", "embed":
		return d.frame(name, at)
	case "link":
		return d.linked(at), nil
	case "meta":
		if strings.EqualFold(at["http-equiv"], "refresh") {
			if _, to, ok := strings.Cut(at["content"], "url="); ok {
				return d.follow(d.navigation("meta", to, ""))
			}
		}
	case "button":
		return d.script(at["onclick"]), nil
	}
	if name == "video" && at["poster"] != "" {
		return []Act{d.load("img", at["poster"], "image", nil)}, nil
	}
	if s, ok := subresources[name]; ok && at[s.attribute] != "" {
		return []Act{d.load(name, at[s.attribute], s.dest, at)}, nil
	}
	if m := cssURL.FindStringSubmatch(at["style"]); m != nil {
		return []Act{d.load("css", m[1], "image", nil)}, nil
	}
	return nil, nil
}

// load is a subresource's request; crossorigin makes it a CORS one.
func (d document) load(element, to, dest string, at attributes) Act {
	a := d.act(element, Subresource, to)
	a.Mode, a.Dest, a.Credentials = "no-cors", dest, "include"
	if at.has("crossorigin") {
		a.Mode, a.Credentials = "cors", "same-origin"
		if at["crossorigin"] == "use-credentials" {
			a.Credentials = "include"
		}
	}
	if element == "script" && at["type"] == "module" || element == "track" {
		a.Mode = "cors"
		if !at.has("crossorigin") {
			a.Credentials = "same-origin"
		}
	}
	a.takePolicy(at)
	return a
}

func (d document) act(element, kind, to string) Act {
	return Act{
		URL: to, Kind: kind, Initiator: d.origin, Ancestors: d.ancestors,
		Method: "GET", Element: element, Policy: d.policy, Referring: d.referring,
	}
}

func (a *Act) takePolicy(at attributes) {
	if p := at["referrerpolicy"]; p != "" {
		a.Policy = p
	}
	for _, rel := range strings.Fields(at["rel"]) {
		if rel == "noreferrer" && a.Element != "form" {
			a.Policy = "no-referrer"
		}
	}
}

// navigation goes where target says: the tab, or the frame d itself is in.
func (d document) navigation(element, to, target string) Act {
	a := d.act(element, Navigation, to)
	a.Mode, a.Dest, a.Credentials = "navigate", "document", "include"
	switch {
	case target == "_top" || target == "_blank":
		a.Ancestors = nil
	case target != "": // a frame of d's own, by name
		a.Kind, a.Dest, a.Ancestors = Subframe, "iframe", d.inside()
	case len(d.ancestors) > 0:
		a.Kind, a.Dest = Subframe, "iframe"
	}
	return a
}

func (d document) link(at attributes) ([]Act, error) {
	if ping := at["ping"]; ping != "" {
		a := d.act("ping", Subresource, ping)
		a.Method, a.Mode, a.Dest, a.Credentials, a.BodyType = "POST", "no-cors", "empty", "include", "text/ping"
		return []Act{a}, nil
	}
	if at["href"] == "" {
		return nil, nil
	}
	a := d.navigation("a", at["href"], at["target"])
	a.takePolicy(at)
	return d.follow(a)
}

func (d document) form(at attributes) []Act {
	a := d.navigation("form", at["action"], at["target"])
	switch strings.ToLower(at["method"]) {
	case "post":
		a.Method, a.BodyType = "POST", at["enctype"]
	case "dialog":
		return nil // closes a dialog, sends nothing
	}
	a.takePolicy(at)
	return []Act{a}
}

func (d document) linked(at attributes) []Act {
	dest, mode := "empty", "no-cors"
	switch at["rel"] {
	case "stylesheet":
		dest = "style"
	case "preload":
		if dest = at["as"]; dest == "fetch" {
			dest = "empty"
		}
	case "modulepreload":
		dest, mode = "script", "cors"
	case "prefetch":
	default:
		return nil
	}
	a := d.load("link", at["href"], dest, at)
	if mode == "cors" {
		a.Mode, a.Credentials = mode, "same-origin"
	}
	return []Act{a}
}

// frame is the request for an embedded document, or what a document does that
// needs no request: srcdoc, data:.
func (d document) frame(name string, at attributes) ([]Act, error) {
	inner := document{origin: d.origin, ancestors: d.inside(), target: d.target, policy: d.policy, referring: d.referring}
	if at.has("sandbox") && !strings.Contains(at["sandbox"], "allow-same-origin") {
		inner.origin, inner.referring = opaque, ""
	}
	to := at["src"] + at["data"]
	switch {
	case at.has("srcdoc"):
		return inner.read(at["srcdoc"])
	case strings.HasPrefix(to, "data:"):
		_, body, _ := strings.Cut(to, ",")
		text, err := url.PathUnescape(body)
		if err != nil {
			return nil, err
		}
		inner.origin, inner.referring = opaque, ""
		return inner.read(text)
	case to == "":
		return nil, nil
	}
	a := d.act(name, Subframe, to)
	a.Mode, a.Dest, a.Credentials, a.Ancestors = "navigate", name, "include", d.inside()
	if at.has("credentialless") {
		a.Credentials = "omit"
	}
	a.takePolicy(at)
	return d.follow(a)
}
