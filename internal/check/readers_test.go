package check

import (
	"net/http"
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/observe"
)

func TestAnswersNameWhoMayReadThem(t *testing.T) {
	star := http.Header{"Access-Control-Allow-Origin": {"*"}}
	for _, row := range []struct {
		name string
		site *observe.Site
		want []string
	}{
		{"nobody", &observe.Site{}, nil},
		{"a partner", &observe.Site{Partners: []string{"https://partner.example"}}, []string{"https://partner.example"}},
		{"everybody, what visitors get", &observe.Site{Exchanges: []*observe.Exchange{{Method: "GET", Status: 200, Body: []byte("1"), Header: star}}}, []string{"*"}},
		{"not what users get", &observe.Site{Exchanges: []*observe.Exchange{{Identity: "alice", Method: "GET", Status: 200, Body: []byte("1"), Header: star}}}, nil},
		{"nor an error", &observe.Site{Exchanges: []*observe.Exchange{{Method: "GET", Status: 404, Body: []byte("1"), Header: star}}}, nil},
	} {
		if got := Readers(row.site); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}
