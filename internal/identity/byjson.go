package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// loginByJSON posts the fields to an API and takes cookie or token from the answer.
func (s *Session) loginByJSON(ctx context.Context) (*answer, error) {
	l := s.spec.JSON
	u, err := within(s.target(), l.URL)
	if err != nil {
		return nil, s.failed(nil, "the login URL cannot be read", "check login.json.url", err)
	}
	body, kind, err := l.encode()
	if err != nil {
		return nil, s.failed(nil, "the login fields cannot be written as JSON", "check login.json.fields", err)
	}
	req, err := browserRequest(ctx, http.MethodPost, u.String(), u, body, kind)
	if err != nil {
		return nil, s.failed(nil, "the login request cannot be built", "check login.json.url", err)
	}
	req.Header.Set("Accept", finding.EncodingJSON)
	req.Header.Set("Sec-Fetch-Mode", "cors")
	req.Header.Set("Sec-Fetch-Dest", "empty")
	req.Header.Del("Sec-Fetch-User")
	end, err := s.send(req)
	if err != nil {
		return nil, s.failed(nil, "the login request was not answered", "check login.json.url and that the target runs", err)
	}
	why := l.Success.judge(end, s.jar)
	if l.Success.isZero() && end.status >= 400 {
		why = "the answer was an error"
	}
	if why != "" {
		return nil, s.failed(end, why, "check user name, password and login.json.success", nil)
	}
	return end, s.takeToken(l, end)
}

func (l *JSONLogin) encode() ([]byte, string, error) {
	all := merged(l.Fields, l.Secrets)
	if l.URLEncoded {
		var pairs [][2]string
		for _, name := range slices.Sorted(maps.Keys(all)) {
			pairs = append(pairs, [2]string{name, all[name]})
		}
		body, kind := encode(pairs, finding.EncodingURL)
		return body, kind, nil
	}
	object := map[string]any{}
	for name, value := range all {
		if !strings.HasPrefix(name, "/") {
			object[name] = value
			continue
		}
		steps := pointerSteps(name)
		finding.Put(object, steps[:len(steps)-1], steps[len(steps)-1], value)
	}
	body, err := json.Marshal(object)
	return body, finding.EncodingJSON, err
}

// takeToken reads the bearer token that the spec points to.
func (s *Session) takeToken(l *JSONLogin, end *answer) error {
	if l.Token == "" {
		return nil
	}
	var doc any
	if err := json.Unmarshal(end.body, &doc); err != nil {
		return s.failed(end, "the answer is no JSON", "check login.json.url", err)
	}
	found, err := lookUp(doc, l.Token)
	if err != nil {
		return s.failed(end, "the answer holds no token", "check login.json.token", err)
	}
	token, ok := found.(string)
	if !ok || token == "" {
		return s.failed(end, "what login.json.token points to is no text", "check login.json.token", nil)
	}
	s.grant.Redactor().Learn("token", token)
	s.token, s.way = token, l.TokenAs
	if s.way == "" {
		s.way = ways[0]
	}
	show(s.header, s.way, token)
	return nil
}

// lookUp follows a JSON pointer (RFC 6901).
func lookUp(doc any, pointer string) (any, error) {
	if pointer == "" {
		return doc, nil
	}
	if pointer[0] != '/' {
		return nil, fmt.Errorf("JSON pointer %q must begin with /", pointer)
	}
	for _, step := range pointerSteps(pointer) {
		switch at := doc.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				return nil, fmt.Errorf("nothing at %q, there is: %s", step, strings.Join(slices.Sorted(maps.Keys(at)), ", "))
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(at) {
				return nil, fmt.Errorf("no element %q", step)
			}
			doc = at[i]
		default:
			return nil, fmt.Errorf("nothing below %q", step)
		}
	}
	return doc, nil
}

// pointerSteps are the names that a JSON pointer leads through.
func pointerSteps(pointer string) []string {
	steps := strings.Split(pointer[1:], "/")
	for i := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(steps[i])
	}
	return steps
}
