package observe

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// A trait is something by which a framework shows.
type trait struct {
	framework string
	weight    int
	evidence  string
	shows     func(c *collector, v *view) bool
}

func onNotFound(text string) func(*collector, *view) bool {
	return func(_ *collector, v *view) bool {
		return v.exchange.Status == http.StatusNotFound && bytes.Contains(v.body, []byte(text))
	}
}

func inHeader(name, part string) func(*collector, *view) bool {
	return func(_ *collector, v *view) bool {
		return strings.Contains(strings.ToLower(v.exchange.Header.Get(name)), part)
	}
}

func setsCookie(name string) func(*collector, *view) bool {
	return func(_ *collector, v *view) bool {
		return slices.ContainsFunc(v.setLines, func(line string) bool { return policy.ParseSetCookie(line).Name == name })
	}
}

// traits are listed by framework; weights add up.
var traits = []trait{
	{"fastapi", 5, "its OpenAPI document names HTTPValidationError", func(_ *collector, v *view) bool {
		return v.exchange.Purpose == "openapi" && bytes.Contains(v.body, []byte("HTTPValidationError"))
	}},
	{"fastapi", 3, `not found is answered {"detail":"Not Found"}`, onNotFound(`{"detail":"Not Found"}`)},
	{"fastapi", 2, "the Server header is uvicorn's or hypercorn's", func(c *collector, v *view) bool {
		return inHeader("Server", "uvicorn")(c, v) || inHeader("Server", "hypercorn")(c, v)
	}},
	{"flask", 3, "the Server header is Werkzeug's", inHeader("Server", "werkzeug")},
	{"flask", 3, "not found is answered in Werkzeug's words", onNotFound("If you entered the URL manually please check your spelling")},
	{"flask", 2, "the session cookie is Flask's", func(_ *collector, v *view) bool {
		return slices.ContainsFunc(v.setLines, func(line string) bool {
			cookie := policy.ParseSetCookie(line)
			return cookie.Name == "session" && strings.Count(cookie.Value, ".") >= 2
		})
	}},
	{"django", 3, "it sets a cookie csrftoken", setsCookie("csrftoken")},
	{"django", 3, "it sets a cookie sessionid", setsCookie("sessionid")},
	{"django", 3, "forms carry csrfmiddlewaretoken", func(_ *collector, v *view) bool {
		return bytes.Contains(v.body, []byte(`name="csrfmiddlewaretoken"`))
	}},
	{"django", 2, "not found is answered in Django's words", onNotFound("The requested resource was not found on this server.")},
	{"go", 3, "not found is answered as net/http does", onNotFound("404 page not found\n")},
	{"express", 3, "the X-Powered-By header names Express", inHeader("X-Powered-By", "express")},
	{"express", 3, "not found is answered in Express's words", onNotFound("Cannot GET " + noSuchPage)},
	{"express", 2, "it sets a cookie connect.sid", setsCookie("connect.sid")},
	{"rails", 3, "forms carry authenticity_token", func(_ *collector, v *view) bool {
		return bytes.Contains(v.body, []byte(`name="authenticity_token"`))
	}},
	{"laravel", 3, "it sets a cookie laravel_session", setsCookie("laravel_session")},
	{"spring", 3, "errors are answered with Spring's Whitelabel page", func(_ *collector, v *view) bool {
		return bytes.Contains(v.body, []byte("Whitelabel Error Page"))
	}},
	{"php", 2, "it sets a cookie PHPSESSID", setsCookie("PHPSESSID")},
}

// findFramework weighs what the answers show.
func (c *collector) findFramework() Framework {
	weights := map[string]int{}
	evidence := map[string][]string{}
	for _, t := range traits {
		if slices.ContainsFunc(c.views, func(v *view) bool { return t.shows(c, v) }) {
			weights[t.framework] += t.weight
			evidence[t.framework] = append(evidence[t.framework], t.evidence)
		}
	}
	var f Framework
	for _, name := range sortedKeys(weights) {
		if weights[name] > weights[f.Name] {
			f.Name, f.Evidence = name, strings.Join(evidence[name], "; ")
		}
	}
	f.DefaultStack = !c.hasHardening() && len(c.site.Tokens) == 0
	return f
}
