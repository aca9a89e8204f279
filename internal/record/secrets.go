package record

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// longEnough is the length from which a value that equals a secret is that secret.
const longEnough = 16

// standIns are texts that take the place of secrets: of the same length and made of
// the same kinds of characters, so that a token still looks like one, and the same for
// equal secrets, so that a token that repeats a cookie still does.
type standIns map[string]string

// withoutSecrets is r with stand-ins for everything that shows who was recorded.
func withoutSecrets(r har.Recording) har.Recording {
	s, random := standIns{}, map[string]bool{}
	for _, e := range r.Entries {
		for _, secret := range observe.SecretsIn(e) {
			s.of(secret.Value)
			random[secret.Value] = secret.Random()
		}
	}
	everywhere := s.replacer(random)
	out := har.Recording{Left: r.Left}
	for _, e := range r.Entries {
		out.Entries = append(out.Entries, s.entry(e, everywhere))
	}
	return out
}

func (s standIns) of(secret string) string {
	if secret == "" {
		return ""
	}
	if s[secret] == "" {
		s[secret] = lookalike(secret)
	}
	return s[secret]
}

// replacer replaces the secrets that are random wherever they stand, longest first. A
// password that is a word, or a cookie that names a page, is part of ordinary text and
// is replaced in its own place only.
func (s standIns) replacer(random map[string]bool) *strings.Replacer {
	var secrets []string
	for secret := range s {
		if random[secret] {
			secrets = append(secrets, secret)
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, s[secret])
		if escaped := url.QueryEscape(secret); escaped != secret {
			pairs = append(pairs, escaped, url.QueryEscape(s[secret]))
		}
	}
	return strings.NewReplacer(pairs...)
}

func (s standIns) entry(e har.Entry, everywhere *strings.Replacer) har.Entry {
	instead := func(name, value string) string {
		if observe.SecretKind(name, value) != "" || len(value) >= longEnough && s[value] != "" {
			return s.of(value)
		}
		return everywhere.Replace(value)
	}
	e = e.WithValues(instead)
	e.URL, e.Body = everywhere.Replace(queryWith(e.URL, instead)), []byte(everywhere.Replace(string(e.Body)))
	header := http.Header{}
	for name, values := range e.Header {
		for _, v := range values {
			header.Add(name, everywhere.Replace(s.headerValue(name, v, instead)))
		}
	}
	e.Header = header
	var sent []string
	for _, text := range e.Sent {
		sent = append(sent, everywhere.Replace(string(har.ObjectWith([]byte(text), instead))))
	}
	e.Sent = sent
	return e
}

func (s standIns) headerValue(name, value string, instead func(name, value string) string) string {
	switch scheme, credential, found := strings.Cut(value, " "); {
	case name == "Cookie":
		return s.cookies(value)
	case name == "Authorization" && found:
		return scheme + " " + s.of(strings.TrimSpace(credential))
	case name == "Authorization":
		return s.of(value)
	case name == "Referer":
		return queryWith(value, instead)
	}
	return instead(name, value)
}

// queryWith is a URL with the values of its query replaced.
func queryWith(raw string, instead func(name, value string) string) string {
	before, query, found := strings.Cut(raw, "?")
	if !found {
		return raw
	}
	return before + "?" + har.FormWith(query, instead)
}

// cookies replaces the values of a Cookie header, short ones too.
func (s standIns) cookies(line string) string {
	pairs := strings.Split(line, ";")
	for i, pair := range pairs {
		if name, value, found := strings.Cut(pair, "="); found {
			pairs[i] = name + "=" + s.of(strings.TrimSpace(value))
		}
	}
	return strings.Join(pairs, ";")
}

// lookalike is a text nobody knows that has the shape of secret.
func lookalike(secret string) string {
	letters := "abcdefghijklmnopqrstuvwxyz"
	if strings.Trim(strings.ToLower(secret), "0123456789abcdef-") == "" {
		letters = "abcdef"
	}
	out := []byte(secret)
	for i, c := range out {
		switch {
		case c >= '0' && c <= '9':
			out[i] = pick("0123456789")
		case c >= 'a' && c <= 'z':
			out[i] = pick(letters)
		case c >= 'A' && c <= 'Z':
			out[i] = pick(strings.ToUpper(letters))
		}
	}
	return string(out)
}

func pick(from string) byte {
	var b [1]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	return from[int(b[0])%len(from)]
}
