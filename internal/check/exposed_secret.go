package check

import (
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var exposedSecret = &Check{
	ID:  string(finding.ExposedSecret),
	Doc: "answers with keys and tokens of other services, or private keys",
	Run: func(p *Pass) {
		reportExposures(p, finding.ExposedSecret, "Answers on %s hold a credential. Take it for read: revoke it where it was issued.", secretsIn)
	},
}

// A shape is the form in which a service gives out its secrets.
type shape struct {
	what string
	form *regexp.Regexp // the first group, or the whole, is the secret
	mark string         // a part that every such text has: regular expressions are slow
}

var secretShapes = []shape{
	{"a private key", regexp.MustCompile(`-----BEGIN (?:RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----(?:\s|\\[rn])*((?:[A-Za-z0-9+/=]|\s|\\[rn]){96,})`), "PRIVATE KEY-----"},
	{"an access token of GitHub", regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{36})\b`), "gh"},
	{"an access token of GitHub", regexp.MustCompile(`\b(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b`), "github_pat_"},
	{"a live secret key of Stripe", regexp.MustCompile(`\b([sr]k_live_[A-Za-z0-9]{24,247})\b`), "k_live_"},
	{"a token of Slack", regexp.MustCompile(`\b(xox[abpr]-\d{10,13}-\d{10,13}-[A-Za-z0-9-]{20,})`), "xox"},
	{"a webhook of Slack", regexp.MustCompile(`hooks\.slack\.com/services/(T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24})\b`), "hooks.slack.com"},
}

var (
	accessKey    = regexp.MustCompile(`\b((?:AKIA|ASIA)[A-Z2-7]{16})\b`)
	accessSecret = regexp.MustCompile(`(?:^|[^A-Za-z0-9/+=])([A-Za-z0-9/+]{40})(?:$|[^A-Za-z0-9/+=])`)
)

// besideKey is how far from an access key its secret may stand.
const besideKey = 300

// secretsIn finds secrets by the form that those who issue them give them.
func secretsIn(text string) []exposure {
	var found []exposure
	for _, s := range secretShapes {
		if !strings.Contains(text, s.mark) {
			continue
		}
		for _, m := range s.form.FindAllStringSubmatchIndex(text, 20) {
			if isRandom(text[m[2]:m[3]]) {
				found = append(found, exposure{m[0], s.what})
			}
		}
	}
	return append(found, cloudKeys(text)...)
}

// cloudKeys finds access keys of AWS that stand beside their secrets: alone, such a
// key is a name.
func cloudKeys(text string) []exposure {
	if !strings.Contains(text, "AKIA") && !strings.Contains(text, "ASIA") {
		return nil
	}
	var found []exposure
	for _, m := range accessKey.FindAllStringSubmatchIndex(text, 20) {
		near := text[max(0, m[0]-besideKey):m[0]] + " " + text[m[1]:min(len(text), m[1]+besideKey)]
		for _, s := range accessSecret.FindAllStringSubmatch(near, 20) {
			if isRandom(text[m[2]:m[3]]) && isRandom(s[1]) && strings.ContainsAny(s[1], "0123456789") && strings.ToLower(s[1]) != s[1] {
				found = append(found, exposure{m[0], "an access key of AWS with its secret"})
				break
			}
		}
	}
	return found
}

// isRandom says whether a text may have been drawn at random: neither an example as
// documentation prints it nor a row of the same few letters.
func isRandom(secret string) bool {
	lower := strings.ToLower(secret)
	for _, word := range []string{"example", "sample", "dummy", "placeholder", "changeme", "xxxx", "0000", "1234567", "abcdef", "redacted", "your"} {
		if strings.Contains(lower, word) {
			return false
		}
	}
	seen := map[rune]bool{}
	for _, r := range secret {
		seen[r] = true
	}
	return len(seen) >= 10
}
