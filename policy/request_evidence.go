package policy

import "net/http"

// hops are the servers a request goes to, the last of them the target.
func (m Means) hops() []Origin {
	return append(append([]Origin{}, m.Via...), m.To)
}

// crossOrigin says whether any server on the way is another origin's.
func (m Means) crossOrigin() bool {
	for _, hop := range m.hops() {
		if !m.Page.Same(hop) {
			return true
		}
	}
	return false
}

// describe fills in what the browser says of the page: Referer and Origin (as
// long as nobody redirects), and how page and target are related.
func (s *Sent) describe(m Means) {
	s.FetchSite = m.fetchSite()
	switch m.By {
	case ByTyping, BySocket, ByPing:
	default:
		page := m.PageURL
		if page == "" && !m.Page.IsOpaque() {
			page = m.Page.String() + "/"
		}
		s.Referer = referrerFor(page, m.ReferrerPolicy, m.hops())
	}
	s.Origin = m.originHeader(*s)
}

// fetchSite is Fetch Metadata, section 2.3: the furthest relation along the way.
func (m Means) fetchSite() string {
	if m.By == ByTyping {
		return "none"
	}
	site := "same-origin"
	for _, hop := range m.hops() {
		switch {
		case m.Page.Same(hop):
		case m.Page.SameSite(hop):
			site = "same-site"
		default:
			return "cross-site"
		}
	}
	return site
}

// followRedirects makes a POST a GET where the redirector's status says so.
func (s *Sent) followRedirects(m Means) {
	if len(m.Via) == 0 || s.Method != http.MethodPost {
		return
	}
	switch m.ViaStatus {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		s.Method, s.ContentType = http.MethodGet, ""
	}
}

// originHeader is Fetch, section 3.2, where the browser agrees with it. Empty
// means no header.
func (m Means) originHeader(s Sent) string {
	simple := s.Method == http.MethodGet || s.Method == http.MethodHead
	switch {
	case m.By == BySocket:
		return m.Page.String()
	case s.FetchMode == modeCORS && m.crossOrigin():
		if m.tainted() {
			return Opaque.String()
		}
		return m.Page.String()
	case simple || m.By == ByTyping:
		return ""
	case m.redirectsAcross():
		// Else a POST could be reflected off a stranger with a trusted name.
		return Opaque.String()
	case s.FetchMode == modeNavigate && m.hidesOrigin():
		return Opaque.String()
	}
	return m.Page.String()
}

// hidesOrigin: a navigation whose policy allows no Referer does not name its
// origin either. Chromium does not extend this to fetch, the specification does.
func (m Means) hidesOrigin() bool {
	for _, hop := range m.hops() {
		if applyReferrerPolicy(m.ReferrerPolicy, m.Page, hop) == referrerNone {
			return true
		}
	}
	return false
}

// tainted is Fetch's "redirect-tainted origin", for CORS requests: somebody who
// is neither the page nor the next server had a say in where the request goes.
func (m Means) tainted() bool {
	hops := m.hops()
	for i := 1; i < len(hops); i++ {
		if !hops[i].Same(hops[i-1]) && !m.Page.Same(hops[i-1]) {
			return true
		}
	}
	return false
}

// redirectsAcross says whether some redirect leads from one origin to another.
func (m Means) redirectsAcross() bool {
	hops := m.hops()
	for i := 1; i < len(hops); i++ {
		if !hops[i].Same(hops[i-1]) {
			return true
		}
	}
	return false
}

// Request is the arrived request as a server would hand it to Rules.Judge, with
// the session's cookie on it if withCookie.
func (s Sent) Request(path string, withCookie bool) Request {
	h := s.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	for name, value := range map[string]string{
		headerOrigin: s.Origin, headerReferer: s.Referer, "Content-Type": s.ContentType,
		headerFetchSite: s.FetchSite, headerFetchMode: s.FetchMode, headerFetchDest: s.FetchDest,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if withCookie {
		h.Set(headerCookie, "session=1")
	}
	to := s.To
	to.scheme = siteScheme(to.scheme)
	host := to.host
	if o := to.String(); len(o) > len(to.scheme)+3 {
		host = o[len(to.scheme)+3:]
	}
	return Request{Scheme: to.scheme, Host: host, Method: s.Method, Path: path, Header: h}
}
