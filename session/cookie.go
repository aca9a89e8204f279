package session

import "net/http"

// hostPrefix makes browsers refuse the cookie unless it is Secure, for exactly this
// host and all of its paths (RFC 6265bis, section 4.1.3.2).
const hostPrefix = "__Host-"

func (o Options) cookieName() string {
	if o.InsecureHTTP != "" {
		return o.Name
	}
	return hostPrefix + o.Name
}

// CookieName is the name of the session cookie, as browsers have it.
func (m *Manager) CookieName() string { return m.options.cookieName() }

// cookieValue is the request's session cookie. Two of them mean that somebody
// planted one: neither counts.
func (o Options) cookieValue(r *http.Request) string {
	found := r.CookiesNamed(o.cookieName())
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// setCookie puts the cookie into h; an empty value makes the browser forget it. It
// lives as long as the browser runs: the deadlines are the server's.
func (o Options) setCookie(h http.Header, value string) {
	c := http.Cookie{
		Name: o.cookieName(), Value: value, Path: "/",
		Secure: o.InsecureHTTP == "", HttpOnly: true, SameSite: o.SameSite,
	}
	if value == "" {
		c.MaxAge = -1
	}
	dropCookie(h, c.Name)
	h.Add("Set-Cookie", c.String())
	// Whoever stores this response must not serve it to another user.
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-store")
	}
}

// dropCookie takes back what an earlier change of the same response has set: two
// lines for one name are settled differently by different browsers.
func dropCookie(h http.Header, name string) {
	kept := h["Set-Cookie"][:0]
	for _, line := range h["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err != nil || c.Name != name {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		delete(h, "Set-Cookie")
		return
	}
	h["Set-Cookie"] = kept
}
