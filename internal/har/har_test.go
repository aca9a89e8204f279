package har

import (
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const recorded = `{"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [
 {"request": {"method": "GET", "url": "https://app.test/list?page=2#top", "headers": [{"name": ":authority", "value": "app.test"}, {"name": "cookie", "value": "sid=1"}]},
  "response": {"status": 200, "headers": [{"name": "set-cookie", "value": "sid=2; Path=/\ntheme=dark"}], "content": {"mimeType": "text/html; charset=utf-8"}}},
 {"request": {"method": "POST", "url": "https://app.test/login", "headers": [],
  "postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "user", "value": "a%20b"}, {"name": "note", "value": "50% & more"}]}}, "response": {"status": 302, "content": {"text": "{\"token\": \"t0p\", \"user\": {\"name\": \"x\", \"id\": 4}}"}}},
 {"request": {"method": "POST", "url": "https://app.test/up", "headers": [{"name": "Content-Type", "value": "multipart/form-data; boundary=gone"}],
  "postData": {"mimeType": "multipart/form-data", "params": [{"name": "title", "value": "T"}, {"name": "file", "fileName": "a.txt", "value": "body"}]}}, "response": {"status": 0}},
 {"_resourceType": "websocket", "_webSocketMessages": [{"type": "send", "opcode": 1, "data": "hello"}, {"type": "receive", "opcode": 1, "data": "no"}, {"type": "send", "opcode": 2, "data": "AA=="}],
  "request": {"method": "GET", "url": "wss://app.test/live", "headers": []}, "response": {"status": 101}},
 {"request": {"method": "GET", "url": "data:text/plain,x", "headers": []}, "response": {"status": 200}},
 {"request": {"method": "GE T", "url": "https://app.test/", "headers": []}},
 {"request": 7}
]}}`

// TestRecordings shows that the two ways in which browsers keep forms, sockets and
// entries that are none are read (R27).
func TestRecordings(t *testing.T) {
	r, err := Parse([]byte("\ufeff" + recorded))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Entries) != 4 || r.Left != 3 {
		t.Fatalf("got %d entries and %d left out, want 4 and 3", len(r.Entries), r.Left)
	}
	list := r.Entries[0]
	if list.URL != "https://app.test/list?page=2" || len(list.Header) != 1 || list.Header.Get("Cookie") != "sid=1" || list.Type != "text/html" ||
		!slices.Equal(list.Cookies, []string{"sid", "theme"}) {
		t.Errorf("got %+v", list)
	}
	form, err := url.ParseQuery(string(r.Entries[1].Body))
	if err != nil || form.Get("user") != "a b" || form.Get("note") != "50% & more" {
		t.Errorf("the form's parameters: %q, %v", r.Entries[1].Body, err)
	}
	if got := r.Entries[1].Strings; !slices.Equal(got, []string{"/token", "/user/name"}) {
		t.Errorf("strings of the answer: %v", got)
	}
	if got := r.Entries[3]; !got.Socket || !slices.Equal(got.Sent, []string{"hello"}) {
		t.Errorf("the socket: %+v", got)
	}
}

func TestAFormOfPartsIsPutTogetherAnew(t *testing.T) {
	r, err := Parse([]byte(recorded))
	if err != nil {
		t.Fatal(err)
	}
	up := r.Entries[2]
	_, params, err := mime.ParseMediaType(up.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	form, err := multipart.NewReader(strings.NewReader(string(up.Body)), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatalf("the body cannot be read: %v\n%s", err, up.Body)
	}
	f, err := form.File["file"][0].Open()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(f)
	if fields := up.Fields(); len(fields) != 2 || fields[0] != (Field{Name: "title", Value: "T"}) || fields[1] != (Field{Name: "file", Value: "a.txt", File: true}) {
		t.Errorf("fields %+v", fields)
	}
	if form.Value["title"][0] != "T" || string(text) != "body" {
		t.Errorf("got %v and %q", form.Value, text)
	}
}

func TestWhatIsNoRecordingSaysSo(t *testing.T) {
	for text, part := range map[string]string{"": "no JSON", "<html>": "no JSON", `{"openapi": "3.0.0"}`: "no log.entries", `{"log": {}}`: "no log.entries", "[]": "no JSON"} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: got %v, want %q", text, err, part)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(recorded))
	f.Add([]byte(`{"log": {"entries": [{"request": {"method": "POST", "url": "http://a/%zz", "postData": {"params": [{"name": "%", "value": "%4"}]}}}, null, {}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data)
		if err != nil {
			return
		}
		for _, e := range r.Entries {
			if u, err := url.Parse(e.URL); err != nil || u.Host == "" || u.Fragment != "" || u.User != nil || e.Method == "" || e.Header == nil {
				t.Errorf("got %+v, %v", e, err)
			}
			e.Fields()
		}
	})
}
