package har

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestWhatIsWrittenIsReadAgain holds the writer against the reader (R27).
func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	first, err := Parse([]byte(recorded))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Write(first, "Mantlet", "dev", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	second, err := Parse(text)
	if err != nil || len(second.Entries) != len(first.Entries) || second.Left != 0 {
		t.Fatalf("got %d entries, %d left out, %v", len(second.Entries), second.Left, err)
	}
	for i, want := range first.Entries {
		got := second.Entries[i]
		if !reflect.DeepEqual(got.Fields(), want.Fields()) {
			t.Errorf("%s: fields %v, want %v", want.URL, got.Fields(), want.Fields())
		}
		if want.Encoding() == "multipart/form-data" { // has another boundary
			got.Body, want.Body, got.Header, want.Header = nil, nil, nil, nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
}

func TestValuesAreReplacedWhereverABodyHoldsThem(t *testing.T) {
	for _, c := range []struct{ kind, body, want string }{
		{"application/json", `{"user": {"password": "S", "ids": ["S", 12345678901234567890]}, "n": 1}`, `{"n":1,"user":{"ids":["x",12345678901234567890],"password":"x"}}`},
		{"application/json", `{"broken`, `{"broken`},
		{"application/x-www-form-urlencoded", "a=S&b&pass%20word=S", "a=x&b&pass%20word=x"},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nS\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n"},
		{"text/plain", "S", "S"},
	} {
		e := Entry{Header: map[string][]string{"Content-Type": {c.kind}}, Body: []byte(c.body)}
		got := e.WithValues(func(_, value string) string { return strings.ReplaceAll(value, "S", "x") })
		if string(got.Body) != c.want {
			t.Errorf("%s: got %s, want %s", c.kind, got.Body, c.want)
		}
	}
}

func FuzzWrite(f *testing.F) {
	f.Add([]byte(recorded))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data)
		if err != nil {
			return
		}
		text, err := Write(r, "x", "1", time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(text); err != nil || len(again.Entries) != len(r.Entries) {
			t.Errorf("%d entries became %d: %v", len(r.Entries), len(again.Entries), err)
		}
	})
}
