package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ruleKeys are the names under which ParseRules knows each rule: the first is
// ours, the others are what frameworks and other guards call the same thing.
var ruleKeys = []struct {
	names []string
	read  func(*Rules, json.RawMessage) error
}{
	{[]string{"hosts", "host", "allowed_hosts", "trusted_hosts", "public_origins"},
		func(r *Rules, raw json.RawMessage) error { return readStrings(&r.Hosts, raw) }},
	{[]string{"trusted_origins", "origins", "origin", "trusted", "allowed_origins", "allow_origins", "csrf_trusted_origins"},
		func(r *Rules, raw json.RawMessage) error { return readStrings(&r.TrustedOrigins, raw) }},
	{[]string{"socket_origins", "sockets", "ws_origins", "websocket_origins", "allowed_socket_origins"},
		func(r *Rules, raw json.RawMessage) error { return readStrings(&r.SocketOrigins, raw) }},
	{[]string{"embedders", "embed", "frame_ancestors", "framing"},
		func(r *Rules, raw json.RawMessage) error { return readEmbedders(&r.Embedders, raw) }},
	{[]string{"exempt", "exempts", "exemptions", "bypass"},
		func(r *Rules, raw json.RawMessage) error { return readExemptions(&r.Exempt, raw) }},
	{[]string{"sensitive", "sensitive_paths"},
		func(r *Rules, raw json.RawMessage) error { return readStrings(&r.Sensitive, raw) }},
	{[]string{"strict_paths", "token_paths"},
		func(r *Rules, raw json.RawMessage) error { return readStrings(&r.StrictPaths, raw) }},
	{[]string{"strict", "token_required", "require_token"}, readStrict}, // adds to strict_paths
	{[]string{"accept_referer", "referer", "referer_fallback", "allow_referer"}, readReferer},
	{[]string{"isolate_frames", "frame_isolation"},
		func(r *Rules, raw json.RawMessage) error { return json.Unmarshal(raw, &r.IsolateFrames) }},
	{[]string{"isolate_resources", "resource_isolation"},
		func(r *Rules, raw json.RawMessage) error { return json.Unmarshal(raw, &r.IsolateResources) }},
}

// ParseRules reads rules from JSON. It is strict: a key it does not know, a key
// given twice under two names, and a rule that does not Validate are errors.
// Lists may be written as one string; nothing, null and {} are the zero Rules.
//
// "embedders" is an object from path to origins, or a list that holds for all
// paths. "exempt" lists objects with method and path, or strings such as
// "POST /hook" and "/hook". "strict" is true, or the paths where it holds.
func ParseRules(data []byte) (Rules, error) {
	var r Rules
	if len(bytes.TrimSpace(data)) == 0 {
		return r, nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(data, &given); err != nil {
		return Rules{}, fmt.Errorf("parse rules: %w", err)
	}
	read := 0
	for _, key := range ruleKeys {
		seen := ""
		for _, name := range key.names {
			raw, ok := given[name]
			if !ok {
				continue
			}
			if seen != "" {
				return Rules{}, fmt.Errorf("parse rules: %q and %q mean the same", seen, name)
			}
			seen = name
			read++
			if err := key.read(&r, raw); err != nil {
				return Rules{}, fmt.Errorf("parse rules: %s: %w", name, err)
			}
		}
	}
	if read < len(given) {
		return Rules{}, fmt.Errorf("parse rules: unknown key %s", strings.Join(unknownRuleKeys(given), ", "))
	}
	if err := r.Validate(); err != nil {
		return Rules{}, fmt.Errorf("parse rules: %w", err)
	}
	return r, nil
}

func unknownRuleKeys(given map[string]json.RawMessage) []string {
	var unknown []string
	for name := range given {
		known := false
		for _, key := range ruleKeys {
			known = known || slices.Contains(key.names, name)
		}
		if !known {
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	slices.Sort(unknown)
	return unknown
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// readStrings takes a list of strings, or one string for a list of one.
func readStrings(list *[]string, raw json.RawMessage) error {
	var one string
	if json.Unmarshal(raw, &one) == nil && !isNull(raw) {
		*list = []string{one}
		return nil
	}
	if err := json.Unmarshal(raw, list); err != nil {
		return errors.New("is not a list of strings")
	}
	return nil
}

func readEmbedders(m *map[string][]string, raw json.RawMessage) error {
	if isNull(raw) {
		return nil
	}
	var everywhere []string
	if readStrings(&everywhere, raw) == nil {
		*m = map[string][]string{"/": everywhere}
		return nil
	}
	var byPath map[string]json.RawMessage
	if err := json.Unmarshal(raw, &byPath); err != nil {
		return errors.New("is neither a list of origins nor an object from path to origins")
	}
	*m = map[string][]string{}
	for p, origins := range byPath {
		var list []string
		if err := readStrings(&list, origins); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		(*m)[p] = list
	}
	return nil
}

func readExemptions(list *[]Exemption, raw json.RawMessage) error {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		items = []json.RawMessage{raw}
	}
	for _, item := range items {
		var text string
		if json.Unmarshal(item, &text) == nil {
			method, p, ok := strings.Cut(text, " ")
			if !ok {
				method, p = "", text
			}
			*list = append(*list, Exemption{Method: method, Path: strings.TrimSpace(p)})
			continue
		}
		var e Exemption
		strict := json.NewDecoder(bytes.NewReader(item))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&e); err != nil {
			return fmt.Errorf("is not a method and a path: %w", err)
		}
		*list = append(*list, e)
	}
	return nil
}

func readStrict(r *Rules, raw json.RawMessage) error {
	if json.Unmarshal(raw, &r.Strict) == nil {
		return nil
	}
	var paths []string
	if readStrings(&paths, raw) != nil {
		return errors.New("is neither true or false nor a list of paths")
	}
	r.StrictPaths = append(r.StrictPaths, paths...)
	return nil
}

func readReferer(r *Rules, raw json.RawMessage) error {
	if json.Unmarshal(raw, &r.AcceptReferer) == nil {
		return nil
	}
	var word string
	if json.Unmarshal(raw, &word) == nil {
		switch word {
		case "accept", "allow":
			r.AcceptReferer = true
			return nil
		case "reject", "deny", "ignore":
			return nil
		}
	}
	return errors.New(`is neither true or false nor "accept"`)
}
