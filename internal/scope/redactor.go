package scope

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// shortestSecret is the least number of characters worth hiding: anything shorter
// is guessed at once, and replacing it would tear ordinary words apart.
const shortestSecret = 6

// A Redactor replaces secrets by digests that are the same throughout one scan and
// worthless outside it, so that equal secrets can be seen to be equal. It is safe
// for concurrent use.
type Redactor struct {
	key []byte

	mu       sync.RWMutex
	secrets  map[string]string // secret → kind
	forms    []string          // every spelling of every secret, longest first
	replacer *strings.Replacer // nil until needed
}

func newRedactor() *Redactor {
	r := &Redactor{key: make([]byte, 32), secrets: map[string]string{}}
	rand.Read(r.key) // never fails (crypto/rand, Go 1.24)
	return r
}

// Learn makes every later Text and Header hide secret. Kind (cookie, password,
// token …) is shown in its place. Secrets of fewer than six characters are ignored.
func (r *Redactor) Learn(kind, secret string) {
	if utf8.RuneCountInString(secret) < shortestSecret {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.secrets[secret]; known {
		return
	}
	r.secrets[secret] = kind
	r.replacer = nil
}

// Digest is six hex digits that stand for secret in this scan.
func (r *Redactor) Digest(secret string) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(secret))
	return hex.EncodeToString(mac.Sum(nil)[:3])
}

// Mark is what is shown instead of secret: «kind:digest».
func (r *Redactor) Mark(kind, secret string) string {
	return "«" + kind + ":" + r.Digest(secret) + "»"
}

// Text hides every learned secret, also where it is escaped for a URL, for HTML or
// for JSON, and the values of credential headers and password fields, learned or
// not.
func (r *Redactor) Text(s string) string {
	return r.learned(r.shapes(s))
}

// learned hides the learned secrets only.
func (r *Redactor) learned(s string) string {
	replacer, forms := r.table()
	if len(forms) == 0 {
		return s
	}
	// A replacement next to other text can spell a secret anew, so look again.
	for range 3 {
		next := replacer.Replace(s)
		if next == s {
			return s
		}
		s = next
	}
	for changed := true; changed; {
		changed = false
		for _, form := range forms {
			if strings.Contains(s, form) {
				s, changed = strings.ReplaceAll(s, form, ""), true
			}
		}
	}
	return s
}

// table builds what Replace needs, once after each new secret.
func (r *Redactor) table() (*strings.Replacer, []string) {
	r.mu.RLock()
	replacer, forms := r.replacer, r.forms
	r.mu.RUnlock()
	if replacer != nil {
		return replacer, forms
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	marks := map[string]string{}
	for secret, kind := range r.secrets {
		for _, form := range spellings(secret) {
			marks[form] = r.Mark(kind, secret)
		}
	}
	r.forms = r.forms[:0:0]
	for form := range marks {
		r.forms = append(r.forms, form)
	}
	slices.SortFunc(r.forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, form := range r.forms {
		pairs = append(pairs, form, harmless(marks[form], r.forms))
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r.replacer, r.forms
}

// harmless is mark unless that contains a secret itself (a password "password").
func harmless(mark string, forms []string) string {
	for _, form := range forms {
		if strings.Contains(mark, form) {
			return "«»"
		}
	}
	return mark
}

// Header is a copy of h fit for display: credentials by their digest, everything
// else as Text.
func (r *Redactor) Header(h http.Header) http.Header {
	shown := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			shown[name] = append(shown[name], r.headerValue(name, v))
		}
	}
	return shown
}

func (r *Redactor) headerValue(name, value string) string {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Proxy-Authorization":
		return r.learned(r.authorization(value))
	case "Cookie":
		return r.learned(r.cookiePairs(value))
	case "Set-Cookie":
		return r.SetCookie(value)
	}
	return r.Text(value)
}
