package gate

import (
	"net/http"
	"slices"
	"testing"
)

// FuzzSessionCookie: what is read as the session's cookie stays at the gate, and the
// application gets all others as they were.
func FuzzSessionCookie(f *testing.F) {
	f.Add("a=1; sid=2;b=3", "")
	f.Add("sid =1", "sid\t=2; sidx=1")
	f.Add(";;=;sid", `a="x; sid=1"`)
	s := &Sessions{Cookie: "sid"}
	f.Fuzz(func(t *testing.T, one, two string) {
		before := &http.Request{Header: http.Header{"Cookie": {one, two}}}
		after := &http.Request{Header: http.Header{"Cookie": {one, two}}}
		s.request(after)
		var want, got []string
		for _, c := range before.Cookies() {
			if c.Name != "sid" {
				want = append(want, c.Name+"="+c.Value)
			}
		}
		for _, c := range after.Cookies() {
			got = append(got, c.Name+"="+c.Value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q and %q: the application gets %q, want %q", one, two, got, want)
		}
	})
}
