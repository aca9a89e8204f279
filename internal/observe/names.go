package observe

import (
	"maps"
	"net/url"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/markup"
)

// An address is a URL that an identity was shown.
type address struct{ identity, url string }

// A place is where the same is done to several things: the {} of
// /notes/{}/delete.
type place struct {
	parent string
	// named is set where a word such as delete says that something is done to a thing.
	named bool
	// names are the segments seen there, by who was shown them.
	names map[string]map[string]bool
}

// learnNames finds segments that name things although they look like words, as in
// /notes/ink/delete and /notes/card/delete. Functions look the same, as in
// /profile/phone/delete, but everybody has those: so what counts is that identities
// were shown different ones, or else that they look made up. Where no such word
// says that things are meant, as in /notes/ink/message, no two identities may have
// been shown the same.
func (r *routes) learnNames(seen []address) {
	places := map[string]*place{}
	for _, a := range seen {
		u, err := url.Parse(a.url)
		if err != nil {
			continue
		}
		parts := segments(u.Path)
		for i, p := range parts {
			after := i+1 < len(parts) && markup.ActsOnThing(parts[i+1])
			before := i > 1 && i == len(parts)-1 && markup.ActsOnThing(parts[i-1])
			inside := i+1 < len(parts)
			if i == 0 || markup.ActsOnThing(p) || looksLikeID(p) || !inside && !before {
				continue
			}
			parent := parentOf(parts[:i+1])
			key := parent + "{}/" + strings.Join(parts[i+1:], "/")
			if places[key] == nil {
				places[key] = &place{parent: parent, named: after || before, names: map[string]map[string]bool{}}
			}
			if places[key].names[a.identity] == nil {
				places[key].names[a.identity] = map[string]bool{}
			}
			places[key].names[a.identity][p] = true
		}
	}
	for _, p := range places {
		if all := p.all(); len(all) > 1 && (p.named && (p.differ() || lookMadeUp(all)) || p.apart()) {
			if r.names[p.parent] == nil {
				r.names[p.parent] = map[string]bool{}
			}
			maps.Copy(r.names[p.parent], all)
		}
	}
}

func (p *place) all() map[string]bool {
	all := map[string]bool{}
	for _, names := range p.names {
		maps.Copy(all, names)
	}
	return all
}

// differ says whether two identities were shown different names.
func (p *place) differ() bool {
	all := p.all()
	for _, names := range p.names {
		if len(p.names) > 1 && len(names) < len(all) {
			return true
		}
	}
	return false
}

// apart says whether at least two identities were shown names here, no two of them
// the same one, and visitors none: everybody has things of their own. Functions overlap.
func (p *place) apart() bool {
	if len(p.names[""]) > 0 {
		return false
	}
	total := 0
	for _, names := range p.names {
		total += len(names)
	}
	return len(p.names) > 1 && total == len(p.all())
}

// lookMadeUp says whether most names are more than a word.
func lookMadeUp(names map[string]bool) bool {
	odd := 0
	for name := range names {
		if strings.ContainsAny(name, "0123456789-_~.") {
			odd++
		}
	}
	return 2*odd > len(names)
}
