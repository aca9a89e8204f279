package observe

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// tokenMembers are the names under which APIs hand out bearer tokens.
var tokenMembers = []string{"access_token", "accesstoken", "token", "auth_token", "authtoken", "jwt", "id_token", "idtoken", "session_token", "sessiontoken"}

// tokenIn is a JSON pointer to what an operation documents as a bearer token in its
// answer, one object deep at most; "" if nothing in it is called like one.
func tokenIn(op *openapi3.Operation) string {
	if op.Responses == nil {
		return ""
	}
	for _, status := range []string{"200", "201", "2XX", "default"} {
		answer := op.Responses.Value(status)
		if answer == nil || answer.Value == nil {
			continue
		}
		for _, name := range sortedKeys(answer.Value.Content) {
			if m := answer.Value.Content[name]; isJSON(mediaType(name)) && m != nil && m.Schema != nil {
				if at := tokenMember(m.Schema.Value, 0); at != "" {
					return at
				}
			}
		}
	}
	return ""
}

func tokenMember(s *openapi3.Schema, depth int) string {
	if s == nil || depth > 1 {
		return ""
	}
	members := properties(objectOf(s))
	for _, wanted := range tokenMembers {
		for _, p := range members {
			if strings.EqualFold(p.name, wanted) && typeOf(p.schema.Value) != "object" {
				return "/" + p.name
			}
		}
	}
	for _, p := range members {
		if at := tokenMember(p.schema.Value, depth+1); at != "" && typeOf(p.schema.Value) == "object" {
			return "/" + p.name + at
		}
	}
	return ""
}

// credentials are the names of what every request needs: whether a bearer token, and
// which header for a key.
func credentials(doc *openapi3.T) (bearer bool, key string) {
	if doc.Components == nil {
		return false, ""
	}
	for _, name := range sortedKeys(doc.Components.SecuritySchemes) {
		ref := doc.Components.SecuritySchemes[name]
		if ref == nil || ref.Value == nil {
			continue
		}
		s := ref.Value
		switch strings.ToLower(s.Type) {
		case "http":
			bearer = bearer || strings.EqualFold(s.Scheme, "bearer")
		case "oauth2", "openidconnect":
			bearer = true
		case "apikey":
			if s.In == "header" && !strings.EqualFold(s.Name, "Authorization") && key == "" {
				key = s.Name
			} else if s.In == "header" {
				bearer = true
			}
		}
	}
	return bearer, key
}

// asksWho says whether a form with a password also asks whose it is, as logins and
// sign-ups do. One that takes a password only sets it, or asks for it once more, even
// where it is shown to visitors.
func asksWho(fields []finding.Field) bool {
	password, who := false, false
	for _, f := range fields {
		switch f.Type {
		case "password":
			password = true
		case "text", "email", "tel", "number", "search":
			who = who || !f.Token
		case "hidden", "select":
			who = who || accountNames.MatchString(f.Name) || strings.EqualFold(f.Name, "email")
		}
	}
	return password && who
}

// PointsToToken says whether a JSON pointer ends in a name under which APIs hand out
// bearer tokens.
func PointsToToken(pointer string) bool {
	return slices.Contains(tokenMembers, strings.ToLower(pointer[strings.LastIndexByte(pointer, '/')+1:]))
}

// loginsOf are the operations that take a password from somebody without a session,
// and where each hands out a token.
func (a *api) loginsOf() []DescribedLogin {
	var list []DescribedLogin
	for _, o := range a.operations {
		if isSafe(o.method) {
			continue
		}
		action, ok := o.action(nil)
		if ok && action.Login {
			list = append(list, DescribedLogin{Action: action, Token: tokenIn(o.op)})
		}
	}
	return list
}

// A DescribedLogin is an operation that takes a password, and a JSON pointer to the
// bearer token that it answers with, "" if none is documented.
type DescribedLogin struct {
	Action finding.Action
	Token  string
}
