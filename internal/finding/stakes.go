package finding

import (
	"slices"
	"strings"
	"unicode"
)

// highStakes are words for what decides about money, rights or ownership of an
// account, as they stand in routes and field names.
var highStakes = []string{
	"admin", "role", "roles", "permission", "permissions", "privilege", "grant", "owner", "ownership",
	"password", "passwd", "passphrase", "email", "mail", "mfa", "otp", "totp", "2fa", "recovery",
	"transfer", "transfers", "payment", "payments", "pay", "payout", "withdraw", "amount", "iban", "payee", "payees",
	"apikey", "impersonate",
}

// HighStakes says whether what the action changes decides about money, rights or
// who owns the account, judged by the words of its route and of its fields. An
// anti-forgery token among the fields does not count.
func (a Action) HighStakes() bool {
	if hasWord(a.Route, highStakes) {
		return true
	}
	return slices.ContainsFunc(a.Fields, func(f Field) bool {
		return !f.Token && f.In != "header" && f.Type != "search" && hasWord(f.Name, highStakes)
	})
}

// hasWord says whether one of the words stands in an identifier or path, with
// words told apart by punctuation and by camel case: "ownerEmail", "/e-mail/new".
func hasWord(text string, words []string) bool {
	return slices.ContainsFunc(splitWords(text), func(w string) bool { return slices.Contains(words, w) })
}

func splitWords(text string) []string {
	var spaced strings.Builder
	previous := ' '
	// A hyphen inside a word is a way of writing the word: e-mail, api-key.
	for _, r := range strings.NewReplacer("e-mail", "email", "api-key", "apikey", "api_key", "apikey").Replace(text) {
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			spaced.WriteRune(' ')
		}
		spaced.WriteRune(unicode.ToLower(r))
		previous = r
	}
	return strings.FieldsFunc(spaced.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
