package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/policy"
)

func newJudgeRequestCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "request [FILE|-]",
		Short: "Say which requests declared rules let through",
		Long: `Reads JSON Lines of requests as a server sees them and writes for each, in
order, "allow" or "deny" and why:

  {"id", "scheme", "host", "method", "path", "headers": ["Origin: …"],
   "token": "valid" | "invalid" | "none", "rules": {…}}

"rules" may hold hosts, trusted_origins, socket_origins, embedders, exempt,
sensitive, strict, strict_paths, accept_referer, isolate_frames and
isolate_resources; common other names (allowed_hosts, origins, ws_origins,
exemptions, token_required, …) are understood. A key that is not known makes the
verdict "error". Without hosts, the request's own scheme and host are the site.
The scheme is https if none is given, the method GET.`,
		Example: `  echo '{"id":"1","host":"app.example","method":"POST","headers":["Origin: https://evil.example"]}' | mantlet judge request`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return judgeCases(e, args, answerRequest)
		},
	}
}

type requestAnswer struct {
	ID      json.RawMessage `json:"id"`
	Verdict string          `json:"verdict"`
	Reason  policy.Reason   `json:"reason"`
}

func answerRequest(line []byte) (any, error) {
	var row struct {
		Scheme, Host, Method, Path string
		Headers                    json.RawMessage
		Token                      *string
		Rules                      json.RawMessage
	}
	if err := json.Unmarshal(line, &row); err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	rules, err := policy.ParseRules(row.Rules)
	if err != nil {
		return nil, err
	}
	header, err := readHeaders(row.Headers)
	if err != nil {
		return nil, err
	}
	host, err := undisguise(row.Host)
	if err != nil {
		return nil, fmt.Errorf("read host: %w", err)
	}
	if host == "" && header.Get("Host") == "" {
		return nil, errors.New(`a request needs a "host"`)
	}
	token, err := tokenState(row.Token)
	if err != nil {
		return nil, err
	}
	path, query, _ := strings.Cut(row.Path, "?")
	d := rules.Judge(policy.Request{
		Scheme: orElse(row.Scheme, "https"), Host: host, Method: orElse(row.Method, http.MethodGet),
		Path: path, Query: query, Header: header, Token: token,
	})
	verdict := "deny"
	if d.Allowed {
		verdict = "allow"
	}
	return requestAnswer{caseID(line), verdict, d.Reason}, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// readHeaders takes a list of "Name: value" lines, or an object from name to
// value or values.
func readHeaders(raw json.RawMessage) (http.Header, error) {
	var lines []string
	if len(raw) > 0 && json.Unmarshal(raw, &lines) != nil {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return nil, errors.New("headers are neither a list of lines nor an object")
		}
		for name, value := range fields {
			var values []string
			var one string
			if json.Unmarshal(value, &one) == nil {
				values = []string{one}
			} else if err := json.Unmarshal(value, &values); err != nil {
				return nil, fmt.Errorf("header %s has no text", name)
			}
			for _, v := range values {
				lines = append(lines, name+": "+v)
			}
		}
	}
	for i, line := range lines {
		wire, err := undisguise(line)
		if err != nil {
			return nil, fmt.Errorf("read header: %w", err)
		}
		lines[i] = wire
	}
	return policy.ParseHeaderLines(lines)
}

func tokenState(word *string) (policy.TokenState, error) {
	if word == nil {
		return policy.TokenNone, nil
	}
	switch *word {
	case "", "none":
		return policy.TokenNone, nil
	case "valid":
		return policy.TokenValid, nil
	case "invalid":
		return policy.TokenInvalid, nil
	}
	return policy.TokenNone, fmt.Errorf(`token is %q, not "valid", "invalid" or "none"`, *word)
}
