package har

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// post is a request's body: as text, or for forms as a list of parameters, or both.
type post struct {
	MimeType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Params   []pair `json:"params,omitempty"`
}

// body is what was sent. Where only the parameters of a form were kept it is put
// together anew, and h told its boundary.
func (p post) body(h http.Header) []byte {
	if h.Get("Content-Type") == "" && p.MimeType != "" {
		h.Set("Content-Type", p.MimeType)
	}
	switch {
	case len(p.Text) > longestBody:
		return nil
	case p.Text != "" || len(p.Params) == 0:
		return []byte(p.Text)
	case kind(h.Get("Content-Type")) == "multipart/form-data":
		return p.multipart(h)
	}
	return p.urlencoded()
}

func (p post) urlencoded() []byte {
	var b strings.Builder
	for _, param := range p.Params {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(unescaped(param.Name)) + "=" + url.QueryEscape(unescaped(param.Value)))
	}
	return []byte(b.String())
}

// unescaped undoes what some exporters leave as it was on the wire.
func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil && strings.Contains(s, "%") {
		return plain
	}
	return s
}

func (p post) multipart(h http.Header) []byte {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, param := range p.Params {
		if param.FileName != "" {
			if part, err := w.CreateFormFile(param.Name, param.FileName); err == nil {
				_, _ = part.Write([]byte(param.Value)) // a buffer takes everything
			}
			continue
		}
		_ = w.WriteField(param.Name, param.Value) // likewise
	}
	_ = w.Close() // likewise
	h.Set("Content-Type", w.FormDataContentType())
	return b.Bytes()
}
