package forminject

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Why says why a page is left as it is; "" if it is not.
type Why string

// The reasons for leaving a response alone. NotHTML and NoBody are no cause for
// concern; with the others the application's forms lack the field.
const (
	NotHTML    Why = "not-html"
	NoBody     Why = "no-body"
	Compressed Why = "compressed"
	Cacheable  Why = "cacheable" // shared caches would give one user's field to others
	Charset    Why = "charset"   // not a superset of ASCII
	Partial    Why = "partial"
)

// Refuses says why no field can be put into a response.
func Refuses(res *http.Response) Why {
	kind, params, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil { // browsers take the type and leave parameters that are wrong
		kind, _, _ = strings.Cut(res.Header.Get("Content-Type"), ";")
	}
	switch {
	case !strings.EqualFold(strings.TrimSpace(kind), "text/html"):
		return NotHTML
	case res.Request != nil && res.Request.Method == http.MethodHead, res.StatusCode == http.StatusNoContent,
		res.StatusCode == http.StatusNotModified, res.StatusCode < 200:
		return NoBody
	case res.StatusCode == http.StatusPartialContent:
		return Partial
	case isCompressed(res.Header):
		return Compressed
	case strings.HasPrefix(strings.ToLower(params["charset"]), "utf-16"), strings.HasPrefix(strings.ToLower(params["charset"]), "utf-32"),
		strings.HasPrefix(strings.ToLower(params["charset"]), "iso-2022"), strings.EqualFold(params["charset"], "utf-7"):
		return Charset
	case isShared(res.Header):
		return Cacheable
	}
	return ""
}

func isCompressed(h http.Header) bool {
	for _, v := range h.Values("Content-Encoding") {
		if v != "" && !strings.EqualFold(v, "identity") {
			return true
		}
	}
	return false
}

func isShared(h http.Header) bool {
	for _, v := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(v, ",") {
			name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
			if name == "public" || name == "s-maxage" {
				return true
			}
		}
	}
	return false
}

// wholePage is the longest page that is rewritten in one piece.
const wholePage = 256 << 10

// Into puts a field, which token makes as a whole element, into the forms of a response
// that Refuses finds nothing against. self is the page's origin. Headers that describe
// the old body go, and the page is kept from shared caches.
//
// A page of known length, up to 256 KiB, is read to its end and gets its new length:
// sending it in chunks costs more than finding its forms. If it has none that takes the
// field, token is not called and the response stays as it is. Other pages are rewritten
// as they come. An error is token's, and the page is whole without the field.
func Into(res *http.Response, token func() (string, error), self string) error {
	if 0 < res.ContentLength && res.ContentLength <= wholePage {
		p := readPage(res.Body, int(res.ContentLength), self)
		if res.Body = p; len(p.cuts) == 0 {
			return nil
		}
		field, err := token()
		if err != nil {
			p.cuts = p.cuts[:0]
			return err
		}
		p.field = field
		changed(res.Header)
		// Of a page that broke off this is more than comes, so that it never looks whole.
		res.ContentLength += int64(len(p.cuts) * len(field))
		res.Header.Set("Content-Length", strconv.FormatInt(res.ContentLength, 10))
		return nil
	}
	field, err := token()
	if err != nil {
		return err
	}
	changed(res.Header)
	// ContentLength keeps saying whether a length was known: httputil.ReverseProxy
	// flushes each part of a page that has none, and the others are no streams.
	res.Body = newReader(res.Body, field, self)
	return nil
}

// changed takes away what was true of the page without the field.
func changed(h http.Header) {
	for _, name := range [...]string{"Content-Length", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest", "Etag", "Last-Modified", "Accept-Ranges", "Expires"} {
		delete(h, name) // in the one spelling that headers have here
	}
	if !strings.Contains(h.Get("Cache-Control"), "no-store") {
		h.Set("Cache-Control", "private, no-cache")
	}
}

// AskPlain makes a request for a page one that is answered uncompressed and whole:
// decoding and encoding again would cost more than everything else.
func AskPlain(h http.Header) {
	for _, accept := range h.Values("Accept") {
		if strings.Contains(accept, "text/html") {
			h.Set("Accept-Encoding", "identity")
			h.Del("Range")
			h.Del("If-Range")
			return
		}
	}
}

// reader gives the rewritten page as its parts arrive: what is known of one read
// from below is handed on before the next.
type reader struct {
	io.Closer
	src io.Reader
	w   rewriter
	b   *buffers
	out []byte // rewritten and not yet read
	err error
}

type buffers struct {
	in        [64 << 10]byte
	out, held []byte
}

var pool = sync.Pool{New: func() any { return new(buffers) }}

func newReader(body io.ReadCloser, field, self string) *reader {
	b := pool.Get().(*buffers)
	return &reader{Closer: body, src: body, b: b, w: rewriter{scanner: scanner{self: self}, field: []byte(field), held: b.held[:0]}}
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			r.release()
			return 0, r.err
		}
		if n := r.fill(p); n > 0 {
			return n, nil
		}
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// fill rewrites what one read from below gives, into p if it has room for all of it.
func (r *reader) fill(p []byte) (n int) {
	dst := r.b.out[:0]
	in := r.b.in[:]
	direct := len(p) >= 4<<10
	if direct {
		dst, in = p[:0:len(p)], in[:min(len(in), len(p)-len(p)/8)]
	}
	n, err := r.src.Read(in)
	out := r.w.feed(dst, in[:n])
	if r.err = err; err != nil {
		out = r.w.end(out)
	}
	if direct && cap(out) == len(p) {
		return len(out)
	}
	r.b.out, r.out = out, out
	return 0
}

// release gives the buffers back once, when nothing of them is still to be read.
func (r *reader) release() {
	if r.b != nil && len(r.b.out) <= 256<<10 {
		r.b.held = r.w.held[:0]
		pool.Put(r.b)
	}
	r.b, r.out, r.w.held = nil, nil, nil
}
