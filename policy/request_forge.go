package policy

import (
	"mime"
	"net/http"
	"strings"
)

// By is the means by which a page makes a request.
type By int

const (
	// ByLink is every navigation with GET: link, location, refresh, popup.
	ByLink By = iota
	// ByForm is a form's submission; BodyType is its enctype.
	ByForm
	// ByTyping is the user's own navigation, with no page behind it.
	ByTyping
	// ByFrame loads a document into a frame; Dest is "iframe" if empty.
	ByFrame
	// ByElement loads what an element or a style sheet names; Dest says what for.
	ByElement
	// ByFetch is script: fetch, XMLHttpRequest, EventSource.
	ByFetch
	// ByBeacon is navigator.sendBeacon.
	ByBeacon
	// ByPing is a link's ping attribute.
	ByPing
	// BySocket opens a WebSocket.
	BySocket
)

// Means is how a page makes a request. The zero value of everything but To is a
// link followed without a click from a page whose origin is opaque.
type Means struct {
	By By
	// Page is the document's origin: Opaque if it is sandboxed or a data: URL.
	Page Origin
	// PageURL is where a Referer comes from. Empty means the root of Page; a blob:
	// or about: URL gives none.
	PageURL string

	To  Origin   // where it is to arrive
	Via []Origin // servers that redirect on the way, in order
	// ViaStatus is how they do. 301, 302 and 303 make a POST a GET, the zero
	// value leaves it.
	ViaStatus int

	Method   string      // of a form or script; empty means GET
	BodyType string      // a form's enctype, or the Content-Type a body brings along
	Header   http.Header // set by script
	// Consented says that the server's answer to the browser's question lets the
	// request follow: see Preflight.
	Consented bool
	// CORS makes an element's or script's request one whose answer the page may
	// read: fetch's default, crossorigin. Without it, mode is no-cors.
	CORS    bool
	Dest    string // as in Sec-Fetch-Dest, for ByFrame and ByElement
	Framed  bool   // a navigation takes place in a frame, not in the tab
	Click   bool   // a real click of the user began it
	Listens bool   // script listens to the upload's progress

	ReferrerPolicy string // in force for the request; empty means the default
}

// Sent is what arrives of a forged request. If Preflight, what is described is
// the question that the browser asks instead, and the request itself only
// follows if the server consents.
type Sent struct {
	Arrives   bool
	Preflight bool
	Reason    Reason
	To        Origin // https where the browser upgraded the request

	Method      string
	ContentType string
	Origin      string // empty: no such header
	Referer     string
	FetchSite   string
	FetchMode   string
	FetchDest   string
	FetchUser   bool
	Header      http.Header // script's own, as far as they leave the browser

	PreflightMethod  string
	PreflightHeaders string
}

const (
	typeURLEncoded = "application/x-www-form-urlencoded"
	typeMultipart  = "multipart/form-data"
	typeText       = "text/plain"
	typePing       = "text/ping"
)

// Forge says what a page's request looks like when it arrives, or why it never
// does (Fetch; HTML, sections 4.6.4 and 4.10.21; Fetch Metadata).
func Forge(m Means) Sent {
	s := Sent{To: m.To, Method: normaliseMethod(m.Method), Header: http.Header{}}
	if r := s.stopped(m); r != "" {
		return Sent{To: m.To, Reason: r}
	}
	m.To = s.To
	s.shape(m)
	s.describe(m)
	if m.crossOrigin() && s.FetchMode == modeCORS && !m.Consented && s.needsPreflight(m) {
		return s.asPreflight()
	}
	s.Arrives, s.Reason = true, ForgeArrives
	s.followRedirects(m)
	s.Origin = m.originHeader(s)
	if !s.To.IsTrustworthy() || m.By == BySocket {
		s.FetchSite, s.FetchMode, s.FetchDest, s.FetchUser = "", "", "", false
	}
	return s
}

const (
	modeCORS     = "cors"
	modeNoCORS   = "no-cors"
	modeNavigate = "navigate"
)

// stopped is the reason why the browser does not even try.
func (s *Sent) stopped(m Means) Reason {
	if m.By == ByFetch && (isForbiddenMethod(s.Method) || !m.CORS && !isSimpleMethod(s.Method)) {
		return ForgeMethodImpossible
	}
	if m.Page.Scheme() != "https" || m.To.IsTrustworthy() {
		return ""
	}
	switch {
	case m.By == ByLink && !m.Framed, m.By == ByTyping:
		return ""
	case m.By == ByElement && !m.CORS && isUpgradable(m.Dest):
		s.To.scheme = "https" // Mixed Content, section 4.1
		if s.To.port == defaultPorts["http"] {
			s.To.port = defaultPorts["https"]
		}
		return ""
	}
	return ForgeMixedContent // a form too: Chromium shows a warning first
}

func isUpgradable(dest string) bool { return dest == "image" || dest == "audio" || dest == "video" }

// shape settles method, mode, destination and body.
func (s *Sent) shape(m Means) {
	s.FetchMode, s.FetchDest = modeNavigate, "document"
	if m.Framed {
		s.FetchDest = "iframe"
	}
	switch m.By {
	case ByLink, ByTyping:
		s.Method = http.MethodGet
	case ByForm:
		if s.Method != http.MethodPost {
			s.Method = http.MethodGet
			break
		}
		s.ContentType = formType(m.BodyType)
	case ByFrame:
		s.Method, s.FetchDest = http.MethodGet, orDefault(m.Dest, "iframe")
	case BySocket:
		s.Method = http.MethodGet
	case ByPing:
		s.Method, s.ContentType, s.FetchMode, s.FetchDest = http.MethodPost, typePing, modeNoCORS, "empty"
	case ByBeacon:
		// The body's type decides whether the beacon has to ask.
		s.Method, s.ContentType, s.FetchMode, s.FetchDest = http.MethodPost, bodyContentType(m.BodyType), modeNoCORS, "empty"
		if s.ContentType != "" && !isSimpleContentType(s.ContentType) {
			s.FetchMode = modeCORS
		}
	case ByElement, ByFetch:
		s.shapeScripted(m)
	}
	if m.Click && s.FetchMode == modeNavigate || m.By == ByTyping {
		s.FetchUser = true
	}
}

func (s *Sent) shapeScripted(m Means) {
	s.FetchMode, s.FetchDest = modeNoCORS, orDefault(m.Dest, "empty")
	if m.CORS {
		s.FetchMode = modeCORS
	}
	s.Header = scriptHeaders(m.Header, !m.CORS)
	s.ContentType = s.Header.Get("Content-Type")
	if s.ContentType == "" && m.BodyType != "" {
		s.ContentType = bodyContentType(m.BodyType)
		if m.By == ByFetch && !m.CORS && !isSimpleContentType(s.ContentType) {
			s.ContentType = "" // the no-cors guard drops it, the body goes all the same
		}
	}
}

// bodyContentType drops what a Blob was labelled with if it is no MIME type.
func bodyContentType(label string) string {
	if _, _, err := mime.ParseMediaType(label); err != nil {
		return ""
	}
	return label
}

// formType is HTML, section 4.10.18.6: an enctype nobody knows is the default.
func formType(enctype string) string {
	switch t := lowerASCII(enctype); t {
	case typeMultipart, typeText:
		return t
	}
	return typeURLEncoded
}

func orDefault(s, missing string) string {
	if s == "" {
		return missing
	}
	return s
}

func (s *Sent) needsPreflight(m Means) bool {
	return m.Listens || NeedsPreflight(s.Method, s.explicitHeaders(m))
}

// explicitHeaders are those a preflight is about.
func (s *Sent) explicitHeaders(m Means) http.Header {
	h := s.Header.Clone()
	if s.ContentType != "" && (m.By == ByFetch || m.By == ByBeacon) {
		h.Set("Content-Type", s.ContentType)
	}
	return h
}

func (s Sent) asPreflight() Sent {
	s.Preflight, s.Reason = true, ForgePreflight
	s.PreflightMethod = s.Method
	h := s.Header.Clone()
	if s.ContentType != "" {
		h.Set("Content-Type", s.ContentType)
	}
	s.PreflightHeaders = strings.Join(unsafeHeaders(h), ",")
	s.Method, s.ContentType, s.Header = http.MethodOptions, "", nil
	if !s.To.IsTrustworthy() {
		s.FetchSite, s.FetchMode, s.FetchDest = "", "", ""
	}
	return s
}
