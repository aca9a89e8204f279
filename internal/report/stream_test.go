package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

const opened = `{"run":{"schema":"1","tool":"mantlet","id":"r","targets":["http://a"],"mode":"passive","started":"2026-11-21T10:00:00Z"}}` + "\n"
const closed = `{"end":{"complete":true,"score":{"value":100,"grade":"A","formula":"1"},"coverage":{},"finished":"2026-11-21T10:00:05Z"}}` + "\n"

func TestDecodeSaysWhereAStreamIsWrong(t *testing.T) {
	for _, row := range []struct {
		name, stream, want string // want "" means no error
	}{
		{"whole", opened + closed, ""},
		{"blank lines and carriage returns", "\n" + strings.ReplaceAll(opened, "\n", "\r\n") + "\n\n" + closed + "\n", ""},
		{"no line feed at the end", opened + strings.TrimSpace(closed), ""},
		{"unknown kind", opened + `{"weather":{"sunny":true}}` + "\n" + closed, ""},
		{"unknown field", opened + `{"skip":{"what":"a","why":"b","colour":"red"}}` + "\n" + closed, ""},
		{"empty", "", "line 1: the stream has no end"},
		{"no end", opened, "line 2: the stream has no end"},
		{"cut in a line", opened + closed[:40], "line 2: the stream has no end"},
		{"broken in the middle", opened + "{\"skip\":\n" + closed, "line 2: unexpected end of JSON input"},
		{"wrong type", opened + `{"skip":[]}` + "\n" + closed, "line 2: json:"},
		{"not an object", opened + "7\n" + closed, "line 2: json:"},
		{"no run", closed, "line 1: not a scan's stream"},
		{"second run", opened + opened + closed, "line 2: a second run"},
		{"two kinds", opened + `{"skip":{},"mutation":{}}` + "\n" + closed, "line 2: a message of several kinds"},
		{"after the end", opened + closed + opened, "line 3: a message after the end"},
		{"later format", strings.Replace(opened, `"schema":"1"`, `"schema":"2"`, 1) + closed, `line 1: the stream has format "2"`},
	} {
		err := Decode(strings.NewReader(row.stream), Tee())
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got error %v, want %q", row.name, err, row.want)
		}
		if cut := strings.Contains(row.want, "no end"); cut != errors.Is(err, ErrTruncated) {
			t.Errorf("%s: ErrTruncated is %v, want %v", row.name, !cut, cut)
		}
	}
}

func TestDecodeStopsWhenTheHandlerDoes(t *testing.T) {
	full := errors.New("disk full")
	calls := 0
	err := Decode(strings.NewReader(opened+closed), HandlerFunc(func(finding.Message) error { calls++; return full }))
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

func TestTeeStopsAtTheFirstError(t *testing.T) {
	full := errors.New("disk full")
	var seen []string
	note := func(name string, err error) finding.Handler {
		return HandlerFunc(func(finding.Message) error { seen = append(seen, name); return err })
	}
	err := Tee(note("a", nil), note("b", full), note("c", nil)).Handle(finding.Message{})
	if !errors.Is(err, full) || strings.Join(seen, "") != "ab" {
		t.Errorf("got %v after %v", err, seen)
	}
}

func TestEncodeThenDecodeGivesTheSameMessages(t *testing.T) {
	want := sample(t).Messages()
	stream := written(t, want...)
	if lines := strings.Count(stream, "\n"); lines != len(want) {
		t.Errorf("%d messages were written as %d lines", len(want), lines)
	}
	got, err := messages([]byte(stream))
	if err != nil {
		t.Fatal(err)
	}
	withoutData := cmpopts.IgnoreFields(finding.File{}, "Data")
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), withoutData); diff != "" {
		t.Errorf("messages changed on the way (-want +got):\n%s", diff)
	}
}

// FuzzDecode: reading never panics, and what could be read survives being written
// and read again. Streams are compared as written, which is many times faster than
// comparing messages; the test above compares those.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(opened + closed))
	for _, m := range sample(f).Messages()[1:] {
		f.Add([]byte(opened + written(f, m)))
	}
	f.Add([]byte(opened + `{"finding":{"id":"x","weakness":"csrf","proof":{"steps":null,"controls":[]}}}` + "\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		first, _ := messages(stream)
		once := written(t, first...)
		second, err := messages([]byte(once))
		if err != nil && !errors.Is(err, ErrTruncated) {
			t.Fatalf("a stream that was written cannot be read: %v", err)
		}
		if twice := written(t, second...); once != twice {
			t.Errorf("messages changed on the way:\n%s%s", once, twice)
		}
	})
}

func written(t testing.TB, all ...finding.Message) string {
	t.Helper()
	var out strings.Builder
	encoder := Encode(&out)
	for _, m := range all {
		if err := encoder.Handle(m); err != nil {
			t.Fatalf("a message that was read cannot be written: %v", err)
		}
	}
	return out.String()
}

func messages(stream []byte) ([]finding.Message, error) {
	var all []finding.Message
	err := Decode(bytes.NewReader(stream), HandlerFunc(func(m finding.Message) error {
		all = append(all, m)
		return nil
	}))
	return all, err
}
