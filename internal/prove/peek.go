package prove

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/policy"
)

// A peek is the proof that a foreign page reads an answer that is the victim's.
type peek struct {
	*errand
	finding *finding.Finding
	secrets []secret
}

// tryPeek carries out a plan that reads an answer from the attacker's page.
func (b *Bench) tryPeek(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	f.Proof.Oracle = "http"
	e, err := b.errandFor(f, victim, policy.Subresource)
	if err != nil {
		return f, err
	}
	r := &peek{errand: e, finding: &f}
	if r.secrets, err = b.secretsAt(ctx, &f, victim, e.address); err != nil {
		return f, err
	}
	if len(r.secrets) == 0 {
		return verdict(f, finding.Refuted, fmt.Sprintf("the answer holds nothing that only %q is shown: there is nothing private to read", victim.Name())), nil
	}
	e.try, e.act = r.ask, r.inPage
	f, err = e.run(ctx, f, "no origin that an attacker can have is allowed to read the answer with the victim's cookies")
	if f.State == finding.Proven {
		f.Why = fmt.Sprintf("a page of the attacker (%s) read in a real browser what only %q is shown: %s",
			strings.Join(provenFrom(f.Vector), ", "), victim.Name(), f.Proof.Reads[0].Where)
	}
	return f, err
}

// errandFor is what all plans of foreign pages begin with.
func (b *Bench) errandFor(f finding.Finding, victim *identity.Session, kind policy.Kind) (*errand, error) {
	address := webAddress(f.Plan.Action.URL)
	target, err := policy.OriginOfURL(address)
	if err != nil {
		return nil, notTestable("the address cannot be read: %v", err)
	}
	if err := b.Grant.Allows(address); err != nil {
		return nil, notTestable("%v", err)
	}
	if cookies, _ := victim.SessionCookies(); !victim.Ambient() || len(cookies) == 0 {
		return nil, notTestable("no cookie carries the session of %q, so that no foreign page can bring it along", victim.Name())
	}
	return &errand{bench: b, victim: victim, target: target, address: address, kind: kind}, nil
}

// webAddress is the address of a socket's handshake as a request.
func webAddress(raw string) string {
	if rest, ok := strings.CutPrefix(raw, "ws"); ok {
		return "http" + rest
	}
	return raw
}

func provenFrom(cells []finding.Cell) []string {
	var from []string
	for _, c := range cells {
		if word := string(c.From); c.State == finding.Proven && !contains(from, word) {
			from = append(from, word)
		}
	}
	return from
}

// ask puts the question that the attacker's page would have the browser put.
func (r *peek) ask(ctx context.Context, from outpost, cookies string) (outcome, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.address, nil)
	if err != nil {
		return outcome{}, notTestable("the address cannot be asked for: %v", err)
	}
	for name, text := range map[string]string{"Origin": from.origin.String(), "Cookie": cookies, "Accept": "*/*"} {
		request.Header.Set(name, text)
	}
	a, err := r.bench.do(r.bench.Grant, request)
	if err != nil {
		return outcome{}, err
	}
	d := policy.CORSReadable(a.header, from.origin)
	private := len(taken(r.secrets, string(a.body))) > 0
	out := outcome{accepted: d.Allowed && private, status: a.status, why: fmt.Sprintf("asked as from %s: %s", from.origin, d.Reason.Explain())}
	if d.Allowed && !private {
		out.why += ", but the answer holds nothing that is the victim's alone"
	}
	return out, nil
}

// inPage has the attacker's page read the answer in a browser of the victim's.
func (r *peek) inPage(ctx context.Context, run foray) (finding.Cell, error) {
	cell := finding.Cell{Position: run.at, State: finding.Refuted, By: "browser"}
	spy := attacker.Spy{Read: r.address, Sandboxed: run.post.sandboxed}
	page := r.bench.Evil.PublishOn(run.post.where, spy.Document())
	s, err := r.visit(ctx, run, page)
	if err != nil {
		return cell, err
	}
	defer s.leave()
	haul, err := r.bench.Evil.WaitHaul(ctx, page)
	if err != nil {
		cell.Why = "the attacker's page got no answer in time"
		return cell, nil
	}
	got := taken(r.secrets, strings.Join(haul.Got, "\n"))
	switch {
	case len(got) > 0:
		cell.State, cell.Why = finding.Proven, fmt.Sprintf("the page read the answer, and in it %s", got[0].where)
	case haul.Opened:
		cell.Why = "the page read an answer that holds nothing of the victim's"
	default:
		cell.Why = "the browser kept the answer from the page: " + haul.Error
	}
	r.finding.Proof.Attempts = append(r.finding.Proof.Attempts, finding.Attempt{Variant: run.variant.Name, Accepted: len(got) > 0, By: "browser", Status: haul.Status,
		Why: fmt.Sprintf("from %s, third-party cookies %s: %s", run.post.origin, run.at.ThirdParty, cell.Why)})
	if run.first && len(got) > 0 {
		r.record(ctx, run, s, spy, haul, got)
	}
	return cell, nil
}

func (r *peek) record(ctx context.Context, run foray, s stage, spy attacker.Spy, haul attacker.Haul, got []secret) {
	proof := r.finding.Proof
	proof.Browser, proof.Profile, proof.Reads = s.chrome.Version(), "third-party cookies "+string(run.at.ThirdParty), r.bench.reads(got)
	sent, _ := s.tab.WaitRequest(ctx, func(q browser.Request) bool { return q.URL == r.address && q.Method == http.MethodGet && q.Sent })
	text := clip(r.bench.veil(strings.Join(haul.Got, "\n"), r.secrets))
	proof.Steps = append(proof.Steps,
		finding.Step{Text: fmt.Sprintf("The victim %q, logged in, opens a page of the attacker at %s (%s).", r.victim.Name(), run.post.origin, run.post.from)},
		finding.Step{Text: "The page asks for the answer with the victim's cookies (" + run.variant.Name + "), and the target lets it read.",
			Request: r.bench.sentText(sent, submission{method: http.MethodGet}), Answer: consentText(haul.Status, sent)},
		finding.Step{Text: "The page hands what it read to the attacker's server. Values that only the victim is shown are hidden here.", Answer: text})
	proof.Files = append(proof.Files, r.exhibits(ctx, s, spy, got)...)
}

func consentText(status int, sent browser.Request) string {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if v := sent.ResponseHeader(name); v != "" {
			text += "\n" + name + ": " + v
		}
	}
	return text
}

// exhibits are the picture of the attacker's page, with what it took made
// unreadable, and the page itself.
func (e *errand) exhibits(ctx context.Context, s stage, spy attacker.Spy, got []secret) []finding.File {
	var files []finding.File
	hidden := s.tab.Eval(ctx, "hide("+jsonText(values(got))+")", nil)
	if png, err := s.tab.Screenshot(ctx); err == nil && hidden == nil {
		files = append(files, file("attacker.png", "screenshot-victim", "the attacker's page in the victim's browser, with what it got; private values are covered", png))
	}
	return append(files, file("proof.html", "proof-html", "the attacker's page, to be served from any other origin", []byte(e.bench.redact(spy.Proof()))))
}
