package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// A submission is a request that changes state, with everything filled in but
// who sends it.
type submission struct {
	method   string
	url      *url.URL
	encoding string // media type; "" means no Content-Type
	values   []value
	headers  map[string]string // further headers the application's own script adds
	// asJSON says that the body is a JSON document, whatever encoding calls it.
	asJSON bool
}

// boundary is fixed, so that a proof's request can be compared with another's.
const boundary = "mantlet-boundary-7d1f"

// body is the request's body and its Content-Type, "" for none.
func (s submission) body() (body []byte, contentType string) {
	if s.method == http.MethodGet || s.method == http.MethodHead {
		return nil, ""
	}
	switch {
	case s.asJSON:
		return s.jsonBody(), s.encoding
	case s.encoding == finding.EncodingMultipart:
		return s.multipartBody(), finding.EncodingMultipart + "; boundary=" + boundary
	case s.encoding == finding.EncodingText:
		var b strings.Builder
		for _, v := range s.inBody() {
			b.WriteString(v.name + "=" + v.text + "\r\n")
		}
		return []byte(b.String()), s.encoding
	}
	return []byte(encode(s.inBody())), s.encoding
}

func (s submission) inBody() []value {
	var in []value
	for _, v := range packed(s.values) {
		if _, ok := finding.InBody(v.in); ok {
			in = append(in, v)
		}
	}
	return in
}

// encode keeps the order of the fields, as a browser does.
func encode(values []value) string {
	var pairs []string
	for _, v := range values {
		pairs = append(pairs, url.QueryEscape(v.name)+"="+url.QueryEscape(v.text))
	}
	return strings.Join(pairs, "&")
}

func (s submission) jsonBody() []byte {
	object := map[string]any{}
	for _, v := range s.inBody() {
		within, _ := finding.InBody(v.in)
		finding.Put(object, within, v.name, jsonValue(v))
	}
	body, err := json.Marshal(object)
	if err != nil {
		return []byte("{}") // cannot happen: only strings, numbers, booleans and raw JSON that was read
	}
	return body
}

func jsonValue(v value) any {
	switch v.kind {
	case "integer", "number":
		if _, err := strconv.ParseFloat(v.text, 64); err == nil {
			return json.Number(v.text)
		}
		return 0
	case "boolean", "checkbox":
		return v.text == "true" || v.text == "on"
	case "array", "object":
		if json.Valid([]byte(v.text)) && v.text != "" {
			return json.RawMessage(v.text)
		}
		return map[string]any{"array": []any{}, "object": map[string]any{}}[v.kind]
	}
	return v.text
}

func (s submission) multipartBody() []byte {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary(boundary) // a constant that is valid
	for _, v := range s.inBody() {
		head := textproto.MIMEHeader{}
		disposition := fmt.Sprintf(`form-data; name="%s"`, quoteName(v.name))
		content := v.text
		if v.kind == "file" {
			disposition += fmt.Sprintf(`; filename="%s.txt"`, quoteName(v.text))
			head.Set("Content-Type", "text/plain")
		}
		head.Set("Content-Disposition", disposition)
		part, err := w.CreatePart(head)
		if err == nil {
			_, _ = io.WriteString(part, content) // a buffer takes everything
		}
	}
	w.Close()
	return b.Bytes()
}

func quoteName(s string) string {
	return strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(s)
}

// address is the URL with the fields that travel in the query: all of them for a
// GET, as a form would put them, or as a link carries them.
func (s submission) address() string {
	u := *s.url
	query := u.Query()
	changed := false
	for _, v := range packed(s.values) {
		_, inBody := finding.InBody(v.in)
		if v.in == "query" || s.method == http.MethodGet && inBody {
			query.Set(v.name, v.text)
			changed = true
		}
	}
	if changed {
		u.RawQuery = query.Encode()
	}
	u.Fragment = ""
	return u.String()
}

// request is the submission without provenance and credentials.
func (s submission) request(ctx context.Context) (*http.Request, error) {
	body, contentType := s.body()
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, s.method, s.address(), reader)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for name, text := range s.headers {
		request.Header.Set(name, text)
	}
	return request, nil
}

// An answer is a response, read.
type answer struct {
	status   int
	location string // absolute
	header   http.Header
	body     []byte
	url      string
}

// accepted says whether the answer looks like a yes. It decides nothing: only the
// state does.
func (a answer) accepted() bool { return a.status >= 200 && a.status < 400 }

type doer interface {
	Do(*http.Request) (*http.Response, error)
}

func (b *Bench) do(who doer, request *http.Request) (answer, error) {
	response, err := who.Do(request)
	if err != nil && closedBefore(err) && request.GetBody != nil {
		// A kept connection that the server had given up: nothing was done with it.
		if request.Body, err = request.GetBody(); err != nil {
			return answer{}, err
		}
		response, err = who.Do(request)
	}
	if err != nil {
		return answer{}, err
	}
	body, _, err := scope.ReadBody(response)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: response.StatusCode, header: response.Header, body: body, url: request.URL.String()}
	if location := response.Header.Get("Location"); location != "" {
		if u, err := request.URL.Parse(location); err == nil {
			a.location = u.String()
		}
	}
	return a, nil
}

func closedBefore(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// fetch gets a page as who sees it, following up to three redirects in scope.
func (b *Bench) fetch(ctx context.Context, who doer, address string) (document, answer, error) {
	for range 4 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return document{}, answer{}, err
		}
		request.Header.Set("Accept", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8")
		navigation(request, "none")
		a, err := b.do(who, request)
		if err != nil {
			return document{}, answer{}, err
		}
		if a.location == "" || b.Grant.Allows(a.location) != nil {
			return parseDocument(address, a.header.Get("Content-Type"), a.body), a, nil
		}
		address = a.location
	}
	return document{}, answer{}, notTestable("GET %s redirects in a circle", address)
}

// navigation adds what a browser says of a navigation that came from site. Over
// plain http to a host that is not trustworthy it says nothing (Fetch Metadata, section 2).
func navigation(request *http.Request, site string) {
	if o, err := policy.OriginOfURL(request.URL.String()); err != nil || !o.IsTrustworthy() {
		return
	}
	request.Header.Set("Sec-Fetch-Site", site)
	request.Header.Set("Sec-Fetch-Mode", "navigate")
	request.Header.Set("Sec-Fetch-Dest", "document")
	request.Header.Set("Sec-Fetch-User", "?1")
	request.Header.Set("Upgrade-Insecure-Requests", "1")
}
