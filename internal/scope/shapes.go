package scope

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
)

// spellings are the ways a secret is written in URLs, HTML and JSON.
func spellings(secret string) []string {
	query, segment := url.QueryEscape(secret), url.PathEscape(secret)
	escaped := html.EscapeString(secret)
	all := []string{secret, query, segment, lowerHex(query), lowerHex(segment), escaped,
		strings.NewReplacer("&#34;", "&quot;", "&#39;", "&#x27;").Replace(escaped),
		strings.NewReplacer("&#34;", "&quot;", "&#39;", "&apos;").Replace(escaped),
		strings.NewReplacer("&#34;", `"`, "&#39;", "'").Replace(escaped)}
	if quoted, err := json.Marshal(secret); err == nil {
		inner := string(quoted[1 : len(quoted)-1])
		plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(inner)
		all = append(all, inner, plain, strings.ReplaceAll(plain, "/", `\/`))
	}
	return all
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerHex(s string) string { return percentEscape.ReplaceAllStringFunc(s, strings.ToLower) }

var (
	credentialLine = regexp.MustCompile(`(?im)^([ \t]*(?:authorization|proxy-authorization|cookie|set-cookie)[ \t]*:[ \t]*)([^\r\n]+)`)
	passwordJSON   = regexp.MustCompile(`(?i)("[a-z_-]*(?:password|passwd)[a-z_-]*"\s*:\s*")((?:[^"\\]|\\.)+)(")`)
	passwordForm   = regexp.MustCompile(`(?i)((?:^|[?&;\s])[a-z_-]*(?:password|passwd)[a-z_-]*=)([^&\s"'<>]+)()`)
	passwordInput  = regexp.MustCompile(`(?i)<input\b[^>]*\btype\s*=\s*["']?password\b[^>]*>`)
	inputValue     = regexp.MustCompile(`(?i)(\svalue\s*=\s*)("[^"]+"|'[^']+'|[^\s"'>]+)`)
)

// shapes hides what is a credential by where it stands.
func (r *Redactor) shapes(s string) string {
	lower := strings.ToLower(s) // the patterns are slow and most text has none of them
	if strings.Contains(lower, "cookie") || strings.Contains(lower, "authorization") {
		s = credentialLine.ReplaceAllStringFunc(s, r.credentialLine)
	}
	if strings.Contains(lower, "passw") {
		s = r.replaceValue(passwordJSON, s)
		s = passwordInput.ReplaceAllStringFunc(s, func(tag string) string {
			return inputValue.ReplaceAllStringFunc(tag, func(attr string) string {
				m := inputValue.FindStringSubmatch(attr)
				if isMark(strings.Trim(m[2], `"'`)) {
					return attr
				}
				return m[1] + `"` + r.Mark("password", html.UnescapeString(strings.Trim(m[2], `"'`))) + `"`
			})
		})
		s = r.replaceValue(passwordForm, s)
	}
	return s
}

// replaceValue hides the second group of every match.
func (r *Redactor) replaceValue(re *regexp.Regexp, s string) string {
	return re.ReplaceAllStringFunc(s, func(match string) string {
		m := re.FindStringSubmatch(match)
		if isMark(m[2]) {
			return match
		}
		return m[1] + r.Mark("password", m[2]) + m[3]
	})
}

func (r *Redactor) credentialLine(line string) string {
	m := credentialLine.FindStringSubmatch(line)
	name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(m[1])), ":")
	switch strings.TrimSpace(name) {
	case "cookie":
		return m[1] + r.cookiePairs(m[2])
	case "set-cookie":
		return m[1] + r.SetCookie(m[2])
	}
	return m[1] + r.authorization(m[2])
}

// authorization keeps the scheme and hides the rest.
func (r *Redactor) authorization(value string) string {
	scheme, credentials, found := strings.Cut(value, " ")
	if !found {
		scheme, credentials = "", value
	}
	if credentials == "" || isMark(credentials) {
		return value
	}
	return strings.TrimPrefix(scheme+" ", " ") + r.Mark("authorization", credentials)
}

// cookiePairs hides the values of a Cookie header.
func (r *Redactor) cookiePairs(value string) string {
	pairs := strings.Split(value, ";")
	for i, pair := range pairs {
		pairs[i] = r.cookiePair(pair)
	}
	return strings.Join(pairs, ";")
}

func (r *Redactor) cookiePair(pair string) string {
	name, value, found := strings.Cut(pair, "=")
	if !found || strings.TrimSpace(value) == "" || isMark(strings.TrimSpace(value)) {
		return pair
	}
	return name + "=" + r.Mark("cookie", strings.Trim(strings.TrimSpace(value), `"`))
}

// SetCookie hides the value of a Set-Cookie line and keeps its name and attributes.
// An empty value stays empty: that the cookie is deleted is no secret.
func (r *Redactor) SetCookie(line string) string {
	pair, attributes, found := strings.Cut(line, ";")
	shown := r.cookiePair(pair)
	if found {
		shown += ";" + attributes
	}
	return r.learned(shown)
}

// isMark says whether a value was hidden already.
func isMark(s string) bool { return strings.HasPrefix(s, "«") && strings.HasSuffix(s, "»") }
