package observe

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// readRecorded takes what a recording shows into the crawl: what was read becomes a
// seed, and every secret in it is known before anything is written down.
func (c *collector) readRecorded() {
	var foreign []string
	count, inScope := 0, 0
	for _, e := range c.o.Recorded {
		c.learnRecorded(e)
		if c.grant.Allows(e.URL) != nil {
			count++
			if u, err := url.Parse(e.URL); err == nil && len(foreign) < 10 {
				foreign = with(foreign, u.Scheme+"://"+u.Host)
			}
			continue
		}
		inScope++
		if e.Method == http.MethodGet && !e.Socket && e.Status < 400 && !isAsset(e.URL) {
			c.addSeed(e.URL)
		}
	}
	if count > 0 {
		slices.Sort(foreign)
		c.skip(finding.Skip{What: "recording", Why: fmt.Sprintf("%d recorded requests are out of scope: %s", count, strings.Join(foreign, ", ")),
			Incomplete: inScope == 0})
	}
}

// learnRecorded makes the redactor hide what a recorded request carried to show who
// sent it.
func (c *collector) learnRecorded(e har.Entry) {
	for _, s := range SecretsIn(e) {
		c.grant.Redactor().Learn(s.Kind, s.Value)
	}
}

// A Secret is something that shows who sent a request; Kind is what to call it.
type Secret struct{ Kind, Value string }

// Random says whether it is a secret by its looks alone, wherever it stands: no word, no
// number and no name of a thing.
func (s Secret) Random() bool { return looksRandom(s.Value) }

// SecretsIn is what a recorded request carried to show who sent it: cookies,
// credentials, passwords and tokens, by the names of their places.
func SecretsIn(e har.Entry) []Secret {
	var list []Secret
	for _, line := range e.Header.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			_, value, _ := strings.Cut(pair, "=")
			list = append(list, Secret{"cookie", strings.TrimSpace(value)})
		}
	}
	_, credential, _ := strings.Cut(e.Header.Get("Authorization"), " ")
	list = append(list, Secret{"token", strings.TrimSpace(credential)})
	for name, values := range e.Header {
		for _, v := range values {
			if (hintsToken(name) || hintsCredential(name)) && mayBeToken(v) {
				list = append(list, Secret{"token", v})
			}
		}
	}
	e.WithValues(func(name, value string) string {
		if kind := SecretKind(name, value); kind != "" {
			list = append(list, Secret{kind, value})
		}
		return value
	})
	if u, err := url.Parse(e.URL); err == nil {
		for name, values := range u.Query() {
			for _, v := range values {
				if (hintsToken(name) || hintsCredential(name)) && mayBeToken(v) {
					list = append(list, Secret{"token", v})
				}
			}
		}
	}
	return list
}

// SecretKind is what a field of a body holds if that is a secret, "" if it is none.
func SecretKind(name, value string) string {
	switch {
	case isPasswordName(name):
		return "password"
	case hintsToken(name) && looksRandom(value):
		return "token"
	}
	return ""
}

func isPasswordName(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "passw") || name == "pass" || name == "pwd" || name == "pin" || name == "otp"
}

// hintsCredential says whether a parameter is called like what lets somebody in.
func hintsCredential(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"key", "session", "sid", "ticket", "auth", "jwt", "secret", "signature"}, func(w string) bool { return strings.Contains(name, w) })
}

// recordedActions are the recorded requests in scope that may change something.
func (c *collector) recordedActions() []finding.Action {
	var list []finding.Action
	for _, e := range c.o.Recorded {
		if e.Socket || e.Status >= 400 || c.grant.Allows(e.URL) != nil || markup.IsLogout(e.URL, "") || isOperation(e.URL, e.Body) {
			continue
		}
		if isSafe(e.Method) && (e.Method != http.MethodGet || !markup.SuggestsChange(e.URL, "")) {
			continue
		}
		list = append(list, c.recordedAction(e))
	}
	return list
}

// recordedReads are the recorded requests that name what they read in a header.
func (c *collector) recordedReads() {
	for _, e := range c.o.Recorded {
		if !e.Socket && e.Status < 400 {
			c.headed("", Request{Method: e.Method, URL: e.URL, Header: e.Header})
		}
	}
}

func (c *collector) recordedAction(e har.Entry) finding.Action {
	page := e.Header.Get("Referer")
	if u, err := url.Parse(page); err != nil || u.Path == "" || c.grant.Allows(page) != nil {
		page = ""
	}
	a := c.sentAction(page, Request{Method: e.Method, URL: e.URL, Header: e.Header, Body: e.Body})
	a.Source = "har"
	if a.Encoding == finding.EncodingMultipart {
		a.Fields = partFields(e)
	}
	for i, f := range a.Fields {
		switch {
		case isPasswordName(f.Name):
			a.Fields[i].Type, a.Fields[i].Value = "password", ""
		case hintsToken(f.Name) && looksRandom(f.Value):
			a.Fields[i].Token = true
		}
	}
	if a.Method == http.MethodGet {
		queryToFields(&a)
	}
	if len(e.Body) == 0 {
		a.Encoding = ""
	}
	a.Login = logsIn(a)
	return a
}

func partFields(e har.Entry) []finding.Field {
	var fields []finding.Field
	for _, f := range e.Fields() {
		field := finding.Field{Name: f.Name, Type: "text", Value: asText(f.Value)}
		if f.File {
			field.Type, field.Value = "file", ""
		}
		fields = append(fields, field)
	}
	return fields
}

// readRecordedSockets takes the WebSockets that were recorded, with what was sent.
func (c *collector) readRecordedSockets() {
	for _, e := range c.o.Recorded {
		if e.Socket {
			c.addSocket(e.URL, "har", nil, e.Sent)
		}
	}
}

// recordedValues fills what the crawl found nothing for in the places of documented
// parameters: what was recorded may be gone by now.
func (c *collector) recordedValues() {
	if c.api.values == nil {
		c.api.values = map[string]string{}
	}
	for _, e := range c.o.Recorded {
		if e.Status < 400 && c.grant.Allows(e.URL) == nil {
			c.api.fromAddress(e.URL, func(place, value string) { c.api.values[place] = cmp.Or(c.api.values[place], value) })
		}
	}
}
