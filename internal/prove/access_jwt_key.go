package prove

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"iter"
	"strings"
	"time"
)

// commonKeys are keys that examples, courses and templates sign with, one a line.
//
//go:embed common_keys.txt
var commonKeys string

// mostDigits is up to how many digits a key that is a number is found: it takes a
// second of one core.
const mostDigits = 6

// guesses are the keys that are tried: the common ones, and numbers with and without
// leading zeros.
func guesses() iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range strings.FieldsSeq(commonKeys) {
			if !yield(key) {
				return
			}
		}
		for digits, end := 1, 10; digits <= mostDigits; digits, end = digits+1, end*10 {
			for n := range end {
				if !yield(fmt.Sprintf("%0*d", digits, n)) {
					return
				}
			}
		}
	}
}

var hashes = map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}

// guessKey finds the key that p is signed with, "" if it is none that can be guessed
// or if p is not signed with one that is shared. No request is needed for that: a
// key fits or it does not.
func (p pass) guessKey() string {
	parts := strings.Split(p.token, ".")
	var head struct{ Alg string }
	if len(parts) != 3 || decodePart(parts[0], &head) != nil || hashes[head.Alg] == nil {
		return ""
	}
	want, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(want) == 0 {
		return ""
	}
	text := []byte(parts[0] + "." + parts[1])
	for key := range guesses() {
		if bytes.Equal(sign(head.Alg, key, text), want) {
			return key
		}
	}
	return ""
}

func sign(alg, key string, text []byte) []byte {
	mac := hmac.New(hashes[alg], []byte(key))
	mac.Write(text)
	return mac.Sum(nil)
}

// signedWith is p with another time of expiry, signed with key: one that the
// application never gave out.
func (p pass) signedWith(key string) string {
	parts := strings.Split(p.token, ".")
	var head struct{ Alg string }
	claims := map[string]json.RawMessage{}
	if decodePart(parts[0], &head) != nil || decodePart(parts[1], &claims) != nil || hashes[head.Alg] == nil {
		return ""
	}
	expires := time.Now().Add(time.Minute)
	if !p.expires.IsZero() {
		expires = p.expires.Add(time.Second)
	}
	claims["exp"] = json.RawMessage(fmt.Sprint(expires.Unix()))
	body, err := json.Marshal(claims)
	if err != nil {
		return ""
	}
	text := parts[0] + "." + base64.RawURLEncoding.EncodeToString(body)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign(head.Alg, key, []byte(text)))
}

// veiled is enough of a guessed key for its owner to recognise it.
func veiled(key string) string {
	return fmt.Sprintf("%s… (%d characters)", key[:min(len(key), 2)], len(key))
}
