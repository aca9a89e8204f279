package draft

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// dispatching are the members by which an application tells kinds of messages apart.
var dispatching = []string{"type", "action", "event", "op", "cmd", "command", "kind", "method", "topic", "channel"}

// word is what such a member holds: a name of the application's own.
var word = regexp.MustCompile(`^[a-z][a-zA-Z]{0,20}([._:/-][a-zA-Z]{1,20}){0,3}$`)

// longestMessage is how long a message may be to be of use as an example.
const longestMessage = 2000

// shapeOf is a JSON message with everything that somebody typed or that names somebody
// left out: the first text is where a marker goes, numbers are 1, further texts say
// sample. Any other message is "": nobody can tell what in it is secret.
func shapeOf(text string) string {
	var message map[string]any
	if len(text) > longestMessage || json.Unmarshal([]byte(text), &message) != nil || len(message) == 0 {
		return ""
	}
	marked := false
	shaped, err := json.Marshal(shape(message, &marked, 0))
	if err != nil {
		return ""
	}
	return string(shaped)
}

func shape(v any, marked *bool, depth int) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, name := range sortedNames(v) {
			if depth > 4 || mayBeSecret(name) {
				continue
			}
			if s, ok := v[name].(string); ok && slices.Contains(dispatching, strings.ToLower(name)) && word.MatchString(s) {
				out[name] = s
				continue
			}
			out[name] = shape(v[name], marked, depth+1)
		}
		return out
	case []any:
		if len(v) == 0 {
			return []any{}
		}
		return []any{shape(v[0], marked, depth+1)}
	case string:
		if *marked {
			return "sample"
		}
		*marked = true
		return finding.MarkerSlot
	case float64:
		return 1
	}
	return v // true, false, null
}
