package prove

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/internal/state"
	"github.com/mantlet-dev/mantlet/internal/websocket"
	"github.com/mantlet-dev/mantlet/policy"
)

// A tap is the proof that a foreign page uses a WebSocket in the victim's name.
type tap struct {
	*errand
	finding  *finding.Finding
	effect   *effect // of what is sent; nil if nothing is
	secrets  []secret
	expect   int  // messages that the victim's own page gets
	needs    bool // the socket is refused, or says less, without the session
	messages []string
}

// How long to listen: to the victim's own socket until it is quiet, to any other
// until as much has come, and to a stranger's a moment.
const (
	quietFor    = 500 * time.Millisecond
	listenFor   = 5 * time.Second
	strangerFor = 900 * time.Millisecond
)

// trySocket carries out a plan that opens a WebSocket from the attacker's page.
func (b *Bench) trySocket(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	f.Proof.Oracle = "http"
	e, err := b.errandFor(f, victim, policy.Socket)
	if err != nil {
		return f, err
	}
	t := &tap{errand: e, finding: &f, messages: f.Plan.Messages}
	defer t.undo(context.WithoutCancel(ctx))
	if err := t.learn(ctx); err != nil {
		return f, err
	}
	if len(t.secrets) == 0 && !t.works() && !t.needs {
		return verdict(f, finding.Refuted, "the socket serves no session: with and without one it says and does the same, so that there is nothing of the victim's to reach"), nil
	}
	e.try, e.act = t.ask, t.inPage
	f, err = e.run(ctx, f, "the socket turns away every origin that an attacker can have, before or after the handshake")
	if f.State == finding.Proven {
		f.Why = t.provenWhy(f)
	} else if err == nil && f.State == finding.Suspected && len(t.secrets) == 0 && !t.works() {
		f.Why = "the socket accepts a foreign page's handshake with the victim's session and turns visitors away; nothing private was seen to come over it, and no message to change anything with is known"
	}
	return f, err
}

// works says whether what is sent over the socket is known to have an effect.
func (t *tap) works() bool { return t.effect != nil && t.effect.known }

func (t *tap) provenWhy(f finding.Finding) string {
	what := fmt.Sprintf("received what only %q is shown", t.victim.Name())
	switch {
	case len(f.Proof.Reads) > 0 && len(f.Proof.Changes) > 0:
		what += ", and changed the state by what it sent, which was re-read"
	case len(f.Proof.Changes) > 0:
		what = fmt.Sprintf("changed the data of %q by what it sent, which was re-read", t.victim.Name())
	}
	return fmt.Sprintf("a page of the attacker (%s) opened the socket with the victim's session in a real browser and %s", strings.Join(provenFrom(f.Vector), ", "), what)
}

// A talk is one conversation over the socket.
type talk struct {
	opened bool
	status int
	got    []string
}

// say are the messages with a marker in their slots.
func (t *tap) say(text string) []string { return filledMessages(t.messages, text) }

func filledMessages(messages []string, text string) []string {
	filled := make([]string, len(messages))
	for i, m := range messages {
		filled[i] = strings.ReplaceAll(m, finding.MarkerSlot, text)
	}
	return filled
}

// talk opens the socket outside the browser, says something and listens until
// expect messages have come and it is quiet, or for as long as patience.
func (t *tap) talk(ctx context.Context, origin, cookies string, say []string, expect int, patience time.Duration) (talk, error) {
	return t.bench.talk(ctx, t.address, origin, cookies, say, expect, patience)
}

func (b *Bench) talk(ctx context.Context, address, origin, cookies string, say []string, expect int, patience time.Duration) (talk, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return talk{}, notTestable("the address of the socket cannot be asked for: %v", err)
	}
	websocket.Ask(request.Header)
	for name, text := range map[string]string{"Origin": origin, "Cookie": cookies} {
		if text != "" {
			request.Header.Set(name, text)
		}
	}
	response, stream, err := b.Grant.Upgrade(request)
	if err != nil {
		if errors.Is(err, scope.ErrBudget) || ctx.Err() != nil {
			return talk{}, err
		}
		return talk{}, nil // a server that just hangs up has refused
	}
	had := talk{status: response.StatusCode}
	if stream == nil {
		return had, nil
	}
	if websocket.Accepted(request.Header, response.StatusCode, response.Header) != nil {
		return had, stream.Close()
	}
	had.opened = true
	conn := websocket.Over(stream)
	defer conn.Close()
	for _, m := range say {
		if conn.Write(m) != nil {
			return had, nil // closed by the other side, which is an answer too
		}
	}
	had.got, err = listen(ctx, conn, expect, patience)
	return had, err
}

// listen collects messages.
func listen(ctx context.Context, conn *websocket.Conn, expect int, patience time.Duration) ([]string, error) {
	until, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var got []string
	for {
		if expect > 0 && len(got) >= expect {
			return got, nil
		}
		wait, stop := until, context.CancelFunc(func() {})
		if expect == 0 || len(got) > 0 && expect < 0 {
			wait, stop = context.WithTimeout(until, quietFor)
		}
		m, err := conn.Read(wait)
		stop()
		if err != nil {
			return got, ctx.Err() // quiet, late or closed
		}
		if got = append(got, m); len(got) >= mostHeard {
			return got, nil
		}
	}
}

// mostHeard bounds what is collected of one conversation.
const mostHeard = 50

// spoken are the facts of what came over the socket.
func spoken(got []string) state.Snapshot {
	facts := state.Snapshot{}
	for i, m := range got {
		where := fmt.Sprintf("socket message %d", i+1)
		if trimmed := strings.TrimSpace(m); strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
			if told, err := state.FlattenJSON(where, []byte(m)); err == nil {
				facts = state.Merge(facts, told)
				continue
			}
		}
		facts[where] = m
	}
	return facts
}

// learn talks as the victim's own page does, twice, and as those who are not the
// victim, to find out what the socket says and does for the victim alone.
func (t *tap) learn(ctx context.Context) error {
	own, cookies := t.target.String(), t.victim.CookieHeader(t.address)
	var err error
	if t.effect, err = t.bench.effectOf(t.victim, *t.finding, slices.ContainsFunc(t.messages, func(m string) bool { return strings.Contains(m, finding.MarkerSlot) })); err != nil {
		return err
	}
	var first talk
	send := func(ctx context.Context, text string) error {
		had, err := t.talk(ctx, own, cookies, t.say(text), -1, listenFor)
		if first.status == 0 {
			first = had
		}
		return err
	}
	if err := t.effect.learn(ctx, send); err != nil {
		return err
	}
	if !first.opened {
		return notTestable("not testable: the victim's own handshake was answered with %d, so that nothing can be compared with it", first.status)
	}
	t.expect = len(first.got)
	mark := newText()
	second, err := t.talk(ctx, own, cookies, t.say(mark), t.expect, listenFor)
	if err != nil {
		return err
	}
	if err := t.effect.sent(ctx, purposeLegitimate); err != nil {
		return err
	}
	t.finding.Proof.Steps = append(t.finding.Proof.Steps, finding.Step{Text: fmt.Sprintf("As %q, with the application's own origin, the socket was opened twice; it said %s each time.", t.victim.Name(), count(t.expect, "message"))})
	return t.compare(ctx, own, first, second)
}

// compare talks as strangers and keeps what they are not told.
func (t *tap) compare(ctx context.Context, own string, first, second talk) error {
	var others []string
	all := t.bench.strangers(t.victim)
	for _, s := range all {
		had, mark, err := t.talkAs(ctx, own, s)
		if err != nil {
			return err
		}
		shown, err := t.lookAfter(ctx, had, mark, purposeBroken)
		if err != nil {
			return err
		}
		if len(shown) > 0 {
			t.effect.known = false // whoever opens it may do this: another weakness
		}
		others = append(others, strings.Join(had.got, "\n"), factsOf(spoken(had.got)))
		t.needs = t.needs || s.control != otherUser && (!had.opened || len(had.got) == 0 && t.expect > 0)
		t.finding.Proof.Controls = append(t.finding.Proof.Controls, finding.Control{Name: s.control, Passed: true, Text: s.called + " " + toldText(had)})
	}
	t.secrets = secretsIn(spoken(first.got), spoken(second.got), others, "")
	t.finding.Proof.Controls = append([]finding.Control{
		{Name: "idle", Passed: true, Text: fmt.Sprintf("of what the socket said twice to %q, %s said to nobody else", t.victim.Name(), were(len(t.secrets), "value"))},
	}, append(t.effect.controls(), t.finding.Proof.Controls...)...)
	return nil
}

// talkAs talks as a stranger. One who has a session of their own changes what is
// theirs, which is put back.
func (t *tap) talkAs(ctx context.Context, own string, s stranger) (had talk, mark string, err error) {
	send := func(ctx context.Context, text string) error {
		got, err := t.talk(ctx, own, s.session.CookieHeader(t.address), t.say(text), t.expect, strangerFor)
		had, mark = got, text
		return err
	}
	if s.control != otherUser || !t.effect.known {
		err = send(ctx, newText())
		return had, mark, err
	}
	theirs, err := t.bench.effectOf(s.session, *t.finding, true)
	if err != nil {
		return had, mark, err
	}
	err = theirs.learn(ctx, send)
	said, last := had, mark
	theirs.undo(context.WithoutCancel(ctx), send)
	return said, last, err
}

// lookAfter re-reads what a conversation changed; a refused handshake said nothing.
func (t *tap) lookAfter(ctx context.Context, had talk, mark, purpose string) ([]finding.Change, error) {
	if !had.opened {
		return nil, nil
	}
	return t.effect.look(ctx, mark, purpose)
}

func toldText(had talk) string {
	switch {
	case !had.opened && had.status == 0:
		return "was hung up on"
	case !had.opened:
		return fmt.Sprintf("was refused with %d", had.status)
	}
	return "could open it and was told " + count(len(had.got), "message")
}

func were(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return fmt.Sprintf("%d %ss were", n, noun)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ask makes the handshake that the attacker's page would make.
func (t *tap) ask(ctx context.Context, from outpost, cookies string) (outcome, error) {
	origin, mark := from.origin.String(), newText()
	if from.silent {
		origin = ""
	}
	had, err := t.talk(ctx, origin, cookies, t.say(mark), t.expect, listenFor)
	if err != nil {
		return outcome{}, err
	}
	shown, err := t.lookAfter(ctx, had, mark, purposeForged)
	if err != nil {
		return outcome{}, err
	}
	out := outcome{status: had.status, why: fmt.Sprintf("opened with the Origin %q: refused", origin)}
	if !had.opened {
		return out, nil
	}
	got := taken(t.secrets, strings.Join(had.got, "\n"))
	out.accepted = len(got) > 0 || len(shown) > 0 || len(t.secrets) == 0 && !t.works()
	out.why = fmt.Sprintf("opened with the Origin %q: accepted, and told %s", origin, count(len(had.got), "message"))
	if len(got) > 0 {
		out.why += ", among them what only the victim is told"
	}
	if len(shown) > 0 {
		out.why += "; what was sent changed the state"
	}
	return out, nil
}

func (t *tap) undo(ctx context.Context) {
	if t.effect == nil {
		return
	}
	own, cookies := t.target.String(), t.victim.CookieHeader(t.address)
	t.effect.undo(ctx, func(ctx context.Context, text string) error {
		_, err := t.talk(ctx, own, cookies, t.say(text), 0, strangerFor)
		return err
	})
}
