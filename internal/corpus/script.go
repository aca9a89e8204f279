package corpus

import (
	"regexp"
	"strconv"
	"strings"
)

// A call is one way in which the recording's scripts make a request. The first
// group of its pattern is the URL.
type call struct {
	pattern *regexp.Regexp
	act     func(d document, text, to string) Act
}

// calls are tried in order on each script; the first that matches is what it does.
var calls = []call{
	{regexp.MustCompile(`new WebSocket(?:Stream)?\('([^']+)'`), document.socket},
	{regexp.MustCompile(`fetchLater\('([^']+)'`), document.fetchLater},
	{regexp.MustCompile(`(?:fetch|new Request)\('([^']+)'`), document.fetch},
	{regexp.MustCompile(`sendBeacon\('([^']+)'`), document.beacon},
	{regexp.MustCompile(`new EventSource\('([^']+)'`), document.eventSource},
	{regexp.MustCompile(`\.open\('[A-Za-z]+','([^']+)'`), document.xhr},
	{regexp.MustCompile(`importScripts\('([^']+)'`), document.importScripts},
	{regexp.MustCompile(`import\('([^']+)'`), document.dynamicImport},
	{regexp.MustCompile(`@import "([^"]+)"`), document.styleImport},
	{regexp.MustCompile(`@font-face\{[^}]*url\(([^)]+)\)`), document.font},
	{regexp.MustCompile(`location(?:\.href)?='([^']+)'`), document.assign},
	{regexp.MustCompile(`location\.(?:replace|assign)\('([^']+)'`), document.assign},
	{regexp.MustCompile(`window\.open\('(https?:[^']+|X)'`), document.popup},
	{regexp.MustCompile(`"prerender":.*"urls":\["([^"]+)"`), document.prerender},
	{regexp.MustCompile(`\.src='([^']+)'`), document.image},
	{regexp.MustCompile(`url\(([^)]+)\)`), document.image}, // in a style sheet
}

// script is what a script (or style sheet) does, as far as the recording's go.
func (d document) script(text string) []Act {
	if strings.Contains(text, "document.cookie") {
		return []Act{{URL: d.origin + "/", Kind: Script, Initiator: d.origin, Ancestors: d.ancestors}}
	}
	if strings.Contains(text, `new Worker("data:`) {
		d.origin, d.referring = opaque, ""
	}
	if strings.Contains(text, "new Worker(URL.createObjectURL") || strings.Contains(text, ".src=URL.createObjectURL") {
		d.referring = "" // a blob: URL is no referrer
	}
	for _, c := range calls {
		if m := c.pattern.FindStringSubmatch(text); m != nil {
			return []Act{c.act(d, text, m[1])}
		}
	}
	return d.written(text)
}

// written is what markup does that a script writes into a frame or a popup.
func (d document) written(text string) []Act {
	text = strings.ReplaceAll(text, `\x3c`, "<")
	start := strings.Index(text, "<form")
	if start < 0 {
		return nil
	}
	if !strings.Contains(text, "window.open(") {
		d.ancestors = d.inside()
	}
	acts, err := d.read(text[start:])
	if err != nil {
		return nil
	}
	return acts
}

func (d document) socket(_, to string) Act {
	a := d.act("websocket", Socket, to)
	a.Credentials = "include"
	return a
}

func (d document) assign(_, to string) Act { return d.navigation("location", to, "") }

func (d document) popup(_, to string) Act { return d.navigation("window.open", to, "_blank") }

// prerender opens a page that the user may never see. The browser, not the page,
// is said to ask for it.
func (d document) prerender(_, to string) Act { return d.navigation("prerender", to, "_blank") }

func (d document) image(_, to string) Act { return d.load("img", to, "image", nil) }

var (
	optionMode        = regexp.MustCompile(`mode:'([^']*)'`)
	optionCredentials = regexp.MustCompile(`credentials:'([^']*)'`)
	optionMethod      = regexp.MustCompile(`method:'([^']*)'`)
	optionPolicy      = regexp.MustCompile(`referrerPolicy:'([^']*)'`)
	optionReferrer    = regexp.MustCompile(`referrer:'([^']*)'`)
	optionHeaders     = regexp.MustCompile(`headers:\{([^}]*\}?[^}]*)\}`)
	optionHeader      = regexp.MustCompile(`'([^']+)':'([^']*)'(?:\.repeat\((\d+)\))?`)
)

func option(re *regexp.Regexp, text, missing string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return missing
}

func (d document) fetch(text, to string) Act {
	a := d.act("fetch", Subresource, to)
	a.Mode = option(optionMode, text, "cors")
	a.Credentials = option(optionCredentials, text, "same-origin")
	a.Method = option(optionMethod, text, "GET")
	a.Policy = option(optionPolicy, text, a.Policy)
	a.Dest = "empty"
	switch r := option(optionReferrer, text, "about:client"); {
	case r == "":
		a.Referring = ""
	case strings.HasPrefix(r, "/"):
		a.Referring = d.origin + r
	}
	if h := optionHeaders.FindStringSubmatch(text); h != nil {
		a.Headers = map[string]string{}
		for _, m := range optionHeader.FindAllStringSubmatch(h[1], -1) {
			times, err := strconv.Atoi(m[3])
			if err != nil {
				times = 1
			}
			a.Headers[m[1]] = strings.Repeat(m[2], times)
		}
	}
	if _, body, ok := strings.Cut(text, "body:"); ok {
		a.BodyType = bodyType(body)
	}
	return a
}

func (d document) fetchLater(text, to string) Act {
	a := d.fetch(text, to)
	a.Credentials = "same-origin"
	return a
}

func (d document) beacon(text, to string) Act {
	a := d.act("beacon", Subresource, to)
	a.Method, a.Credentials, a.Dest, a.Mode = "POST", "include", "empty", "no-cors"
	_, body, _ := strings.Cut(text, to+"',")
	a.BodyType = bodyType(body)
	return a
}

func (d document) eventSource(text, to string) Act {
	a := d.act("eventsource", Subresource, to)
	a.Mode, a.Dest, a.Credentials = "cors", "empty", "same-origin"
	if strings.Contains(text, "withCredentials:true") {
		a.Credentials = "include"
	}
	return a
}

var (
	xhrMethod = regexp.MustCompile(`\.open\('([A-Za-z]+)'`)
	xhrHeader = regexp.MustCompile(`setRequestHeader\('([^']+)','([^']*)'\)`)
)

func (d document) xhr(text, to string) Act {
	a := d.act("xhr", Subresource, to)
	a.Mode, a.Dest, a.Credentials = "cors", "empty", "same-origin"
	a.Method = option(xhrMethod, text, "GET")
	a.Upload = strings.Contains(text, ".upload.on") || strings.Contains(text, ".upload.add")
	if strings.Contains(text, "withCredentials=true") {
		a.Credentials = "include"
	}
	a.Headers = map[string]string{}
	for _, m := range xhrHeader.FindAllStringSubmatch(text, -1) {
		a.Headers[m[1]] = m[2]
	}
	if _, body, ok := strings.Cut(text, ".send("); ok {
		a.BodyType = bodyType(body)
	}
	if own := a.Headers["Content-Type"]; own != "" && strings.Contains(a.BodyType, "charset=") {
		// XMLHttpRequest, section 3.5.6: what is sent is UTF-8, so it says that.
		a.Headers["Content-Type"] = charsetParameter.ReplaceAllString(own, "charset=UTF-8")
	}
	return a
}

var charsetParameter = regexp.MustCompile(`charset=[^;]*`)

func (d document) importScripts(_, to string) Act {
	return d.load("importscripts", to, "script", nil)
}

func (d document) dynamicImport(_, to string) Act {
	a := d.load("import", to, "script", nil)
	a.Mode, a.Credentials = "cors", "same-origin"
	return a
}

func (d document) styleImport(_, to string) Act { return d.load("css", to, "style", nil) }

func (d document) font(_, to string) Act {
	a := d.load("css", to, "font", nil)
	a.Mode, a.Credentials = "cors", "same-origin"
	return a
}

var blobType = regexp.MustCompile(`\{type:'([^']*)'\}`)

// bodyType is the Content-Type a body expression brings along (Fetch, section
// 5.2, and XMLHttpRequest, section 3.5.6), empty if none.
func bodyType(body string) string {
	switch {
	case strings.HasPrefix(body, "new Blob("), strings.HasPrefix(body, "new File("):
		return option(blobType, body, "")
	case strings.HasPrefix(body, "new URLSearchParams"):
		return "application/x-www-form-urlencoded;charset=UTF-8"
	case strings.Contains(body, "new FormData"):
		return "multipart/form-data; boundary=----WebKitFormBoundary"
	case strings.HasPrefix(body, "document.implementation.createHTMLDocument"):
		return "text/html;charset=UTF-8"
	case strings.HasPrefix(body, "document.implementation.createDocument"):
		return "application/xml;charset=UTF-8"
	case strings.HasPrefix(body, "'"), strings.HasPrefix(body, `"`), strings.HasPrefix(body, "String("):
		return "text/plain;charset=UTF-8"
	}
	return ""
}
