package guard

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// find looks for the token that a request brings along: in a header, else in the
// form. TokenValid here means that there is exactly one; two are as bad as a wrong
// one, since who knows which the application would take.
func (t *tokens) find(r *http.Request) (text string, state policy.TokenState) {
	n := 0
	for _, name := range t.Headers {
		for _, v := range r.Header[name] {
			text, n = v, n+1
		}
	}
	if n == 0 {
		text, n = t.inForm(r)
	}
	switch {
	case n == 0 || n == 1 && text == "":
		return "", policy.TokenNone
	case n > 1 || len(text) > maxEncoded:
		return "", policy.TokenInvalid
	}
	return text, policy.TokenValid
}

// inForm reads the start of a form and puts it back.
func (t *tokens) inForm(r *http.Request) (text string, n int) {
	kinds := r.Header[headerContentType]
	if r.Body == nil || r.Body == http.NoBody || len(kinds) != 1 {
		return "", 0
	}
	// What the type says decides only where to look, never whether to check.
	kind, params, err := mime.ParseMediaType(kinds[0])
	if err != nil {
		return "", 0
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		start, whole := peek(r, t.Peek)
		return inPairs(string(start), t.Field, whole)
	case "multipart/form-data":
		start, _ := peek(r, t.Peek)
		return inParts(start, params["boundary"], t.Field)
	}
	return "", 0
}

// peek takes at most limit bytes from the body and replaces it by one that gives
// them again, then the rest, then the error that reading ended with.
func peek(r *http.Request, limit int) (start []byte, whole bool) {
	body := r.Body
	start, err := io.ReadAll(io.LimitReader(body, int64(limit)))
	var rest io.Reader = body
	if err != nil {
		rest = failedReader{err}
	}
	r.Body = replayed{io.MultiReader(bytes.NewReader(start), rest), body}
	return start, err == nil && len(start) < limit
}

type replayed struct {
	io.Reader
	io.Closer
}

type failedReader struct{ err error }

func (f failedReader) Read([]byte) (int, error) { return 0, f.err }

// inPairs counts a field in an urlencoded form. The last pair counts only if the
// form ends there.
func inPairs(form, field string, whole bool) (text string, n int) {
	for form != "" {
		pair, rest, more := strings.Cut(form, "&")
		if form = rest; !more && !whole {
			break
		}
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != field {
			continue
		}
		n++
		var err error
		if text, err = url.QueryUnescape(value); err != nil {
			text = value
		}
	}
	return text, n
}

// inParts counts a field in the part of a multipart form that was read. A part that
// is cut off does not count, and neither does a file.
func inParts(start []byte, boundary, field string) (text string, n int) {
	if boundary == "" {
		return "", 0
	}
	parts := multipart.NewReader(bytes.NewReader(start), boundary)
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return text, n
		}
		if part.FormName() != field || part.FileName() != "" {
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return text, n
		}
		text, n = string(value), n+1
	}
}
