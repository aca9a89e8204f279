package forminject

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

func strip(t testing.TB, kind, body string) (string, int64) {
	t.Helper()
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	Strip(r, "t")
	left, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(left), r.ContentLength
}

func TestTheFieldIsTakenOutAgain(t *testing.T) {
	const form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
	part := func(name, value string) string {
		return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	long := strings.Repeat("x", 2*maxForm)
	for _, test := range []struct{ kind, body, want string }{
		{form, "t=1&a=2", "a=2"}, {form, "a=2&t=1", "a=2"}, {form, "a=2&t=1&b=3", "a=2&b=3"}, {form, "t=1", ""}, {form, "a=1&&b=2", "a=1&&b=2"},
		{form, "%74=1&a", "a"}, {form, "tt=1&a=t", "tt=1&a=t"}, {form, "t=1&a=" + long, "a=" + long}, {form, "a=" + long + "&t=1", "a=" + long + "&t=1"},
		{form, "a=1&", "a=1&"}, {form, "", ""},
		{parts, part("t", "1") + part("a", "2") + "--B--\r\n", part("a", "2") + "--B--\r\n"},
		{parts, part("a", "2") + part("t", "1") + "--B--\r\n", part("a", "2") + "--B--\r\n"},
		{parts, part("a", "x--B\r\nname=t") + "--B--\r\n", part("a", "x--B\r\nname=t") + "--B--\r\n"},
		{parts, part("t", "1") + part("f", long) + "--B--\r\n", part("f", long) + "--B--\r\n"},
		{"text/plain", "t=1", "t=1"}, {"application/json", `{"t":1}`, `{"t":1}`},
	} {
		got, length := strip(t, test.kind, test.body)
		if got != test.want || length != int64(len(got)) {
			t.Errorf("%s %.60q: got %.60q of length %d", test.kind, test.body, got, length)
		}
	}
}

func TestABrokenUploadStaysBroken(t *testing.T) {
	r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("t=1&a=2"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	Strip(r, "t")
	if left, err := io.ReadAll(r.Body); err != io.ErrUnexpectedEOF || string(left) != "a=2" {
		t.Errorf("got %q, %v", left, err)
	}
}

// FuzzStripPairs: what is left is the form without the field, as net/url reads it.
func FuzzStripPairs(f *testing.F) {
	f.Add("t=1&a=2&t=3")
	f.Add("&&t&=t&a=%zz&t")
	f.Fuzz(func(t *testing.T, body string) {
		before, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		left, _ := strip(t, "application/x-www-form-urlencoded", body)
		after, err := url.ParseQuery(left)
		delete(before, "t")
		if err != nil || before.Encode() != after.Encode() {
			t.Errorf("%q became %q", body, left)
		}
	})
}

// FuzzStripParts: any body survives, and well-formed ones lose the field alone.
func FuzzStripParts(f *testing.F) {
	f.Add("1", "a", "2", false)
	f.Add("--B", "t2", "\r\n--B\r\n", true)
	f.Fuzz(func(t *testing.T, token, name, value string, last bool) {
		strip(t, "multipart/form-data; boundary=B", token+name+value)
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		write := func(name, value string) {
			if p, err := w.CreateFormField(name); err == nil {
				io.WriteString(p, value)
			}
		}
		if !last {
			write("t", token)
		}
		write(name, value)
		if last {
			write("t", token)
		}
		w.Close()
		left, _ := strip(t, w.FormDataContentType(), body.String())
		read := func(text string) map[string][]string {
			form, err := multipart.NewReader(strings.NewReader(text), w.Boundary()).ReadForm(1 << 20)
			if err != nil {
				return nil
			}
			return form.Value
		}
		before, after := read(body.String()), read(left)
		if before == nil {
			return
		}
		delete(before, "t")
		if after == nil || len(before) != len(after) || strings.Join(before[name], "|") != strings.Join(after[name], "|") {
			t.Errorf("%q became %q", &body, left)
		}
	})
}

func TestWhichPagesAreLeftAlone(t *testing.T) {
	for _, test := range []struct {
		name, kind, method string
		status             int
		header             http.Header
		want               Why
	}{
		{"a page", "text/html; charset=utf-8", "GET", 200, nil, ""},
		{"an error page", "TEXT/HTML", "POST", 422, nil, ""},
		{"a script", "text/javascript", "GET", 200, nil, NotHTML},
		{"XHTML", "application/xhtml+xml", "GET", 200, nil, NotHTML},
		{"untyped", "", "GET", 200, nil, NotHTML},
		{"a page with wrong parameters", "Text/HTML ; charset=utf-8; charset=utf-8", "GET", 200, nil, ""},
		{"two types", "text/html, text/plain", "GET", 200, nil, NotHTML},
		{"a head", "text/html", "HEAD", 200, nil, NoBody},
		{"unchanged", "text/html", "GET", 304, nil, NoBody},
		{"a part", "text/html", "GET", 206, nil, Partial},
		{"compressed", "text/html", "GET", 200, http.Header{"Content-Encoding": {"gzip"}}, Compressed},
		{"as it is", "text/html", "GET", 200, http.Header{"Content-Encoding": {"identity"}}, ""},
		{"public", "text/html", "GET", 200, http.Header{"Cache-Control": {"max-age=1, Public"}}, Cacheable},
		{"shared", "text/html", "GET", 200, http.Header{"Cache-Control": {"s-maxage=10"}}, Cacheable},
		{"UTF-16", "text/html; charset=UTF-16LE", "GET", 200, nil, Charset},
	} {
		h := test.header.Clone()
		if h == nil {
			h = http.Header{}
		}
		h.Set("Content-Type", test.kind)
		res := &http.Response{StatusCode: test.status, Header: h, Request: httptest.NewRequest(test.method, "/", nil)}
		if got := Refuses(res); got != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// put puts field into the forms of a response.
func put(t *testing.T, res *http.Response) {
	t.Helper()
	if err := Into(res, func() (string, error) { return string(field), nil }, self); err != nil {
		t.Fatal(err)
	}
}

func TestAPageComesInTheRhythmItIsSent(t *testing.T) {
	src, sink := io.Pipe()
	res := &http.Response{Header: http.Header{"Etag": {"x"}, "Content-Length": {"5"}}, Body: src, ContentLength: -1}
	put(t, res)
	if res.ContentLength != -1 || res.Header.Get("Etag") != "" || res.Header.Get("Content-Length") != "" || res.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("got %v", res.Header)
	}
	buf := make([]byte, 1000)
	for _, step := range []struct{ send, want string }{
		{"<p>one", "<p>one"}, {"<form method=post>", "<form method=post>" + string(field)}, {"two<form ", "two"}, {"method=post></form><form", "<form method=post></form>"},
	} {
		go io.WriteString(sink, step.send)
		if n, err := res.Body.Read(buf); string(buf[:n]) != step.want || err != nil {
			t.Errorf("after %q: %q, %v", step.send, buf[:n], err)
		}
	}
	sink.CloseWithError(io.ErrUnexpectedEOF)
	if rest, err := io.ReadAll(res.Body); string(rest) != "<form" || err != io.ErrUnexpectedEOF {
		t.Errorf("cut off: %q, %v", rest, err)
	}
}

func TestAPageTooLongToBeHeldIsRewrittenAsItComes(t *testing.T) {
	long := strings.Repeat("x", wholePage) + "<form method=post></form>"
	res := &http.Response{Header: http.Header{"Content-Length": {"1"}}, ContentLength: int64(len(long)), Body: io.NopCloser(strings.NewReader(long))}
	put(t, res)
	if said := res.Header.Get("Content-Length"); said != "" || res.ContentLength != int64(len(long)) {
		t.Errorf("a length is said that nobody knows: %q, %d", said, res.ContentLength)
	}
	if got, err := io.ReadAll(res.Body); string(got) != rewrite(long, whole) || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// What came of a page that breaks off is handed on, and never looks like all of it.
func TestAPageOfKnownLengthMayBreakOff(t *testing.T) {
	for _, page := range []string{"<form method=post></form>", "<p>no form", "<form method=post><form method=po"} {
		for _, end := range []error{io.ErrUnexpectedEOF, io.EOF} {
			res := &http.Response{Header: http.Header{"Content-Length": {"100"}}, ContentLength: 100, Body: io.NopCloser(io.MultiReader(strings.NewReader(page), iotest.ErrReader(end)))}
			put(t, res)
			got, err := io.ReadAll(res.Body)
			if string(got) != rewrite(page, whole) || err != io.ErrUnexpectedEOF {
				t.Errorf("%q, %v: %q, %v", page, end, got, err)
			}
			if said, _ := strconv.Atoi(res.Header.Get("Content-Length")); said <= len(got) || int64(said) != res.ContentLength {
				t.Errorf("%q: %d of %d bytes look whole", page, len(got), said)
			}
		}
	}
}

// A page of known length that has no form for the field takes no token, and stays as
// it is: a browser may still ask whether it has changed.
func TestAPageWithoutAFormStaysAsItIs(t *testing.T) {
	const page = "<form action=/search></form><form method=post action=//elsewhere.example></form>"
	head := http.Header{"Content-Length": {strconv.Itoa(len(page))}, "Etag": {"x"}, "Cache-Control": {"max-age=60"}}
	res := &http.Response{Header: head.Clone(), ContentLength: int64(len(page)), Body: io.NopCloser(strings.NewReader(page))}
	err := Into(res, func() (string, error) { t.Error("a token is made"); return "", nil }, self)
	if got, bad := io.ReadAll(res.Body); string(got) != page || err != nil || bad != nil || !reflect.DeepEqual(res.Header, head) || res.ContentLength != int64(len(page)) {
		t.Errorf("got %q %v %d, %v %v", got, res.Header, res.ContentLength, err, bad)
	}
}

func TestWithoutATokenThePageStaysWhole(t *testing.T) {
	const page = "<form method=post></form>"
	none := errors.New("no token")
	for _, length := range []int64{-1, int64(len(page))} {
		res := &http.Response{Header: http.Header{"Etag": {"x"}}, ContentLength: length, Body: io.NopCloser(strings.NewReader(page))}
		err := Into(res, func() (string, error) { return "", none }, self)
		if got, _ := io.ReadAll(res.Body); string(got) != page || err != none || res.Header.Get("Etag") != "x" || res.ContentLength != length {
			t.Errorf("length %d: got %q %v, %v", length, got, res.Header, err)
		}
	}
}

func TestAReaderOfAnySizeGetsTheSamePage(t *testing.T) {
	pages := []string{bigPage().String(), strings.Repeat("<form method=post></form>", 4000), strings.Repeat("x", 100_000) + "<form method=post", "", "<"}
	for _, page := range pages {
		want := rewrite(page, whole)
		for _, size := range []int{1, 1000, 4 << 10, 5000, 32 << 10, 1 << 20} {
			res := &http.Response{Header: http.Header{}, ContentLength: int64(len(page)), Body: io.NopCloser(iotest.HalfReader(strings.NewReader(page)))}
			put(t, res)
			var got bytes.Buffer
			for buf := make([]byte, size); ; {
				n, err := res.Body.Read(buf)
				got.Write(buf[:n])
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if got.String() != want {
				t.Fatalf("%.20q in pieces of %d: %d bytes, want %d", page, size, got.Len(), len(want))
			}
			if said := res.Header.Get("Content-Length"); len(want) > len(page) && said != strconv.Itoa(len(want)) || int64(len(want)) != res.ContentLength {
				t.Errorf("a page of %d bytes is said to have %q, %d", len(want), said, res.ContentLength)
			}
		}
	}
}
