package policy

import (
	"net/http"
	"slices"
	"strings"
)

// NeedsPreflight says whether script must ask the server first, before it may
// send a cross-origin request with this method and these headers of its own
// (Fetch, sections 2.2.1 and 2.2.2). Headers script cannot set are passed over.
func NeedsPreflight(method string, header http.Header) bool {
	return !isSimpleMethod(normaliseMethod(method)) || len(unsafeHeaders(header)) > 0
}

// normaliseMethod is what fetch makes of a method's case: patch stays patch.
func normaliseMethod(method string) string {
	switch upper := strings.ToUpper(method); upper {
	case "":
		return http.MethodGet
	case "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT":
		return upper
	}
	return method
}

func isSimpleMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodPost
}

// isForbiddenMethod: no script sends these (Fetch, section 2.2.1).
func isForbiddenMethod(method string) bool {
	switch strings.ToUpper(method) {
	case "CONNECT", "TRACE", "TRACK":
		return true
	}
	return false
}

// maxSafeValues is how long all CORS-safelisted values together may be.
const maxSafeValues = 1024

// unsafeHeaders are the lower-case names, sorted, that a preflight has to name.
func unsafeHeaders(header http.Header) []string {
	var unsafe, safe []string
	length := 0
	for name, values := range header {
		name = strings.ToLower(name)
		value := strings.Join(values, ", ")
		switch {
		case isForbiddenHeader(name, value):
		case isSafelisted(name, value):
			safe = append(safe, name)
			length += len(value)
		default:
			unsafe = append(unsafe, name)
		}
	}
	if length > maxSafeValues {
		unsafe = append(unsafe, safe...)
	}
	slices.Sort(unsafe)
	return unsafe
}

// isSafelisted is Fetch's "CORS-safelisted request-header", with the client
// hints that Chromium adds.
func isSafelisted(name, value string) bool {
	if len(value) > 128 {
		return false
	}
	switch name {
	case "accept":
		return !hasUnsafeByte(value)
	case "accept-language", "content-language":
		return strings.Trim(value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz *,-.;=") == ""
	case "content-type":
		return isSimpleContentType(value)
	case "range":
		return isSimpleRange(value)
	case "save-data":
		return lowerASCII(value) == "on"
	case "device-memory", "downlink", "dpr", "ect", "rtt", "viewport-width", "width":
		return true
	}
	return false
}

// isSimpleContentType looks at what stands before the first semicolon: a form
// could have sent it, whatever the parameters say.
func isSimpleContentType(value string) bool {
	essence, _, _ := strings.Cut(value, ";")
	switch lowerASCII(trimBlanks(essence)) {
	case typeURLEncoded, typeMultipart, typeText:
		return !hasUnsafeByte(value)
	}
	return false
}

func hasUnsafeByte(value string) bool {
	for i := range len(value) {
		c := value[i]
		if c < 0x20 && c != '\t' || c == 0x7f || strings.IndexByte(`"():<>?@[\]{}`, c) >= 0 {
			return true
		}
	}
	return false
}

// isSimpleRange is one range with a start.
func isSimpleRange(value string) bool {
	spec, ok := strings.CutPrefix(value, "bytes=")
	from, to, dash := strings.Cut(spec, "-")
	return ok && dash && from != "" && strings.Trim(from+to, "0123456789") == ""
}

// forbiddenHeaders are the browser's own (Fetch, section 2.2.2).
var forbiddenHeaders = []string{
	"accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
	"connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin",
	"referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via",
}

func isForbiddenHeader(name, value string) bool {
	if strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-") {
		return true
	}
	if slices.ContainsFunc(methodOverrides, func(o string) bool { return strings.ToLower(o) == name }) {
		for method := range strings.SplitSeq(value, ",") {
			if isForbiddenMethod(trimBlanks(method)) {
				return true
			}
		}
	}
	return slices.Contains(forbiddenHeaders, name)
}

// scriptHeaders are those of header that leave the browser: all that are not its
// own, or, in no-cors mode, the few that are safe there.
func scriptHeaders(header http.Header, noCORS bool) http.Header {
	kept := http.Header{}
	for name, values := range header {
		lower, value := strings.ToLower(name), strings.Join(values, ", ")
		if isForbiddenHeader(lower, value) {
			continue
		}
		if noCORS && (!isSafelisted(lower, value) || lower == "range") {
			continue
		}
		kept[http.CanonicalHeaderKey(name)] = []string{value}
	}
	return kept
}
