package check

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/policy"
)

func TestPagesNameWhoMayFrameThem(t *testing.T) {
	for _, row := range []struct {
		name, csp string
		want      []string
	}{
		{"a partner", "frame-ancestors https://partner.example", []string{"https://partner.example"}},
		{"beside the site itself", "frame-ancestors 'self' https://a.example https://b.example:8443", []string{"https://a.example", "https://b.example:8443"}},
		{"twice", "frame-ancestors https://a.example https://a.example", []string{"https://a.example"}},
		{"as far as all policies agree", "frame-ancestors https://a.example https://b.example, frame-ancestors https://b.example", []string{"https://b.example"}},
		{"nobody", "frame-ancestors 'none'", nil},
		{"everybody is nobody in particular", "frame-ancestors *", nil},
		{"nor who lets others in too", "frame-ancestors https: https://a.example", nil},
		{"a pattern names no one", "frame-ancestors https://*.partner.example", nil},
		{"no policy", "default-src 'self'", nil},
	} {
		site := behind(http.Header{policy.HeaderCSP: {row.csp}}, "/widget")
		got := Embedders(site)
		if diff := cmp.Diff(row.want, got["/widget"]); diff != "" || len(got) > 1 {
			t.Errorf("%s: (-want +got)\n%s", row.name, diff)
		}
	}
	site := behind(http.Header{policy.HeaderCSP: {"frame-ancestors https://a.example"}}, "/widget")
	site.Exchanges[0].Status = 404
	if got := Embedders(site); got != nil {
		t.Errorf("an error names %v", got)
	}
}
