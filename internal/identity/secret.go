package identity

import (
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// learn teaches the redactor the values of cookies that look like secrets. A word
// such as "dark" or "english" is none, and hiding it would garble every page.
func (s *Session) learn(lines []string) {
	for _, line := range lines {
		if c := policy.ParseSetCookie(line); looksSecret(c.Value) {
			s.grant.Redactor().Learn("cookie", c.Value)
		}
	}
}

// looksSecret says whether a value could stand for a session or a token: long, or
// shorter and made of letters and digits.
func looksSecret(value string) bool {
	if len(value) < 8 {
		return false
	}
	letters, digits := false, false
	for _, r := range value {
		letters = letters || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		digits = digits || r >= '0' && r <= '9'
	}
	return letters && digits || len(value) >= 20 && !strings.Contains(value, " ")
}

// nonsense is a value of the same length and shape that means nothing: letters and
// digits move on within their kind, everything else stays.
func nonsense(value string) string {
	hex := strings.Trim(value, "0123456789abcdef-") == ""
	b := []byte(value)
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '%' && i+2 < len(b):
			i += 2 // an escape stands for a byte that must stay readable
		case c >= '0' && c <= '9':
			b[i] = '0' + (c-'0'+3)%10
		case c >= 'a' && c <= 'f' && hex:
			b[i] = 'a' + (c-'a'+2)%6
		case c >= 'a' && c <= 'z':
			b[i] = 'a' + (c-'a'+7)%26
		case c >= 'A' && c <= 'Z':
			b[i] = 'A' + (c-'A'+7)%26
		}
	}
	return string(b)
}

// Broken is the same identity with credentials that mean nothing: every cookie and
// credential header has a value of the same length and shape that no server gave
// out. That is more than the cookies known to carry the session: some part of the
// application may go by another one. Later changes to either session do not touch
// the other.
func (s *Session) Broken() *Session { return s.Altered(nonsense) }

// Altered is the same identity with every credential, the value of a cookie or of a
// header without its scheme, passed through change. Later changes to either session
// do not touch the other.
func (s *Session) Altered(change func(string) string) *Session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := &Session{grant: s.grant, spec: s.spec, driver: s.driver, header: s.header.Clone(), cookies: s.cookies, tested: s.tested,
		probe: s.probe, loggedIn: s.loggedIn, token: s.token, way: s.way}
	for _, values := range b.header {
		for i, v := range values {
			scheme, credentials, found := strings.Cut(v, " ")
			if !found {
				values[i] = change(v)
				continue
			}
			values[i] = scheme + " " + change(credentials)
		}
	}
	b.jar = s.jar.clone(func(set SetCookie, _ policy.Cookie) SetCookie {
		set.Line = replaceValue(set.Line, change)
		return set
	})
	return b
}

// Copy is the session as it stands: it keeps its credentials when this one is
// logged out.
func (s *Session) Copy() *Session { return s.Altered(func(value string) string { return value }) }

// replaceValue changes the value in a Set-Cookie line.
func replaceValue(line string, change func(string) string) string {
	pair, attributes, more := strings.Cut(line, ";")
	name, value, found := strings.Cut(pair, "=")
	if !found {
		return line
	}
	line = name + "=" + change(value)
	if more {
		line += ";" + attributes
	}
	return line
}
