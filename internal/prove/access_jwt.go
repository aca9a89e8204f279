package prove

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A pass is a JSON Web Token (RFC 7519) that an identity has, and how it is shown.
type pass struct {
	token   string
	expires time.Time // zero if it does not say
	// as gives somebody who shows another token in its place and is the same otherwise.
	as func(token string) doer
}

var tokenShape = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

// readPass is not ok for what only looks like one: the head has to name an algorithm.
func readPass(token string) (pass, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return pass{}, false
	}
	var head struct{ Alg string }
	var claims struct{ Exp json.Number }
	if decodePart(parts[0], &head) != nil || head.Alg == "" || decodePart(parts[1], &claims) != nil {
		return pass{}, false
	}
	p := pass{token: token}
	if seconds, err := claims.Exp.Float64(); err == nil && seconds > 0 && seconds < 1e12 {
		p.expires = time.Unix(int64(seconds), 0)
	}
	return p, true
}

func decodePart(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func (p pass) isExpired() bool { return !p.expires.IsZero() && time.Now().After(p.expires) }

// forged are tokens with the claims of p that nobody signed.
func (p pass) forged() []struct{ name, token string } {
	parts := strings.Split(p.token, ".")
	unsigned := func(alg string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`","typ":"JWT"}`)) + "." + parts[1] + "."
	}
	return []struct{ name, token string }{
		{"signature altered", parts[0] + "." + parts[1] + "." + identity.Nonsense(parts[2])},
		{"signature left out", parts[0] + "." + parts[1] + "."},
		{"algorithm none", unsigned("none")}, {"algorithm None", unsigned("None")}, {"algorithm NONE", unsigned("NONE")},
	}
}

// tryPass asks for what a token opens with tokens that nobody signed, and with
// those of the identity that have expired.
func (b *Bench) tryPass(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	f.Proof.Oracle = "http"
	a := f.Plan.Action
	passes, err := b.passesOf(ctx, victim)
	if err != nil {
		return f, err
	}
	d := door{bench: b, address: a.URL, source: "GET " + a.Route}
	for _, p := range passes {
		if p.isExpired() {
			continue
		}
		opens, err := d.opensFor(ctx, &f, p)
		if err != nil {
			return f, err
		}
		if !opens {
			continue
		}
		for _, forged := range p.forged() {
			if forged.token == p.token {
				continue
			}
			if opened, err := d.try(ctx, &f, forged.name, p.as(forged.token)); err != nil || opened {
				return verdict(f, finding.Proven, fmt.Sprintf("a token that nobody signed (%s) opens what the genuine one does: anybody can write one for anybody", forged.name)), err
			}
		}
		if key := b.keyOf(p); key != "" {
			if opened, err := d.try(ctx, &f, "signed with a guessed key", p.as(p.signedWith(key))); err != nil || opened {
				return verdict(f, finding.Proven, fmt.Sprintf("the key that tokens are signed with can be guessed, %s: a token that was written and signed with it "+
					"opens what the genuine one does, and so does one for anybody else", veiled(key))), err
			}
		}
		for _, old := range passes {
			if !old.isExpired() {
				continue
			}
			if opened, err := d.try(ctx, &f, "expired", p.as(old.token)); err != nil || opened {
				return verdict(f, finding.Proven, fmt.Sprintf("a token that expired on %s is still taken", old.expires.UTC().Format("2 January 2006"))), err
			}
		}
		return verdict(f, finding.Refuted, fmt.Sprintf("the genuine token opens it, and none of %d others does", len(f.Proof.Attempts))), nil
	}
	return f, notTestable("no JSON Web Token of %q opens it", victim.Name())
}

// keyOf is the key that p is signed with, "" if it cannot be guessed; it is guessed
// once for each token.
func (b *Bench) keyOf(p pass) string {
	b.passing.Lock()
	defer b.passing.Unlock()
	key, known := b.keys[p.token]
	if !known {
		key = p.guessKey()
		if b.keys == nil {
			b.keys = map[string]string{}
		}
		b.keys[p.token] = key
	}
	return key
}

// passesOf are the identity's tokens: those of its session, and those that answers
// hand to it.
func (b *Bench) passesOf(ctx context.Context, who *identity.Session) ([]pass, error) {
	b.passing.Lock()
	defer b.passing.Unlock()
	list := b.passes[who.Name()]
	if slices.ContainsFunc(list, func(p pass) bool { return !p.isExpired() }) {
		return list, nil
	}
	if len(list) > 0 { // tokens that live for a minute end in mid-scan; those that have ended are kept, to be tried
		if err := who.Renew(ctx); err != nil {
			return list, nil
		}
	}
	add := func(token string, as func(string, string) doer) {
		p, ok := readPass(token)
		if !ok || slices.ContainsFunc(list, func(known pass) bool { return known.token == token }) {
			return
		}
		b.Grant.Redactor().Learn("token", token)
		p.as = func(other string) doer { return as(token, other) }
		list = append(list, p)
	}
	who.Altered(func(value string) string {
		add(value, func(own, other string) doer {
			return who.Altered(func(v string) string {
				if v == own {
					return other
				}
				return v
			})
		})
		return value
	})
	for _, address := range b.handingOut(who.Name()) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			continue
		}
		a, err := b.do(who, request)
		if err != nil {
			return nil, err
		}
		for _, token := range tokenShape.FindAll(a.body, 20) {
			add(string(token), func(_, other string) doer { return bearer{b.Grant, who, other} })
		}
	}
	if b.passes == nil {
		b.passes = map[string][]pass{}
	}
	b.passes[who.Name()] = list
	return list, nil
}

// handingOut are the addresses of answers in which a token stands.
func (b *Bench) handingOut(name string) []string {
	var urls []string
	for _, x := range b.Site.Sightings().Shown(name) {
		if strings.Contains(x.Type, "json") && (tokenShape.Match(x.Body) || bytes.Contains(x.Body, []byte("«token:"))) && len(urls) < 5 && !slices.Contains(urls, x.URL) {
			urls = append(urls, x.URL)
		}
	}
	return urls
}

// A bearer shows a token as its owner would, and nothing else.
type bearer struct {
	grant *scope.Grant
	owner *identity.Session
	token string
}

func (w bearer) Do(r *http.Request) (*http.Response, error) {
	w.owner.Show(r, w.token)
	return w.grant.Do(r)
}

// A door is an address that a token opens.
type door struct {
	bench           *Bench
	address, source string
	inside          state.Snapshot // what is behind it
}

// opensFor says whether the genuine token opens the door and one that means nothing
// does not, and remembers what is behind it.
func (d *door) opensFor(ctx context.Context, f *finding.Finding, p pass) (bool, error) {
	genuine, err := d.bench.glance(ctx, p.as(p.token), d.address, d.source)
	if err != nil || genuine.status != http.StatusOK {
		return false, err
	}
	none, err := d.bench.glance(ctx, p.as(identity.Nonsense(p.token)), d.address, d.source)
	if err != nil {
		return false, err
	}
	d.inside = state.Snapshot{}
	for where, value := range genuine.facts {
		if none.facts[where] != value {
			d.inside[where] = value
		}
	}
	if len(d.inside) == 0 {
		return false, nil // it stands open, or shows nothing
	}
	f.Proof.Controls = append(f.Proof.Controls,
		finding.Control{Name: "legitimate", Passed: true, Text: fmt.Sprintf("the genuine token was answered 200, with %s that a token of nonsense is not shown", howMany(len(d.inside)))},
		finding.Control{Name: "broken-session", Passed: true, Text: fmt.Sprintf("a token of the same shape that means nothing was answered %d", none.status)})
	return true, nil
}

// try says whether another shows the same as the genuine token does.
func (d *door) try(ctx context.Context, f *finding.Finding, variant string, who doer) (bool, error) {
	g, err := d.bench.glance(ctx, who, d.address, d.source)
	if err != nil {
		return false, err
	}
	same := 0
	for where, value := range d.inside {
		if g.facts[where] == value {
			same++
		}
	}
	opened := g.status == http.StatusOK && 2*same > len(d.inside)
	why := "refused"
	if opened {
		why = fmt.Sprintf("%d of %s shown", same, howMany(len(d.inside)))
		for _, where := range sortedPlaces(d.inside)[:min(len(d.inside), 3)] {
			place, _, _ := strings.Cut(where, "\x00")
			f.Proof.Changes = append(f.Proof.Changes, finding.Change{Where: place + ", " + variant, After: d.inside[where]})
		}
	}
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: variant, Accepted: opened, By: "replay", Status: g.status, Why: why})
	return opened, nil
}
