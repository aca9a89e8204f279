package prove

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
	"github.com/mantlet-dev/mantlet/policy"
)

// A subject is one action as one victim can do it: what a legitimate run showed,
// how its effect is recognised, and what has to be undone. It is shared by all
// plans on the action.
type subject struct {
	bench  *Bench
	action finding.Action
	victim *identity.Session
	target policy.Origin
	// near is text in the row of the page that holds the form, "" if there is only one.
	near string
	// listing is a further page that may hold the form, "" if none is known.
	listing string

	original []input // as they were before anything was sent
	inputs   []input // as they stand
	// earlier is what the state held where fields now show the marker, by field.
	earlier map[string]string
	tokens  map[string]bool
	places  map[string]string
	live    *form // nil if no page shows one
	headers map[string]string
	used    map[string]bool   // amounts sent so far
	chosen  map[string]string // options sent last, where no form shows what stands

	noise   state.Noise
	oracle  oracle
	witness witness
	before  state.Snapshot // as it was before anything was sent; nil if that was not read
	latest  state.Snapshot
	readAt  int             // what had been sent when latest was read, see Bench.sent
	spots   map[string]bool // where exactly the legitimate effect stood
	touched map[string]bool // what choices without a marker changed of the action's own form
	gone    *vanished       // what the first run took away, nil for nothing
	creates bool            // the legitimate effect was something new, in a place of its own
	style   style
	lag     time.Duration // how long a change took to show

	controls   []finding.Control
	story      []finding.Step
	firstEntry int      // of the ledger, from which on entries may be this subject's and unread
	pending    []int    // ledger entries to undo
	marks      []string // text markers that were left in the target
	failure    error    // why the subject cannot be tested
	learned    bool
	untried    int                         // variants of the plan at hand that could not be tried
	redo       func(context.Context) error // does the action again, nil if one request does
	nursery    *nursery                    // where a destructive action's objects come from, nil for others
	broods     bool                        // the nursery's canaries may wait for the next plan on the action
	// unset undoes what is done in another way than by a request, nil for requests;
	// it says how it went about it.
	unset func(context.Context) (how string, err error)
	lock  *locksmith // reads which password is set, nil for actions that set none
	// extra is a value that forgeries carry beyond what the action offers, and ready
	// makes the state such that its effect can be seen; nil where there is none.
	extra *value
	ready func(context.Context) error
}

// subject gives the subject of an action, learned; its error says why it cannot
// be tested.
func (b *Bench) subject(ctx context.Context, f finding.Finding, a finding.Action, victim *identity.Session) (*subject, error) {
	a = withoutOptionalPassword(a)
	key := strings.Join([]string{victim.Name(), a.Method, a.URL, a.Encoding, submitName(a)}, " ")
	s := b.subjects[key]
	if s == nil {
		made, err := b.newSubject(a, victim)
		if err != nil {
			return nil, err
		}
		s = made
		b.subjects[key] = s
		b.order = append(b.order, s)
	}
	if s.failure != nil {
		return s, s.failure
	}
	if s.learned {
		return s, s.refresh(ctx)
	}
	err := s.learn(ctx, f)
	if err == nil {
		s.learned = true
	} else if ctx.Err() == nil {
		s.failure = err
	}
	return s, err
}

func (b *Bench) newSubject(a finding.Action, victim *identity.Session) (*subject, error) {
	if changesRights(a) {
		aimed, ok := onAnother(a, victim.Name(), b.Site.Identities)
		if !ok {
			return nil, notTestable("not testable: the action changes what somebody may do, and it could not be aimed at another of the configured identities")
		}
		a = aimed
	}
	return b.bareSubject(a, victim)
}

// bareSubject is a subject of an action that is sent as it is, whatever it changes.
func (b *Bench) bareSubject(a finding.Action, victim *identity.Session) (*subject, error) {
	target, err := policy.OriginOfURL(a.URL)
	if err != nil {
		return nil, notTestable("the action's address cannot be read: %v", err)
	}
	if err := b.Grant.Allows(a.URL); err != nil {
		return nil, notTestable("%v", err)
	}
	return &subject{bench: b, action: a, victim: victim, target: target, used: map[string]bool{}, chosen: map[string]string{}, headers: headersOf(a)}, nil
}

// refresh reads the state anew before the next plan on a subject that is known.
func (s *subject) refresh(ctx context.Context) error {
	if err := s.keepAlive(ctx); err != nil || s.isRead() {
		return err
	}
	now, err := s.oracle.Read(ctx)
	if err == nil {
		s.hasRead(now)
	}
	return err
}

// keepAlive renews a session that was lost, once.
func (s *subject) keepAlive(ctx context.Context) error {
	if s.victim.IsAnonymous() || s.bench.isAlive(ctx, s.victim) == nil {
		return nil
	}
	if err := s.victim.Renew(ctx); err != nil {
		return notTestable("the session of %q was lost and could not be renewed: %v", s.victim.Name(), err)
	}
	return nil
}

// open fetches the action's page as the victim and reads its form as it stands.
func (s *subject) open(ctx context.Context) error {
	s.live = nil
	for _, address := range []string{s.action.Page, s.listing} {
		if s.live != nil || address == "" || s.bench.Grant.Allows(address) != nil {
			continue
		}
		page, _, err := s.bench.fetch(ctx, s.victim, address)
		if err != nil {
			return err
		}
		s.live = match(page.forms(), s.action, s.near)
		s.headerToken(page)
	}
	s.inputs, s.tokens, s.places = inputsOf(s.action, s.live, s.near)
	if s.original == nil {
		s.original = slices.Clone(s.inputs)
	}
	s.keepNames()
	s.offerSeen()
	for i := range s.inputs {
		if last, ok := s.chosen[s.inputs[i].name]; ok && s.live == nil {
			s.inputs[i].value = last
		}
	}
	for _, in := range s.inputs {
		if s.tokens[in.name] || in.kind == "hidden" && tokenLike.MatchString(in.name) {
			s.bench.Grant.Redactor().Learn("token", in.value)
		}
	}
	return nil
}

// headerToken finds the token that the application's script would send in a
// header: in a meta element, or in a cookie that a script can read.
func (s *subject) headerToken(page document) {
	if s.action.Source == "script" {
		for name, text := range page.spelledOut() {
			s.headers[name] = text
			s.bench.Grant.Redactor().Learn("token", text)
		}
	}
	if name := http.CanonicalHeaderKey(s.action.HeaderToken); name == "" || s.headers[name] != "" {
		return
	}
	if token := page.meta(tokenLike.MatchString); token != "" {
		s.headers[s.action.HeaderToken] = token
		return
	}
	if token := page.constant(tokenLike.MatchString); token != "" {
		s.headers[s.action.HeaderToken] = token
		return
	}
	for _, set := range s.victim.Cookies() {
		if c := policy.ParseSetCookie(set.Line); tokenLike.MatchString(c.Name) && !c.HTTPOnly {
			if text, err := url.QueryUnescape(c.Value); err == nil {
				s.headers[s.action.HeaderToken] = text
				return
			}
		}
	}
}

// offerSeen adds to query fields of links the values that other links to the same
// path carry: an option the application itself offers is one it understands.
func (s *subject) offerSeen() {
	path := pathOf(s.action.URL)
	for i := range s.inputs {
		in := &s.inputs[i]
		if s.places[in.name] != "query" || len(in.options) > 0 {
			continue
		}
		values := map[string]bool{}
		for _, p := range s.bench.Site.Pages {
			for _, link := range p.Links {
				if u, err := url.Parse(link); err == nil && u.Path == path && u.Query().Has(in.name) {
					values[u.Query().Get(in.name)] = true
				}
			}
		}
		if len(values) > 1 {
			in.options = slices.Sorted(maps.Keys(values))
		}
	}
}

// submission is the action as the application would send it, with f's values.
func (s *subject) submission(f filling) submission {
	u, err := url.Parse(s.action.URL)
	if err != nil {
		u = &url.URL{}
	}
	encoding := s.action.Encoding
	if s.live != nil {
		// The live action's query may carry a fresh token.
		u = s.live.url
		encoding = s.live.enctype
	}
	sub := submission{method: strings.ToUpper(s.action.Method), url: u, encoding: encoding, values: f.values,
		headers: maps.Clone(s.headers), asJSON: encoding == finding.EncodingJSON}
	if encoding == "" && sub.method != http.MethodGet && len(sub.inBody()) > 0 {
		sub.encoding = finding.EncodingURL
	}
	return sub
}

// fill fills the action in with a fresh marker; amounts are never repeated.
func (s *subject) fill(st style) filling {
	if s.lock != nil {
		mark := newText()
		return s.fillPassword(mark, passwordOf(mark))
	}
	inputs := slices.Clone(s.inputs)
	f := fill(inputs, s.tokens, s.places, st, s.used)
	s.used[f.marker.amount] = true
	for _, v := range f.values {
		if f.choice && !v.token {
			s.chosen[v.name] = v.text
		}
	}
	return f
}

// await re-reads the state until it shows what m stands for, or for as long as a
// legitimate change may take. It gives the changes that show it, nil if none, and
// all changes since the last reading, which becomes the latest.
func (s *subject) await(ctx context.Context, w witness, m marker, patience time.Duration) (shown, all []finding.Change, err error) {
	from := s.latest
	start := time.Now()
	for pause := 10 * time.Millisecond; ; pause *= 2 {
		now, err := s.oracle.Read(ctx)
		if err != nil {
			return nil, nil, err
		}
		all = s.bench.diff(from, now)
		shown = w.sees(all, &s.noise, m)
		if len(shown) > 0 || time.Since(start) >= patience {
			s.hasRead(now)
			return shown, all, nil
		}
		select {
		case <-time.After(min(pause, patience)):
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// patience is how long to wait for a forged change: what a legitimate one took,
// generously, but no time at all where that was there at the first look.
func (s *subject) patience() time.Duration { return min(3*s.lag, 2*time.Second) }
