package prove

import (
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/state"
)

// Private is what both readings of the victim hold and nobody else is shown.
func TestSecretsIn(t *testing.T) {
	first := state.Snapshot{"$.email": "alice@club.example", "$.role": "member", "$.nonce": "8f2a91cc", "$.id": "17", "p\x001": "Welcome, carol@club.example!",
		"$.echo": "you said mtl1234", "GET / status": "200 of alice"}
	second := state.Snapshot{"$.email": "alice@club.example", "$.role": "member", "$.nonce": "11aa22bb", "$.id": "17", "p\x001": "Welcome, carol@club.example!",
		"$.echo": "you said mtl1234", "GET / status": "200 of alice"}
	var got []string
	for _, s := range secretsIn(first, second, []string{`{"role":"member"}`}, "mtl1234") {
		got = append(got, s.where+"="+s.value)
	}
	slices.Sort(got)
	want := []string{"$.email=alice@club.example", "p=Welcome, carol@club.example!", "p=carol@club.example"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if found := secretsIn(first, second, []string{"alice@club.example", "Welcome, carol@club.example!", "member"}, "mtl1234"); len(found) != 0 {
		t.Errorf("shown to others as well, and taken for private: %v", found)
	}
}
