package prove

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// How many pages are read back: the nearest first, and if they show nothing all
// that are worth a look.
const (
	nearPages = 6
	widePages = 25
)

// oracle reads the state from all of its readers at once.
type oracle struct{ readers []state.Reader }

// Name names every kind of reader once, joined by "+".
func (o oracle) Name() string {
	var names []string
	for _, r := range o.readers {
		if !slices.Contains(names, r.Name()) {
			names = append(names, r.Name())
		}
	}
	return strings.Join(names, "+")
}

func (o oracle) Read(ctx context.Context) (state.Snapshot, error) {
	var all []state.Snapshot
	for _, r := range o.readers {
		s, err := r.Read(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return state.Merge(all...), nil
}

func (b *Bench) pages(session *identity.Session, urls []string) oracle {
	return oracle{[]state.Reader{state.HTTPReader{Session: session, URLs: urls, Redact: b.redact}}}
}

// oracles are the ways to read an action's effect, the likeliest first. Where the
// owner has named the tables, what shows neither in them nor in the pages nearby is
// not looked for all over the site.
func (b *Bench) oracles(session *identity.Session, a finding.Action, also ...string) []oracle {
	var ways []oracle
	if len(b.Readers) > 0 {
		ways = append(ways, oracle{b.Readers})
	}
	all := b.readable(session, a, also)
	near := all[:min(len(all), nearPages)]
	nearby := b.pages(session, near)
	if isOperation(a) {
		nearby.readers = append(b.queries(session, a), nearby.readers...)
	}
	ways = append(ways, nearby)
	if len(all) > len(near) && len(b.Readers) == 0 {
		ways = append(ways, b.pages(session, all))
	}
	return ways
}

// readable are the addresses that may show what the action changed, nearest
// first: its page, JSON answers, what stands under the same path, the rest of the
// site, one address of each route.
func (b *Bench) readable(session *identity.Session, a finding.Action, also []string) []string {
	target, err := url.Parse(a.URL)
	if err != nil {
		return nil
	}
	seen := map[string]bool{}
	var urls []string
	add := func(address string) {
		if address != "" && !seen[address] && len(urls) < widePages && b.Grant.Allows(address) == nil && b.safeToRead(address) {
			seen[address] = true
			urls = append(urls, address)
		}
	}
	add(a.Page)
	for _, address := range also {
		add(address)
	}
	for candidate := range b.guide().around(session.Name(), target) {
		if add(candidate); len(urls) == widePages {
			break
		}
	}
	add((&url.URL{Scheme: target.Scheme, Host: target.Host, Path: "/"}).String())
	if up := target.Path[:strings.LastIndexByte("/"+target.Path, '/')]; up != "" {
		add((&url.URL{Scheme: target.Scheme, Host: target.Host, Path: up}).String())
	}
	return urls
}

func sharedSegments(a, b string) int {
	x, y := strings.Split(strings.Trim(a, "/"), "/"), strings.Split(strings.Trim(b, "/"), "/")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] && x[n] != "" {
		n++
	}
	return n
}

// safeToRead leaves out addresses whose GET may itself change something.
func (b *Bench) safeToRead(address string) bool {
	u, err := url.Parse(address)
	if err != nil || endsSession.MatchString(u.Path) || destructive.MatchString(u.Path) {
		return false
	}
	return u.RawQuery == "" || !b.guide().following[u.Path]
}

// narrow keeps of an oracle what shows the given changes.
func (b *Bench) narrow(o oracle, session *identity.Session, changes []finding.Change) oracle {
	var kept []state.Reader
	for _, r := range o.readers {
		switch r := r.(type) {
		case state.HTTPReader:
			var urls []string
			for _, address := range r.URLs {
				if speaksOf(changes, state.Source(address)) {
					urls = append(urls, address)
				}
			}
			if len(urls) > 0 {
				// One page that shows it is enough; the first is the nearest.
				r.URLs = urls[:1]
				kept = append(kept, r)
			}
		case interface {
			Narrow([]finding.Change) state.Reader
		}:
			if n := r.Narrow(changes); n != nil {
				kept = append(kept, n)
			}
		default:
			kept = append(kept, r)
		}
	}
	if len(kept) == 0 {
		return o
	}
	return oracle{kept}
}

// thatShow keeps of an oracle every page that shows one of the changes, and all that
// is no page.
func (o oracle) thatShow(changes []finding.Change) oracle {
	var kept []state.Reader
	for _, r := range o.readers {
		if pages, ok := r.(state.HTTPReader); ok {
			pages.URLs = slices.DeleteFunc(slices.Clone(pages.URLs), func(address string) bool { return !speaksOf(changes, state.Source(address)) })
			if r = pages; len(pages.URLs) == 0 {
				continue
			}
		}
		kept = append(kept, r)
	}
	if len(kept) == 0 {
		return o
	}
	return oracle{kept}
}

func speaksOf(changes []finding.Change, source string) bool {
	for _, c := range changes {
		if c.Where == source || strings.HasPrefix(c.Where, source+" ") {
			return true
		}
	}
	return false
}

// covers says whether a change could have been read by o.
func (o oracle) covers(c finding.Change) bool {
	for _, r := range o.readers {
		switch r := r.(type) {
		case state.HTTPReader:
			for _, address := range r.URLs {
				if speaksOf([]finding.Change{c}, state.Source(address)) {
					return true
				}
			}
		case interface {
			Narrow([]finding.Change) state.Reader
		}:
			if r.Narrow([]finding.Change{c}) != nil {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// only keeps of a snapshot what o reads.
func (o oracle) only(s state.Snapshot) state.Snapshot {
	kept := state.Snapshot{}
	for where, value := range s {
		if o.covers(finding.Change{Where: where}) {
			kept[where] = value
		}
	}
	return kept
}

// addressOf is the page among r's that shows one of the changes.
func addressOf(r state.Reader, changes []finding.Change) string {
	if pages, ok := r.(state.HTTPReader); ok {
		for _, address := range pages.URLs {
			if speaksOf(changes, state.Source(address)) {
				return address
			}
		}
	}
	return ""
}

// signedAnew is a token of the form of RFC 7519, which is another one each time it
// is handed out.
var signedAnew = regexp.MustCompile(`^eyJ[\w-]+\.[\w-]+\.[\w-]*$`)

// diff is what changed between two readings. What only differs because a secret
// became known in between, and is hidden in one of them, did not change.
func (b *Bench) diff(before, after state.Snapshot) []finding.Change {
	came, went := map[string]int{}, map[string]int{}
	var changes []finding.Change
	for _, c := range redacted(state.Diff(before, after), b.redact) {
		switch {
		case c.Before == c.After, signedAnew.MatchString(c.Before) && signedAnew.MatchString(c.After):
			continue
		case c.Before == "":
			came[c.Where+"\x00"+c.After]++
		case c.After == "":
			went[c.Where+"\x00"+c.Before]++
		}
		changes = append(changes, c)
	}
	return slices.DeleteFunc(changes, func(c finding.Change) bool {
		key := c.Where + "\x00" + c.Before + c.After
		return (c.Before == "" || c.After == "") && came[key] > 0 && came[key] == went[key]
	})
}
