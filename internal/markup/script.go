package markup

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Call is a request that a script spells out. What a script computes is not
// seen here.
type Call struct {
	Method string
	URL    string // as written: usually relative
	// Attribute is the attribute of an element, a form mostly, in which the address
	// stands instead; URL is then "". Bind finds the elements.
	Attribute string
	// Form is the id of the form whose fields are sent, "" if none is named.
	Form string
	// HeadersFrom is the attribute that holds a JSON object of headers, "" if none.
	HeadersFrom string
	// Encoding is what the call makes of its data, "" if that cannot be told.
	Encoding string
	// Keys are the names of a literal object that is sent as the body.
	Keys []string
	// Header names a request header whose value the script looks up rather than
	// writes: that is how anti-forgery tokens travel. "" if there is none.
	Header string
	// Headers are those whose value the script writes, by name; nil if there are none.
	Headers map[string]string
	// Bearer is set if the script adds an Authorization header.
	Bearer bool
}

// longestCall is how far the arguments of a call are read.
const longestCall = 2000

var (
	callHead = regexp.MustCompile(`(\bfetch|\baxios(?:\.(?:get|post|put|patch|delete|request))?|\$\.(?:ajax|get|post|getJSON)|\$http\.(?:get|post|put|patch|delete)|` +
		`\bky\.(?:get|post|put|patch|delete)|\bopen|\bsendBeacon)\s*\(`)
	quoted = `\s*(?:'([^'\n]*)'|"([^"\n]*)"|` + "`([^`]*)`)"

	firstString  = regexp.MustCompile(`^` + quoted + `\s*[,)]?`)
	secondString = regexp.MustCompile(`^` + quoted + `\s*,` + quoted)
	urlKey       = regexp.MustCompile(`\burl\s*:` + quoted)
	methodKey    = regexp.MustCompile(`(?i)\b(?:method|type)\s*:\s*["'` + "`" + `](get|head|post|put|patch|delete)["'` + "`" + `]`)
	headersKey   = regexp.MustCompile(`\bheaders\s*:\s*\{([^}]*)\}`)
	headerPair   = regexp.MustCompile(`(?:["']([\w-]+)["']|\b([A-Za-z][\w]*))\s*:\s*([^,}]+)`)
	stringify    = regexp.MustCompile(`JSON\.stringify\(\s*\{([^}]*)\}`)
	objectKey    = regexp.MustCompile(`(?:^|,)\s*(?:["']([\w.-]+)["']|([A-Za-z_$][\w$]*))\s*(?::|,|$)`)
	elementData  = regexp.MustCompile(`^\s*[\w$.]*\bdataset\.(\w+)\s*[,)]?|^\s*[\w$.]*\bgetAttribute\(\s*["'](data-[\w-]+)["']\s*\)`)
	spreadData   = regexp.MustCompile(`JSON\.parse\(\s*[\w$.]*\bdataset\.(\w+)`)
	setHeader    = regexp.MustCompile(`(?:setRequestHeader\(\s*["']([\w-]+)["']\s*,|headers(?:\.\w+)*\[\s*["']([\w-]+)["']\s*\]\s*=)\s*([^;,)\n]+)`)
)

// Calls finds the requests that a script spells out literally.
func Calls(script string) []Call {
	header, bearer := globalHeaders(script)
	var calls []Call
	for _, at := range callHead.FindAllStringSubmatchIndex(script, 500) {
		name := script[at[2]:at[3]]
		args := arguments(script[at[1]:])
		call, ok := readCall(name, spelledOut(args, script[:at[0]]))
		if !ok {
			continue
		}
		if call.Form = formIn(args, script[:at[0]]); call.Form != "" && call.Encoding == "" {
			call.Encoding = finding.EncodingURL
		}
		if call.Header == "" {
			call.Header = header
		}
		call.Bearer = call.Bearer || bearer
		calls = append(calls, call)
	}
	return calls
}

// arguments is the text up to the parenthesis that closes a call.
func arguments(s string) string {
	s = s[:min(len(s), longestCall)]
	depth := 1
	return s[:unquoted(s, func(c byte) bool {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		return depth == 0
	})]
}

func readCall(name, args string) (Call, bool) {
	c := Call{Method: http.MethodGet}
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch last {
	case "open": // XMLHttpRequest: method, address
		m := secondString.FindStringSubmatch(args)
		if m == nil || !slices.Contains(methods, strings.ToUpper(pick(m[1:4]))) {
			return c, false
		}
		c.Method, c.URL = strings.ToUpper(pick(m[1:4])), pick(m[4:7])
	case "post", "put", "patch", "delete":
		c.Method = strings.ToUpper(last)
	case "sendBeacon":
		c.Method = http.MethodPost
	}
	if m := methodKey.FindStringSubmatch(args); m != nil && last != "open" {
		c.Method = strings.ToUpper(m[1])
	}
	if c.URL == "" {
		if m := firstString.FindStringSubmatch(args); m != nil {
			c.URL = pick(m[1:4])
		} else if m := urlKey.FindStringSubmatch(args); m != nil {
			c.URL = pick(m[1:4])
		}
	}
	if m := elementData.FindStringSubmatch(args); m != nil && c.URL == "" {
		c.Attribute = m[2]
		if m[1] != "" {
			c.Attribute = dataAttribute(m[1])
		}
	} else if !looksLikeAddress(c.URL) {
		return c, false
	}
	c.readOptions(args)
	return c, true
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

func pick(groups []string) string { return strings.Join(groups, "") }

// looksLikeAddress refuses what a script completes at run time, and words that
// stand in the same place for another purpose.
func looksLikeAddress(s string) bool {
	return s != "" && !strings.Contains(s, "${") && !strings.ContainsAny(s, " <>\"'{}") &&
		(strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "http://") ||
			strings.HasPrefix(s, "https://") || strings.Contains(s, "/") || strings.HasPrefix(s, "?"))
}

func (c *Call) readOptions(args string) {
	switch {
	case strings.Contains(args, "JSON.stringify") || strings.Contains(args, finding.EncodingJSON):
		c.Encoding = finding.EncodingJSON
	case strings.Contains(args, "URLSearchParams") || strings.Contains(args, finding.EncodingURL):
		c.Encoding = finding.EncodingURL
	case strings.Contains(args, "FormData"):
		c.Encoding = finding.EncodingMultipart
	}
	if m := spreadData.FindStringSubmatch(args); m != nil {
		c.HeadersFrom = dataAttribute(m[1])
	}
	if m := stringify.FindStringSubmatch(args); m != nil {
		for _, key := range objectKey.FindAllStringSubmatch(m[1], 50) {
			c.Keys = append(c.Keys, key[1]+key[2])
		}
	}
	if m := headersKey.FindStringSubmatch(args); m != nil {
		for _, pair := range headerPair.FindAllStringSubmatch(m[1], 50) {
			c.noteHeader(pair[1]+pair[2], pair[3])
		}
	}
}

// noteHeader tells a looked-up value from a written one: a constant protects
// against nothing that a token does.
func (c *Call) noteHeader(name, value string) {
	value = strings.TrimSpace(value)
	switch strings.ToLower(name) {
	case "authorization":
		c.Bearer = true
	case "content-type", "accept", "x-requested-with", "cache-control":
	default:
		literal := value == "" || value[0] == '"' || value[0] == '\'' || value[0] >= '0' && value[0] <= '9'
		if !literal && c.Header == "" {
			c.Header = name
		}
		if literal && value != "" {
			if c.Headers == nil {
				c.Headers = map[string]string{}
			}
			c.Headers[name] = strings.Trim(value, `"'`)
		}
	}
}

// AddedHeader is the header with a looked-up value that a script adds to requests it
// does not spell out itself, "" if there is none: a library's, for all of a page.
func AddedHeader(script string) string {
	header, _ := globalHeaders(script)
	return header
}

// globalHeaders are those that a script adds to all its requests.
func globalHeaders(script string) (header string, bearer bool) {
	var all Call
	for _, m := range setHeader.FindAllStringSubmatch(script, 50) {
		all.noteHeader(m[1]+m[2], m[3])
	}
	return all.Header, all.Bearer
}

// dataAttribute is the attribute behind a property of dataset (HTML, section
// 3.2.6.6).
func dataAttribute(property string) string {
	var b strings.Builder
	b.WriteString("data-")
	for _, r := range property {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
