package prove

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A glance is one answer to a GET, as facts.
type glance struct {
	answer
	facts state.Snapshot
}

// glance asks for an address as who and follows no redirect. Source is what the
// places of the facts begin with, the same for all who are compared.
func (b *Bench) glance(ctx context.Context, who doer, address, source string) (glance, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return glance{}, notTestable("the address cannot be read: %v", err)
	}
	request.Header.Set("Accept", "text/html,application/json;q=0.9,*/*;q=0.8")
	request.Header.Set("Cache-Control", "no-cache")
	navigation(request, "none")
	a, err := b.do(who, request)
	if err != nil {
		return glance{}, err
	}
	noteTrouble(ctx, a.status)
	facts := state.Flatten(source, a.header.Get("Content-Type"), a.body)
	return glance{a, facts.Map(b.redact)}, nil
}

// An object is what only its owner should be shown, and how it is recognised.
type object struct {
	bench  *Bench
	owner  *identity.Session
	action finding.Action
	refs   []observe.Reference
	source string
	form   *subject // where it is asked for with a body, nil for a GET
	// messages name it over a socket, after which the owner hears that many.
	messages []string
	heard    int
	seen     glance         // as the owner sees it
	private  state.Snapshot // facts of it that the callers are shown nowhere else
}

// tryRead asks for what the owner is shown as each of the callers.
func (b *Bench) tryRead(ctx context.Context, f finding.Finding, owner *identity.Session, callers []caller) (finding.Finding, error) {
	f.Proof.Oracle = "http"
	o, err := b.objectOf(ctx, &f, owner, callers)
	if err != nil {
		return f, err
	}
	var open []caller // who is shown something of it
	var leaked []state.Snapshot
	for _, c := range callers {
		shown, err := o.ask(ctx, &f, c)
		if err != nil {
			return f, err
		}
		if len(shown) > 0 {
			open, leaked = append(open, c), append(leaked, shown)
		}
	}
	if len(open) == 0 {
		return verdict(f, finding.Refuted, fmt.Sprintf("asked for %s, the address answers with nothing of what %q is shown there", textsOf(callers), owner.Name())), nil
	}
	if f.Plan.Intruder == "" {
		return o.unauthenticated(f, open, leaked)
	}
	return o.unauthorized(ctx, f, open[0], leaked[0])
}

// objectOf reads the object as its owner, twice, and finds what of it is private.
func (b *Bench) objectOf(ctx context.Context, f *finding.Finding, owner *identity.Session, callers []caller) (*object, error) {
	a := f.Plan.Action
	if err := b.Grant.Allows(a.URL); err != nil {
		return nil, notTestable("%v", err)
	}
	o := &object{bench: b, owner: owner, action: a, refs: refsOf(f.Plan), messages: f.Plan.Messages, source: a.Method + " " + a.Route}
	if b.isAlive(ctx, owner) != nil {
		if err := owner.Renew(ctx); err != nil {
			return nil, notTestable("the session of %q was lost and could not be renewed: %v", owner.Name(), err)
		}
	}
	if err := o.open(ctx); err != nil {
		return nil, err
	}
	first, err := o.look(ctx, owner, a.URL, "")
	if err != nil {
		return nil, err
	}
	if o.seen, err = o.look(ctx, owner, a.URL, ""); err != nil {
		return nil, err
	}
	if o.seen.status != http.StatusOK {
		return nil, notTestable("%q, who was shown it before, is answered %d now", owner.Name(), o.seen.status)
	}
	o.private = state.Snapshot{}
	for where, value := range o.seen.facts {
		if first.facts[where] == value && o.tells(value) && isAmong(f.Plan.Extra, where) {
			o.private[where] = value
		}
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "legitimate", Passed: true,
		Text: fmt.Sprintf("%q was answered 200 twice; %d facts were the same both times", owner.Name(), len(o.private))})
	for _, c := range callers {
		name := c.who.Name()
		if c.nobody {
			name = ""
		}
		known := b.knownTo(name)
		o.forget(func(value string) bool { return known.elsewhere(value, a.URL) })
	}
	if err := o.leaveOutGeneric(ctx, f, callers[len(callers)-1]); err != nil {
		return nil, err
	}
	if len(o.private) == 0 {
		return nil, notTestable("nothing in the answer tells that it is meant for %q alone", owner.Name())
	}
	return o, nil
}

// open gets ready to ask with a body, as the application's own page does.
func (o *object) open(ctx context.Context) error {
	if strings.EqualFold(o.action.Method, http.MethodGet) {
		return nil
	}
	form, err := o.bench.newSubject(o.action, o.owner)
	if err != nil {
		return err
	}
	o.form = form
	return form.open(ctx)
}

// look asks for the object as who, or for the one with another identifier.
func (o *object) look(ctx context.Context, who *identity.Session, address, id string) (glance, error) {
	if headers := headersOf(o.action); len(o.messages) > 0 {
		return o.overSocket(ctx, who, id)
	} else if o.form == nil && len(headers) > 0 {
		return o.byHeader(ctx, who, headers, id)
	} else if o.form == nil {
		return o.bench.glance(ctx, who, address, o.source)
	}
	sub := o.form.submission(o.form.asItStands(""))
	for i, r := 0, o.refs[len(o.refs)-1]; id != "" && i < len(sub.values); i++ {
		if sub.values[i].name == r.Name {
			sub.values[i].text = id
		}
	}
	if who != o.owner {
		o.form.ownTokens(ctx, &sub, who)
	}
	request, err := sub.request(ctx)
	if err != nil {
		return glance{}, notTestable("the request cannot be written: %v", err)
	}
	o.form.fromOwnPage(request, sub)
	entry, err := o.bench.Ledger.enter("", purposeIntrusion, o.action.Endpoint())
	if err != nil {
		return glance{}, err
	}
	a, err := o.bench.do(who, request)
	if err != nil {
		return glance{}, err
	}
	o.bench.Ledger.changed(entry, nil) // it asks, by its name
	return o.factsOf(a), nil
}

func (o *object) factsOf(a answer) glance {
	return glance{a, state.Flatten(o.source, a.header.Get("Content-Type"), a.body).Map(o.bench.redact)}
}

// tells says whether a value says something beside which object was asked for.
func (o *object) tells(value string) bool {
	for _, r := range o.refs {
		value = strings.ReplaceAll(value, r.Value, "")
	}
	letters := 0
	for _, r := range value {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters++
		}
	}
	return letters >= 2 && value != "true" && value != "false" && value != "null"
}

// forget takes what is known anyway out of the private facts.
func (o *object) forget(isKnown func(value string) bool) {
	for where, value := range o.private {
		if isKnown(value) {
			delete(o.private, where)
		}
	}
}

// leaveOutGeneric asks for an object that does not exist, and leaves out what is
// said of that as well: it is said of every object.
func (o *object) leaveOutGeneric(ctx context.Context, f *finding.Finding, c caller) error {
	address, id := o.missing(0)
	if address == "" {
		return nil
	}
	none, err := o.look(ctx, c.who, address, id)
	if err != nil {
		return err
	}
	generic := map[string]bool{}
	for _, value := range none.facts {
		generic[value] = true
		generic[strings.ReplaceAll(value, id, o.refs[len(o.refs)-1].Value)] = true
	}
	o.forget(func(value string) bool { return generic[value] })
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "missing-object", Passed: true,
		Text: fmt.Sprintf("an object that does not exist (%s), asked for %s, was answered %d; what its answer says does not count", id, c.text, none.status)})
	return nil
}

// missing is the address of the nth object of the same kind that is not there, and
// its identifier; "" where the address names no object.
func (o *object) missing(n int) (address, id string) {
	if len(o.refs) == 0 {
		return "", ""
	}
	r := o.refs[len(o.refs)-1]
	id = absent(r.Value, n)
	u, err := url.Parse(o.action.URL)
	if err != nil {
		return "", ""
	}
	if r.Path == "" && r.In != "query" {
		return o.action.URL, id // it stands in the body, a header or a message
	}
	if r.In == "query" {
		query := u.Query()
		query.Set(r.Name, id)
		u.RawQuery = query.Encode()
		return u.String(), id
	}
	rest := strings.TrimPrefix(u.Path, r.Path)
	u.Path, u.RawPath = strings.TrimSuffix(r.Path, r.Value)+id+rest, ""
	return u.String(), id
}

// absent is the nth identifier of the same shape that hardly exists.
func absent(id string, n int) string {
	if allDigits.MatchString(id) && len(id) < 9 {
		return strconv.Itoa(9-n) + strings.Repeat("0", 8-len(id)) + id
	}
	return wrongToken(id)
}

// ask asks for the object as c and gives the private facts that c is shown.
func (o *object) ask(ctx context.Context, f *finding.Finding, c caller) (state.Snapshot, error) {
	g, err := o.look(ctx, c.who, o.action.URL, "")
	if err != nil {
		return nil, err
	}
	shown := state.Snapshot{}
	for where, value := range o.private {
		if g.facts[where] == value {
			shown[where] = value
		}
	}
	why := "nothing of the owner's in the answer"
	if len(shown) > 0 {
		why = fmt.Sprintf("%d of %d private facts of the owner's in the answer", len(shown), len(o.private))
		f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: "The address was asked for " + c.text + ".",
			Request: o.request(), Answer: o.bench.answerText(g.answer)})
	}
	note(f, c, len(shown) > 0, g.status, why)
	return shown, nil
}

// unauthorized is the verdict on an object that somebody else with a login is
// shown: proven, unless everybody is shown it, or the application knows its owner.
func (o *object) unauthorized(ctx context.Context, f finding.Finding, c caller, leaked state.Snapshot) (finding.Finding, error) {
	for _, stranger := range []caller{visitor(o.bench), broken(c.who)} {
		shown, err := o.ask(ctx, &f, stranger)
		if err != nil {
			return f, err
		}
		if len(shown) > 0 {
			f.Proof.Controls = append(f.Proof.Controls, brokenControl(false, http.StatusOK))
			return f, notTestable("visitors without a login are shown it too: it is public, or authentication is missing")
		}
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "broken-session", Passed: true,
		Text: "without a session, and with one that nobody gave out, the answer shows nothing of it"})
	if o.isProfile() && !anyPersonal(leaked) {
		return f, notTestable("what is told of a user may be meant for other users, and nothing of it is what pages keep to oneself")
	}
	if f.Weakness == finding.AuthFunction && o.bench.Site.Sightings().LedToRoute(c.who.Name(), o.action.Route) && !o.tellsOfOthers(leaked, c) {
		return f, notTestable("%q was served it when it was asked for, and it tells nothing of other users: it may be meant for everybody who is logged in", c.who.Name())
	}
	f = o.witnessed(f, leaked, c)
	if missing := o.ownersPart(leaked); missing != "" {
		return verdict(f, finding.Suspected, fmt.Sprintf("%q is shown the object of %q, but not all of it (%s is left out): the application may mean to share the rest",
			c.who.Name(), o.owner.Name(), missing)), nil
	}
	what := fmt.Sprintf("the object of %q", o.owner.Name())
	if f.Weakness == finding.AuthFunction {
		what = fmt.Sprintf("what %q, an administrator, is shown", o.owner.Name())
	}
	return verdict(f, finding.Proven, fmt.Sprintf("asked for %s, the address shows %s, and %s that %q is shown nowhere else", c.text, what, howMany(len(leaked)), c.who.Name())), nil
}

var people = regexp.MustCompile(`(?i)/(users?|u|profiles?|members?|people|persons?|authors?)/[^/]+$`)

// isProfile says whether the object is somebody's page about themselves.
func (o *object) isProfile() bool {
	return slices.ContainsFunc(o.refs, func(r observe.Reference) bool {
		return people.MatchString(r.Path) || r.Of != "" && people.MatchString("/"+r.Of+"/x")
	})
}

func anyPersonal(facts state.Snapshot) bool {
	for where, value := range facts {
		if isPersonal(where, value) {
			return true
		}
	}
	return false
}

func howMany(n int) string {
	if n == 1 {
		return "a value"
	}
	return fmt.Sprintf("%d values", n)
}

// ownersPart is a member or control of the object that only the owner is shown,
// "" if the caller is shown all of it.
func (o *object) ownersPart(leaked state.Snapshot) string {
	var missing []string
	for where, value := range o.private {
		if _, shown := leaked[where]; !shown {
			missing = append(missing, strings.TrimPrefix(where, o.source+" ")+" "+value)
		}
	}
	// A few facts differ by who asks: a greeting, a token. Most of it has to be there.
	if len(missing) <= len(leaked) {
		return ""
	}
	place, _, _ := strings.Cut(slices.Min(missing), "\x00")
	return o.bench.redact(place)
}

// unauthenticated is the verdict on what is shown without a login. That visitors
// are answered is a weakness only if the content is private: if a session that
// means nothing opens what none does not, if the object is shown to one identity
// only, or if it holds what else only that one is shown.
func (o *object) unauthenticated(f finding.Finding, open []caller, leaked []state.Snapshot) (finding.Finding, error) {
	c, shown := open[0], leaked[0]
	f = o.witnessed(f, shown, c)
	onlyBroken := c.name != "no session"
	switch why := o.privateBecause(shown); {
	case onlyBroken:
		return verdict(f, finding.Proven, "asked for "+c.text+", the address shows what visitors without cookies are not shown: that there is a cookie is taken for a login"), nil
	case why != "":
		return verdict(f, finding.Proven, fmt.Sprintf("asked for %s, the address shows what %q is shown, and %s", c.text, o.owner.Name(), why)), nil
	}
	return f, notTestable("visitors are answered as %q is, and nothing says that the content is not for everybody", o.owner.Name())
}

// privateBecause says why content that visitors are shown should be private, "" if
// nothing says so.
func (o *object) privateBecause(shown state.Snapshot) string {
	seen := o.bench.Site.Sightings()
	others := len(seen.Ordinary()) > 1
	guessable := !slices.ContainsFunc(o.refs, func(r observe.Reference) bool { return looksRandom(r.Value) && len(r.Value) >= 16 })
	if owner, ok := seen.Owner(o.refs); ok && others && guessable && owner == o.owner.Name() {
		return "no other identity and no visitor is led there"
	}
	if seen.Privileged(o.owner.Name()) && observe.InAdminArea(o.action.Route) {
		return "it belongs to the administrators' area"
	}
	personal := o.bench.personalTo(o.owner.Name(), o.action.URL)
	for _, where := range sortedPlaces(shown) {
		if personal(shown[where]) {
			return fmt.Sprintf("holds %q, which pages behind the login show to %q alone", o.bench.redact(shown[where]), o.owner.Name())
		}
	}
	return ""
}

var (
	momentLike  = regexp.MustCompile(`\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}`)
	contactName = regexp.MustCompile(`(?i)(street|address|phone|mobile|iban|birth|tax|card)[^ ]*$`)
)

// isPersonal says whether a value is of the kind that is not for everybody: an
// address to reach somebody at, a number of theirs, or what they wrote into a form
// that asks for such. A nickname is written to be seen.
func isPersonal(where, value string) bool {
	digits := 0
	for _, r := range value {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	switch {
	case strings.Contains(value, "«") || len(value) < 6 || momentLike.MatchString(value):
		return false
	case strings.Contains(value, "@") && !strings.Contains(value, " "), digits >= 7 && len(value) < 40:
		return true
	}
	return strings.Contains(where, " form[") && contactName.MatchString(where)
}

// witnessed puts what the caller was shown into the proof.
func (o *object) witnessed(f finding.Finding, shown state.Snapshot, c caller) finding.Finding {
	const told = 6
	places := sortedPlaces(shown)
	for _, where := range places[:min(len(places), told)] {
		place, _, _ := strings.Cut(where, "\x00")
		f.Proof.Changes = append(f.Proof.Changes, finding.Change{Where: place + ", " + c.name, After: shown[where]})
		if len(shown[where]) > len(f.Proof.Marker) {
			f.Proof.Marker = shown[where]
		}
	}
	return f
}

func sortedPlaces(s state.Snapshot) []string {
	var places []string
	for where := range s {
		places = append(places, where)
	}
	slices.SortFunc(places, func(a, b string) int { return cmp.Or(len(s[b])-len(s[a]), strings.Compare(a, b)) })
	return places
}
