package lab

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
)

func TestATruthFileThatLeavesSomethingOpenIsRefused(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", ``, "read truth"},
		{"no JSON", `rows`, "read truth"},
		{"another kind of JSON", `["GET /"]`, "read truth"},
		{"more behind the end", `{"rows":[{"endpoint":"GET /","weakness":"csrf","truth":"safe"}]}{}`, "read truth"},
		{"no rows", `{"app":"a"}`, "no rows"},
		{"an empty list", `{"rows":[]}`, "no rows"},
		{"rows of another kind", `{"rows":{"GET /":"csrf"}}`, "read truth"},
		{"no endpoint", `{"rows":[{"endpoint":"GET /","weakness":"csrf","truth":"safe"},{"weakness":"csrf","truth":"safe"}]}`, "row 2"},
		{"a method alone", `{"rows":[{"endpoint":"POST","weakness":"csrf","truth":"safe"}]}`, `row 1: the endpoint "POST"`},
		{"a method and a space", `{"rows":[{"endpoint":"POST ","weakness":"csrf","truth":"safe"}]}`, "row 1"},
		{"a path that is none", `{"rows":[{"endpoint":"POST transfer","weakness":"csrf","truth":"safe"}]}`, "row 1"},
		{"two paths", `{"rows":[{"endpoint":"/a /b","weakness":"csrf","truth":"safe"}]}`, "row 1"},
		{"no weakness", `{"rows":[{"endpoint":"GET /","truth":"safe"}]}`, "row 1: it names no weakness"},
		{"a blank weakness", `{"rows":[{"endpoint":"GET /","weakness":" ","truth":"safe"}]}`, "row 1"},
		{"a third truth", `{"rows":[{"endpoint":"GET /","weakness":"csrf","truth":"maybe"}]}`, `"maybe"`},
		{"no truth", `{"rows":[{"endpoint":"GET /","weakness":"csrf"}]}`, "row 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadTruth(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v and error %v, want one with %q", got, err, test.want)
			}
		})
	}
}

func TestOtherPeoplesTruthFilesAreRead(t *testing.T) {
	got, err := ReadTruth(strings.NewReader(`{"$schema":"x","rows":[
		{"endpoint":"/anything","weakness":"clickjacking","truth":"safe","cwe":1021},
		{"endpoint":"POST /pay","weakness":"csrf","truth":"vulnerable"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.App != "app" || got.Framework != "" || got.Variant != "" || len(got.Rows) != 2 {
		t.Errorf("read %+v", got)
	}
}

// FuzzReadTruth: whatever is accepted is complete, and reads the same when written out.
func FuzzReadTruth(f *testing.F) {
	files, err := fs.Glob(truthFiles, "truth/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no truth files to begin with: ", err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(truthFiles, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"app":"","rows":[{"endpoint":"/a","weakness":"csrf","truth":"safe","more":[1]}]}`))
	f.Add([]byte(`{"rows":[{"endpoint":"POST","weakness":"csrf","truth":"safe"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := ReadTruth(bytes.NewReader(text))
		if err != nil {
			if len(first.Rows) > 0 || first.App != "" {
				t.Fatalf("an error and %+v", first)
			}
			return
		}
		if first.App == "" || len(first.Rows) == 0 {
			t.Fatalf("accepted %+v", first)
		}
		for _, row := range first.Rows {
			if !strings.Contains(row.Endpoint, "/") || row.Weakness == "" || row.Truth != Vulnerable && row.Truth != Safe {
				t.Fatalf("accepted %+v", row)
			}
		}
		written, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := ReadTruth(bytes.NewReader(written))
		if err != nil {
			t.Fatalf("%s, written out as %s: %v", text, written, err)
		}
		if again, _ := json.Marshal(second); !bytes.Equal(written, again) {
			t.Fatalf("%s became %s", written, again)
		}
	})
}
