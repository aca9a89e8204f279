package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var exposedCard = &Check{
	ID:  string(finding.ExposedCard),
	Doc: "answers with whole numbers of payment cards",
	Run: func(p *Pass) {
		reportExposures(p, finding.ExposedCard, "Answers on %s hold the number of a payment card in full.", cardsIn)
	},
}

var (
	// cardNumber is a number of such a length, with the groups that cards have.
	cardNumber = regexp.MustCompile(`\d{4}([ -]?)(?:\d{4}[ -]?\d{4}[ -]?\d{4}(?:\d{3})?|\d{6}[ -]?\d{4,5})`)
	// cardWord is what a number has to stand behind, and cardMember the name of a member
	// of an object that holds one.
	cardWord   = regexp.MustCompile(`(?:^|[^a-z])(?:(?:credit|debit|payment|bank)[ _-]?)?(?:card[ _-]?(?:number|numbers|no|nr|num|pan)?|pan|cc[ _-]?(?:number|num|no)|visa|master ?card|amex|american express|discover|diners(?: club)?|jcb)(?:[^a-z0-9]+(?:number|num|no|nr))?[^a-z0-9]*$`)
	cardMember = regexp.MustCompile(`"(?:[a-z_ -]*[_ -])?(?:card|pan|cc)(?:[ _-]?(?:number|no|nr|num|pan))?"\s*:\s*(?:\{[^{}]*"(?:number|pan)"\s*:\s*)?"?$`)
	// otherCard is a card that nobody pays with.
	otherCard = regexp.MustCompile(`(?:gift|loyalty|member|membership|library|sim|identity|id|report|business|bonus|club)[ _-]card[^a-z]*(?:(?:number|no|nr|num)[^a-z]*)?$`)
	humps     = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	tags      = regexp.MustCompile(`(?s)<(?:script|style|svg)\b.*?</(?:script|style|svg)\s*>|<[^>]*>`)
)

// The word that makes a number a card's stands at most beforeNumber characters before
// it, layout not counted, which is looked for in the farBefore last ones.
const (
	beforeNumber = 80
	farBefore    = 400
)

// cardsIn finds numbers that carry an issuer's prefix and length and a right check
// digit, and stand behind a word that says what they are.
func cardsIn(text string) []exposure {
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		// What is no text of the page is blanked out; places stay what they are.
		text = tags.ReplaceAllStringFunc(text, func(tag string) string {
			return strings.Map(func(r rune) rune {
				if r == '\n' {
					return r
				}
				return ' '
			}, tag)
		})
	}
	var found []exposure
	for _, m := range cardNumber.FindAllStringIndex(text, -1) {
		digits := onlyDigits(text[m[0]:m[1]])
		issuer := issuerOf(digits)
		if issuer == "" || !standsAlone(text, m[0], m[1]) || !evenlyGrouped(text[m[0]:m[1]]) || !luhn(digits) {
			continue
		}
		before := contextOf(text[max(0, m[0]-farBefore):m[0]])
		member := cardMember.MatchString(before)
		said := member || !isTestNumber(digits) && cardWord.MatchString(before)
		if !said || otherCard.MatchString(before) {
			continue
		}
		found = append(found, exposure{m[0], fmt.Sprintf("a card number of %s, %d digits", issuer, len(digits))})
	}
	return found
}

// contextOf is what stands directly before a number: in lower case, its words apart,
// spaces that layout makes taken out.
func contextOf(before string) string {
	before = strings.Join(strings.Fields(before), " ")
	before = before[max(0, len(before)-beforeNumber):]
	return strings.ToLower(humps.ReplaceAllString(before, "${1}_$2"))
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// standsAlone says whether what is at [from,to) is a number of its own and no part of
// a longer one, of a word, a path or a fraction.
func standsAlone(text string, from, to int) bool {
	inside := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || strings.IndexByte("_./+#%&-", b) >= 0
	}
	if from > 0 && inside(text[from-1]) {
		return false
	}
	if to < len(text) && inside(text[to]) && text[to] != '.' && text[to] != '&' {
		return false
	}
	return to+1 >= len(text) || text[to] != '.' || text[to+1] < '0' || text[to+1] > '9'
}

// evenlyGrouped says whether the groups of a number are all set apart alike, if they
// are set apart at all.
func evenlyGrouped(number string) bool {
	spaces, dashes := strings.Count(number, " "), strings.Count(number, "-")
	groups := strings.FieldsFunc(number, func(r rune) bool { return r == ' ' || r == '-' })
	switch {
	case spaces+dashes == 0:
		return true
	case spaces > 0 && dashes > 0:
		return false
	case len(groups) == 4:
		return len(groups[0]) == 4 && len(groups[1]) == 4 && len(groups[2]) == 4 && len(groups[3]) == 4
	case len(groups) == 3:
		return len(groups[0]) == 4 && len(groups[1]) == 6
	}
	return false
}

// issuerOf names the issuer by prefix and length, "" if there is none.
func issuerOf(digits string) string {
	prefix := func(n int) int {
		value := 0
		for _, r := range digits[:min(n, len(digits))] {
			value = value*10 + int(r-'0')
		}
		return value
	}
	within := func(v, from, to int) bool { return from <= v && v <= to }
	switch n := len(digits); {
	case n == 16 && prefix(1) == 4:
		return "Visa"
	case n == 16 && (within(prefix(2), 51, 55) || within(prefix(4), 2221, 2720)):
		return "Mastercard"
	case n == 15 && (prefix(2) == 34 || prefix(2) == 37):
		return "American Express"
	case n == 16 && (prefix(4) == 6011 || prefix(2) == 65 || within(prefix(3), 644, 649)):
		return "Discover"
	case n == 16 && within(prefix(4), 3528, 3589):
		return "JCB"
	case n == 14 && (prefix(2) == 36 || prefix(2) == 38 || within(prefix(3), 300, 305)):
		return "Diners Club"
	}
	return ""
}

// luhn says whether the last digit checks the others.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// testNumbers are published by card schemes and payment providers for trying out.
var testNumbers = []string{
	"4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "4000000000000002", "4000000000000077",
	"5555555555554444", "5105105105105100", "5200828282828210", "5454545454545454", "2223003122003222", "2223000048400011",
	"378282246310005", "371449635398431", "378734493671000", "6011111111111117", "6011000990139424", "6011000000000004",
	"30569309025904", "38520000023237", "36227206271667", "3530111333300000", "3566002020360505",
}

func isTestNumber(digits string) bool {
	different := map[rune]bool{}
	for _, r := range digits {
		different[r] = true
	}
	return len(different) < 4 || slices.Contains(testNumbers, digits)
}
