package markup

import (
	"regexp"
	"slices"
	"strings"
)

// A Socket is a WebSocket that a script opens.
type Socket struct {
	// URL is the address as far as the script spells it out: absolute with ws or wss,
	// or a path of the page's own host.
	URL string
	// Messages are what the script sends over it, finding.MarkerSlot standing for
	// what is computed.
	Messages []string
}

var (
	socketHead = regexp.MustCompile(`(?:([\w$]+)\s*=\s*)?\bnew\s+(?:window\.)?WebSocket\s*\(`)
	sendHead   = regexp.MustCompile(`([\w$]+)\s*\.\s*send\s*\(`)
	identifier = regexp.MustCompile(`^[A-Za-z_$][\w$]*$`)
	pieces     = regexp.MustCompile("'([^'\\n]*)'|\"([^\"\\n]*)\"|`([^`]*)`|([^'\"`+]+)")
	filledIn   = regexp.MustCompile(`\$\{[^}]*\}`)
)

// unknownPart stands for what a script computes, in an address that is being read.
const unknownPart = "\x00"

// mostSockets bounds the sockets of one script, mostMessages those of one socket.
const (
	mostSockets  = 20
	mostMessages = 12
)

// Sockets finds the WebSockets that a script opens at an address it spells out, at
// least from the path on.
func Sockets(script string) []Socket {
	var found []Socket
	for _, at := range socketHead.FindAllStringSubmatchIndex(script, mostSockets) {
		args := arguments(script[at[1]:])
		address, ok := socketAddress(script, args[:expressionEnd(args)])
		if !ok || slices.ContainsFunc(found, func(s Socket) bool { return s.URL == address }) {
			continue
		}
		name := ""
		if at[2] >= 0 {
			name = script[at[2]:at[3]]
		}
		found = append(found, Socket{URL: address, Messages: sent(script, name)})
	}
	return found
}

// sent are the messages that a script sends over the socket of that name.
func sent(script, name string) []string {
	var list []string
	for _, at := range sendHead.FindAllStringSubmatchIndex(script, 50) {
		if name != "" && script[at[2]:at[3]] != name {
			continue
		}
		args := arguments(script[at[1]:])
		if m, ok := messageOf(args[:expressionEnd(args)]); ok && !slices.Contains(list, m) && len(list) < mostMessages {
			list = append(list, m)
		}
	}
	return list
}

// socketAddress reads an expression that gives an address: a string, strings and
// variables joined, a template, or a variable that was given one of these.
func socketAddress(script, expression string) (string, bool) {
	expression = strings.TrimSpace(expression)
	if identifier.MatchString(expression) {
		assigned := regexp.MustCompile(`(?:\b(?:const|let|var)\s+|[;{\n]\s*)` + regexp.QuoteMeta(expression) + `\s*=\s*([^;\n]+)`).FindStringSubmatch(script)
		if assigned == nil {
			return "", false
		}
		expression = assigned[1]
	}
	if inner, ok := strings.CutPrefix(expression, "new URL("); ok {
		expression = inner[:expressionEnd(inner)]
	}
	var whole strings.Builder
	for _, m := range pieces.FindAllStringSubmatch(expression, 40) {
		switch text := m[1] + m[2] + m[3]; {
		case m[4] != "" && strings.TrimSpace(m[4]) != "":
			whole.WriteString(unknownPart)
		default:
			whole.WriteString(filledIn.ReplaceAllString(text, unknownPart))
		}
	}
	return settled(whole.String())
}

// settled is the address in a text with unknown parts: those before the path are
// the page's own host, those in it cannot be known.
func settled(text string) (string, bool) {
	if last := strings.LastIndex(text, "//"); last >= 0 && strings.Contains(text, unknownPart) {
		rest := text[last+2:]
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			return "", false
		}
		text = rest[slash:]
	} else if !strings.HasPrefix(text, "/") {
		text = text[strings.LastIndex(text, unknownPart)+1:]
	}
	if strings.Contains(text, unknownPart) || strings.ContainsAny(text, " <>{}\"'") {
		return "", false
	}
	for _, scheme := range []string{"ws://", "wss://", "http://", "https://", "/"} {
		if strings.HasPrefix(text, scheme) {
			return text, true
		}
	}
	return "", false
}
