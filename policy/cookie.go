package policy

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Cookie is one Set-Cookie line as a browser understands it (RFC 6265bis,
// section 5.6). Whether the browser keeps it is StoredBy's question, whether it
// goes with a request SentOn's.
type Cookie struct {
	Name, Value string

	// Domain is lower case without its leading dot; empty means host-only.
	Domain string
	// Path is empty when the line gave none that counts; the default path of
	// the setting response then holds.
	Path string

	Secure, HTTPOnly, Partitioned bool
	SameSite                      SameSite

	// MaxAge counts seconds and is meaningful if HasMaxAge; it wins over Expires.
	MaxAge    int64
	HasMaxAge bool
	Expires   time.Time // zero if absent or unreadable

	// fault is why the line is no cookie at all, empty if it is one.
	fault Reason
}

// SameSite is what a cookie asks of its requests (RFC 6265bis, section 5.6.7).
type SameSite int

const (
	// SameSiteUnset is a missing attribute, an empty one, or a value no browser
	// knows: treated as Lax, except that unsafe top-level requests may carry it
	// for LaxUnsafeWindow.
	SameSiteUnset SameSite = iota
	SameSiteNone
	SameSiteLax
	SameSiteStrict
)

// String is the attribute's value as a server would write it, "unset" if none.
func (s SameSite) String() string {
	switch s {
	case SameSiteNone:
		return "None"
	case SameSiteLax:
		return "Lax"
	case SameSiteStrict:
		return "Strict"
	}
	return "unset"
}

const (
	maxNameAndValue   = 4096 // octets; longer cookies are dropped
	maxAttributeValue = 1024 // octets; longer attributes are ignored
)

// ParseSetCookie reads a Set-Cookie header value, given as the bytes on the
// wire. It never fails: a line no browser would keep gives a Cookie that
// StoredBy refuses everywhere. Of an attribute given twice the last counts.
func ParseSetCookie(value string) Cookie {
	if hasControl(value) {
		return Cookie{fault: CookieControlCharacter}
	}
	pair, rest, _ := strings.Cut(value, ";")
	var c Cookie
	if name, val, ok := strings.Cut(pair, "="); ok {
		c.Name, c.Value = trimBlanks(name), trimBlanks(val)
	} else {
		c.Value = trimBlanks(pair)
	}
	switch {
	case c.Name == "" && c.Value == "":
		return Cookie{fault: CookieEmpty}
	case len(c.Name)+len(c.Value) > maxNameAndValue:
		return Cookie{fault: CookieTooLarge}
	case hasTab(c.Name) || hasTab(c.Value):
		return Cookie{fault: CookieControlCharacter}
	case c.Name == "" && prefixOf(c.Value) != noPrefix:
		return Cookie{fault: CookiePrefixInValue}
	case c.Name == "" && strings.Contains(c.Value, "="):
		return Cookie{fault: CookieNamelessPair}
	}
	for rest != "" {
		var attribute string
		attribute, rest, _ = strings.Cut(rest, ";")
		name, val, _ := strings.Cut(attribute, "=")
		name, val = trimBlanks(name), trimBlanks(val)
		if hasTab(name) || hasTab(val) {
			return Cookie{fault: CookieControlCharacter} // whatever the attribute
		}
		if len(val) <= maxAttributeValue {
			c.attribute(lowerASCII(name), val)
		}
	}
	return c
}

func (c *Cookie) attribute(name, value string) {
	switch name {
	case "secure":
		c.Secure = true // whatever the value: "Secure=false" is Secure
	case "httponly":
		c.HTTPOnly = true
	case "partitioned":
		c.Partitioned = true
	case "samesite":
		c.SameSite = parseSameSite(value)
	case "domain":
		c.Domain = parseCookieDomain(value)
	case "path":
		c.Path = ""
		if strings.HasPrefix(value, "/") {
			c.Path = value
		}
	case "max-age":
		c.MaxAge, c.HasMaxAge = parseMaxAge(value)
	case "expires":
		c.Expires = parseCookieDate(value)
	}
}

func parseSameSite(value string) SameSite {
	switch lowerASCII(value) {
	case "none":
		return SameSiteNone
	case "lax":
		return SameSiteLax
	case "strict":
		return SameSiteStrict
	}
	return SameSiteUnset
}

// parseCookieDomain drops the one leading dot old servers write. What remains
// odd stays as it is and matches no host.
func parseCookieDomain(value string) string {
	value = lowerASCII(value)
	if len(value) > 1 && value[0] == '.' && value[1] != '.' {
		return value[1:]
	}
	return value
}

// String writes the cookie as a Set-Cookie value that parses to c again. A line
// that was no cookie gives the empty string.
func (c Cookie) String() string {
	if c.fault != "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(c.Name + "=" + c.Value)
	if c.HasMaxAge {
		b.WriteString("; Max-Age=" + strconv.FormatInt(c.MaxAge, 10))
	}
	if !c.Expires.IsZero() {
		b.WriteString("; Expires=" + c.Expires.UTC().Format(http.TimeFormat))
	}
	if c.Domain != "" {
		b.WriteString("; Domain=" + c.Domain)
	}
	if c.Path != "" {
		b.WriteString("; Path=" + c.Path)
	}
	if c.SameSite != SameSiteUnset {
		b.WriteString("; SameSite=" + c.SameSite.String())
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"Secure", c.Secure}, {"HttpOnly", c.HTTPOnly}, {"Partitioned", c.Partitioned}} {
		if flag.set {
			b.WriteString("; " + flag.name)
		}
	}
	return b.String()
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] != '\t' && s[i] < 0x20 || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// hasTab: a tab is white space around a name or value, and a control character
// inside one.
func hasTab(s string) bool { return strings.IndexByte(s, '\t') >= 0 }
