package markup

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Handler is a function of a script that hears messages of other windows.
type Handler struct {
	// Script is its beginning, to be quoted.
	Script string
	Sender SenderCheck
	// Messages are what it seems to listen for, each as JSON, finding.MarkerSlot
	// standing where it takes any text.
	Messages []string
}

// SenderCheck is how a handler asks who sent a message.
type SenderCheck string

const (
	SenderUnasked SenderCheck = ""        // not at all
	SenderPartly  SenderCheck = "partly"  // by the beginning, the end or a part of the origin
	SenderUnclear SenderCheck = "unclear" // the origin is looked at, what for cannot be told
	SenderExactly SenderCheck = "exactly" // by comparing origin or source as a whole
)

// longestHandler is how far a handler is read, longestQuote how much of it is kept.
const (
	longestHandler = 6000
	longestQuote   = 400
)

var (
	listenHead = regexp.MustCompile(`(?:^|[^.\w$])(?:(?:window|self|globalThis|top)\s*\.\s*)?addEventListener\s*\(\s*["'` + "`" + `]message["'` + "`" + `]\s*,|` +
		`(?:^|[^.\w$])(?:window|self|globalThis)\s*\.\s*onmessage\s*=|\$\(\s*window\s*\)\s*\.\s*on\s*\(\s*["']message["']\s*,`)
	comparesSender = regexp.MustCompile(`\b(?:origin|source)\b\s*[!=]==?|[!=]==?\s*[\w$.]+\.(?:origin|source)\b|(?:\]|[\w$])\s*\.\s*(?:includes|has|indexOf)\(\s*[\w$.]*\borigin\s*\)`)
	comparesPart   = regexp.MustCompile(`\borigin\s*\.\s*(?:indexOf|includes|startsWith|endsWith|match|search|lastIndexOf)\s*\(|\.test\(\s*[\w$.]*\borigin\s*\)`)
	namesSender    = regexp.MustCompile(`\borigin\b`)

	parameter  = regexp.MustCompile(`^\s*(?:async\s+)?(?:function\b[^(]*)?\(?\s*(\{[^}]*\}|[A-Za-z_$][\w$]*)`)
	functionOf = `(?:function\s+%s\s*\(|\b%s\s*=\s*(?:async\s+)?(?:function\b[^(]*)?\(?)`
)

// Handlers finds the functions of a script that hear messages of other windows.
func Handlers(script string) []Handler {
	var found []Handler
	for _, at := range listenHead.FindAllStringIndex(script, 20) {
		body := handlerBody(script, script[at[1]:])
		if body == "" {
			continue
		}
		found = append(found, Handler{Script: clipped(script[at[0]:at[1]] + " " + body), Sender: senderCheck(body), Messages: listensFor(body)})
	}
	return found
}

func clipped(s string) string {
	s = strings.TrimSpace(strings.Join(strings.Fields(s), " "))
	if len(s) > longestQuote {
		return strings.ToValidUTF8(s[:longestQuote], "") + " …"
	}
	return s
}

// handlerBody is the function at the beginning of rest, or the one that is named there.
func handlerBody(script, rest string) string {
	rest = strings.TrimLeft(rest, " \t\r\n")
	end := expressionEnd(rest[:min(len(rest), longestHandler)])
	body := rest[:end]
	if semicolon := strings.IndexByte(body, ';'); semicolon >= 0 && identifier.MatchString(strings.TrimSpace(body[:semicolon])) {
		body = body[:semicolon]
	}
	name := strings.TrimSpace(body)
	if !identifier.MatchString(name) {
		return body
	}
	at := regexp.MustCompile(strings.ReplaceAll(functionOf, "%s", regexp.QuoteMeta(name))).FindStringIndex(script)
	if at == nil {
		return ""
	}
	declared := script[at[0]:min(len(script), at[0]+longestHandler)]
	if open := strings.IndexByte(declared, '{'); open >= 0 {
		return declared[:open+1+blockEnd(declared[open+1:])]
	}
	return declared
}

// blockEnd is where a block ends whose brace was opened before.
func blockEnd(s string) int {
	at := 0
	for at < len(s) {
		n := expressionEnd(s[at:])
		if at += n; at < len(s) && s[at] != ',' {
			return at
		}
		at++
	}
	return len(s)
}

func senderCheck(body string) SenderCheck {
	switch {
	case comparesPart.MatchString(body) && !comparesSender.MatchString(comparesPart.ReplaceAllString(body, "")):
		return SenderPartly
	case comparesSender.MatchString(body):
		return SenderExactly
	case namesSender.MatchString(body):
		return SenderUnclear
	}
	return SenderUnasked
}

// listensFor are messages that the handler would act on, by what it compares and
// looks up in them.
func listensFor(body string) []string {
	event := "event"
	if m := parameter.FindStringSubmatch(body); m != nil {
		event = m[1]
	}
	data := regexp.QuoteMeta(event) + `\s*(?:\?\.|\.)\s*(?:originalEvent\s*\.\s*)?data`
	if strings.HasPrefix(event, "{") {
		data = `\bdata`
	}
	names, members := aliases(body, data)
	v := vocabulary{of: `(?:` + strings.Join(append(names, data), "|") + `)`, destructured: members}
	v.read(body)
	asText := regexp.MustCompile(`JSON\.parse\(\s*(?:` + data + `)`).MatchString(body)
	return v.messages(asText)
}

// aliases are the names that a handler gives to the data and to parts of it.
func aliases(body, data string) (names, members []string) {
	source := `(?:JSON\.parse\(\s*)?` + data
	for _, m := range regexp.MustCompile(`(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*=\s*`+source+`\b\s*[;,)|\n]`).FindAllStringSubmatch(body, 5) {
		names = append(names, `\b`+regexp.QuoteMeta(m[1]))
	}
	for _, m := range regexp.MustCompile(`(?:const|let|var)\s+\{([^}]*)\}\s*=\s*(?:`+strings.Join(append(slices.Clone(names), source), "|")+`)`).FindAllStringSubmatch(body, 5) {
		for part := range strings.SplitSeq(m[1], ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(part), "=")
			if name, _, _ = strings.Cut(name, ":"); identifier.MatchString(strings.TrimSpace(name)) {
				members = append(members, strings.TrimSpace(name))
			}
		}
	}
	return names, members
}

// A vocabulary is what a handler knows of messages.
type vocabulary struct {
	of           string // matches the data
	destructured []string
	kinds        []kindOf // values that a member is compared with
	others       []string // members that are used
	bare         []string // values that the data as a whole is compared with
}

type kindOf struct{ member, value string }

func (v *vocabulary) read(body string) {
	text := `["'` + "`" + `]([^"'` + "`" + `\n]{1,80})["'` + "`" + `]`
	for _, m := range regexp.MustCompile(v.of+`\s*(?:\?\.|\.)\s*([A-Za-z_$][\w$]*)\s*(?:[!=]==?\s*`+text+`)?`).FindAllStringSubmatch(body, 60) {
		v.note(m[1], m[2])
	}
	for _, name := range v.destructured {
		v.note(name, "")
		for _, m := range regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`\s*[!=]==?\s*`+text).FindAllStringSubmatch(body, 20) {
			v.note(name, m[1])
		}
	}
	for _, m := range regexp.MustCompile(v.of+`\s*[!=]==?\s*`+text).FindAllStringSubmatch(body, 20) {
		v.bare = append(v.bare, m[1])
	}
	for _, at := range regexp.MustCompile(`switch\s*\(\s*(?:`+v.of+`\s*(?:\?\.|\.)\s*)?([\w$]+)\s*\)\s*\{`).FindAllStringSubmatchIndex(body, 5) {
		for _, m := range regexp.MustCompile(`\bcase\s*`+text).FindAllStringSubmatch(body[at[1]:], 20) {
			v.note(body[at[2]:at[3]], m[1])
		}
	}
}

func (v *vocabulary) note(member, value string) {
	if value != "" {
		if k := (kindOf{member, value}); !slices.Contains(v.kinds, k) {
			v.kinds = append(v.kinds, k)
		}
		return
	}
	if !slices.Contains(v.others, member) && !slices.Contains(methodsOfText, member) {
		v.others = append(v.others, member)
	}
}

var methodsOfText = []string{"length", "trim", "split", "startsWith", "includes", "indexOf", "toString", "replace", "match", "slice"}

func (v *vocabulary) messages(asText bool) []string {
	var all []string
	add := func(value any) {
		encoded, err := json.Marshal(value)
		if err != nil {
			return
		}
		if _, isText := value.(string); asText && !isText {
			encoded, _ = json.Marshal(string(encoded))
		}
		if m := string(encoded); !slices.Contains(all, m) && len(all) < mostMessages {
			all = append(all, m)
		}
	}
	for _, k := range v.kinds {
		add(v.filled(k))
	}
	if len(v.kinds) == 0 && len(v.others) > 0 {
		add(v.filled(kindOf{}))
	}
	for _, b := range v.bare {
		add(b)
	}
	if len(all) == 0 {
		add(finding.MarkerSlot)
	}
	return all
}

func (v *vocabulary) filled(k kindOf) map[string]any {
	m := map[string]any{}
	for _, name := range v.others {
		m[name] = finding.MarkerSlot
	}
	if k.member != "" {
		m[k.member] = k.value
	}
	return m
}
