package forminject

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// maxForm is how much of a form is searched for the field. It is the first one, so
// that uploads stream.
const maxForm = 64 << 10

// Strip takes the field out of a form submission, so that the application gets the
// form it made. Bodies that are no forms stay untouched and unread.
func Strip(r *http.Request, field string) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return
	}
	var cut func([]byte, bool) []byte
	switch kind {
	case "application/x-www-form-urlencoded":
		cut = func(start []byte, whole bool) []byte { return withoutPair(start, field, whole) }
	case "multipart/form-data":
		cut = func(start []byte, _ bool) []byte { return withoutPart(start, params["boundary"], field) }
	default:
		return
	}
	body := r.Body
	start, err := io.ReadAll(io.LimitReader(body, maxForm))
	kept := cut(start, err == nil && len(start) < maxForm)
	if r.ContentLength >= 0 {
		r.ContentLength -= int64(len(start) - len(kept))
	}
	var rest io.Reader = body
	if err != nil {
		rest = failed{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(kept), rest), body}
	r.Header.Del("Content-Length") // ContentLength tells
}

type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

// withoutPair leaves out the pairs named field. The last pair counts only if the
// form ends there.
func withoutPair(form []byte, field string, whole bool) []byte {
	var kept []byte
	first := true
	for rest := form; len(rest) > 0 || !first && rest != nil; {
		pair, after, more := bytes.Cut(rest, []byte("&"))
		name, _, _ := bytes.Cut(pair, []byte("="))
		text, err := url.QueryUnescape(string(name))
		if drop := err == nil && text == field && (more || whole); !drop {
			if !first {
				kept = append(kept, '&')
			}
			kept, first = append(kept, pair...), false
		}
		if rest = after; !more {
			break
		}
		if len(rest) == 0 { // the form ends in an ampersand
			if !first {
				kept = append(kept, '&')
			}
			break
		}
	}
	return kept
}

// withoutPart leaves out the parts named field that are there as a whole.
func withoutPart(form []byte, boundary, field string) []byte {
	if boundary == "" {
		return form
	}
	delimiter := []byte("--" + boundary)
	kept := form
	for from := 0; ; {
		start := indexDelimiter(kept, delimiter, from)
		if start < 0 {
			return kept
		}
		next := indexDelimiter(kept, delimiter, start+len(delimiter))
		if next < 0 {
			return kept
		}
		if partName(kept[start+len(delimiter):next]) != field {
			from = next
			continue
		}
		kept = append(bytes.Clone(kept[:start]), kept[next:]...)
		from = start
	}
}

// indexDelimiter finds the delimiter at the start of a line.
func indexDelimiter(form, delimiter []byte, from int) int {
	for from <= len(form) {
		i := bytes.Index(form[from:], delimiter)
		if i < 0 {
			return -1
		}
		if at := from + i; at == 0 || form[at-1] == '\n' {
			return at
		}
		from += i + 1
	}
	return -1
}

// partName is the name in a part's Content-Disposition.
func partName(part []byte) string {
	head, _, found := bytes.Cut(part, []byte("\r\n\r\n"))
	if !found {
		return ""
	}
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(bytes.TrimSpace(name), []byte("Content-Disposition")) {
			_, params, err := mime.ParseMediaType(string(value))
			if err != nil || params["filename"] != "" {
				return ""
			}
			return params["name"]
		}
	}
	return ""
}
