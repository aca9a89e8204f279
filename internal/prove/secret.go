package prove

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A secret is a value that is shown to the victim and to nobody else.
type secret struct{ where, value string }

// shortestSecret and longestSecret bound values that are told apart from chance and
// can be found again as they are.
const (
	shortestSecret = 4
	longestSecret  = 300
	mostSecrets    = 3
)

// secretsIn are facts that both readings of the victim hold in the same place and
// that stand in nobody else's text, those first that look personal. Own is what we
// sent ourselves.
func secretsIn(first, second state.Snapshot, others []string, own string) []secret {
	var found []secret
	for where, value := range first {
		if second[where] != value || own != "" && strings.Contains(value, own) || strings.HasSuffix(where, " status") {
			continue
		}
		place, _, _ := strings.Cut(where, "\x00")
		for _, text := range tellingParts(value) {
			if utf8.RuneCountInString(text) < shortestSecret || len(text) > longestSecret ||
				slices.ContainsFunc(others, func(o string) bool { return strings.Contains(o, text) }) {
				continue
			}
			found = append(found, secret{place, text})
		}
	}
	slices.SortFunc(found, func(a, b secret) int {
		if d := personal(b) - personal(a); d != 0 {
			return d
		}
		return strings.Compare(a.where+a.value, b.where+b.value)
	})
	return found[:min(len(found), mostSecrets)]
}

// tellingParts are a value as a whole and the addresses of mail in it: an answer
// elsewhere may tell these alone.
func tellingParts(value string) []string {
	whole := strings.TrimSpace(value)
	parts := []string{whole}
	for _, word := range strings.Fields(whole) {
		word = strings.Trim(word, ".,;:!?()<>\"'")
		if name, domain, ok := strings.Cut(word, "@"); ok && word != whole && name != "" && strings.Contains(domain, ".") {
			parts = append(parts, word)
		}
	}
	return parts
}

func personal(s secret) int {
	rank := 0
	if strings.Contains(s.value, "@") {
		rank += 2
	}
	if strings.ContainsFunc(s.value, func(r rune) bool { return r > '9' }) {
		rank++ // not only a number
	}
	return rank
}

// taken are the secrets that stand in a text.
func taken(secrets []secret, text string) []secret {
	return slices.DeleteFunc(slices.Clone(secrets), func(s secret) bool {
		return !strings.Contains(text, s.value) && !strings.Contains(text, quotedAs(s.value))
	})
}

// quotedAs is a value as JSON writes it, without the quotes.
func quotedAs(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(s)
}

// veil replaces secrets in a text by their digests.
func (b *Bench) veil(text string, secrets []secret) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s.value, b.Grant.Redactor().Mark("private", s.value))
	}
	return b.redact(text)
}

func (b *Bench) reads(secrets []secret) []finding.Read {
	var list []finding.Read
	for _, s := range secrets {
		list = append(list, finding.Read{Where: b.redact(s.where), Value: b.Grant.Redactor().Mark("private", s.value)})
	}
	return list
}

func values(secrets []secret) []string {
	list := []string{}
	for _, s := range secrets {
		list = append(list, s.value)
	}
	return list
}

// strangers are who must not see what is the victim's: a visitor, somebody with a
// session that means nothing, and another user if there is one.
func (b *Bench) strangers(victim *identity.Session) []stranger {
	list := []stranger{{"broken-session", "a session that means nothing", victim.Broken()}, {"anonymous", "a visitor without a session", identity.Anonymous(b.Grant)}}
	if other := b.attackerOf(victim); other != nil && !other.IsAnonymous() && other.Name() != victim.Name() {
		list = append(list, stranger{otherUser, fmt.Sprintf("%q", other.Name()), other})
	}
	return list
}

// otherUser is the control of a stranger who has a session of their own.
const otherUser = "other-user"

type stranger struct {
	control, called string
	session         *identity.Session
}

// secretsAt finds what an answer shows the victim alone.
func (b *Bench) secretsAt(ctx context.Context, f *finding.Finding, victim *identity.Session, address string) ([]secret, error) {
	var mine [2]state.Snapshot
	for i := range mine {
		a, err := b.ask(ctx, victim, address)
		if err != nil {
			return nil, err
		}
		if a.status != http.StatusOK {
			return nil, notTestable("not testable: %q is itself answered %d there", victim.Name(), a.status)
		}
		mine[i] = state.Flatten(state.Source(address), a.header.Get("Content-Type"), a.body)
	}
	var others []string
	for _, s := range b.strangers(victim) {
		a, err := b.ask(ctx, s.session, address)
		if err != nil {
			return nil, err
		}
		others = append(others, string(a.body), factsOf(state.Flatten("", a.header.Get("Content-Type"), a.body)))
	}
	found := secretsIn(mine[0], mine[1], others, "")
	if len(found) == 0 {
		return nil, nil
	}
	for _, s := range b.strangers(victim) {
		f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: s.control, Passed: true,
			Text: fmt.Sprintf("%s is not shown what %q is", s.called, victim.Name())})
	}
	return found, nil
}

// factsOf are all values of a snapshot as one text.
func factsOf(s state.Snapshot) string {
	var all strings.Builder
	for _, value := range s {
		all.WriteString(value + "\n")
	}
	return all.String()
}

// ask gets one address as somebody, redirects left alone.
func (b *Bench) ask(ctx context.Context, who doer, address string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, notTestable("the address cannot be asked for: %v", err)
	}
	request.Header.Set("Accept", "*/*")
	request.Header.Set("Cache-Control", "no-cache")
	return b.do(who, request)
}
