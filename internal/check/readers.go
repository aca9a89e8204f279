package check

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/observe"
)

// Readers are those whom answers name, unasked, as who may read them across origins:
// a request without an Origin puts no words into the mouth of a target that repeats
// what it is asked. They are origins that read with the user's cookies, and "*" if
// visitors' answers are shared with everybody.
func Readers(site *observe.Site) []string {
	readers := slices.Clone(site.Partners)
	if slices.ContainsFunc(site.Exchanges, func(x *observe.Exchange) bool {
		return x.Identity == "" && answered(x) && strings.TrimSpace(x.Header.Get("Access-Control-Allow-Origin")) == "*"
	}) {
		readers = append(readers, "*")
	}
	return readers
}
