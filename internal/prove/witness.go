package prove

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A witness is how the effect of an action is recognised: learned from what the
// legitimate action changed, and asked of everything that is forged. A marker
// that shows up elsewhere (in a log of refused requests, say) is no witness.
type witness struct {
	kind   witnessKind
	places map[string]bool // generalised places where the effect stands
	shapes map[string]bool // place and wording, the marker taken out
	// name and value are the field whose value is looked for; only for byValue.
	name, value string
}

type witnessKind string

const (
	byText       witnessKind = "marker"
	byAmount     witnessKind = "amount"
	byTransition witnessKind = "transition"
	byVanishing  witnessKind = "vanishing"
	byValue      witnessKind = "value"
)

// witnessed derives a witness from the changes of a legitimate run that carried m;
// false if the run is not recognised in them. Transitions take two runs and are
// not found here.
func witnessed(changes []finding.Change, noise *state.Noise, m marker) (witness, []finding.Change, bool) {
	if hits := state.Carrying(changes, m.text); len(hits) > 0 {
		return newWitness(byText, hits, m.text), hits, true
	}
	if hits := state.Carrying(noise.Filter(changes), m.amount); len(hits) > 0 {
		return newWitness(byAmount, hits, m.amount), hits, true
	}
	return witness{}, nil, false
}

func newWitness(kind witnessKind, hits []finding.Change, mark string) witness {
	w := witness{kind: kind, places: map[string]bool{}, shapes: map[string]bool{}}
	for _, c := range hits {
		w.places[state.Place(c.Where)] = true
		w.shapes[shapeOf(c, mark)] = true
	}
	return w
}

func placesOf(changes []finding.Change) map[string]bool {
	places := map[string]bool{}
	for _, c := range changes {
		places[state.Place(c.Where)] = true
	}
	return places
}

// shapeOf is a place and what is said there, without the marker and numbers.
func shapeOf(c finding.Change, mark string) string {
	text := strings.ReplaceAll(strings.ToLower(c.After), strings.ToLower(mark), "¤")
	return state.Place(c.Where) + "\x00" + state.Shape(text)
}

// sees gives the changes that show the effect of a run that carried m, nil if it
// had none. A text marker has to stand where and as the legitimate one stood, or
// in every place where that stood.
func (w witness) sees(changes []finding.Change, noise *state.Noise, m marker) []finding.Change {
	switch w.kind {
	case byText:
		return w.seesText(state.Carrying(changes, m.text), m.text)
	case byAmount:
		return w.inPlace(state.Carrying(noise.Filter(changes), m.amount))
	case byTransition:
		if kept := noise.Filter(changes); state.Shows(kept, w.places) {
			return w.inPlace(kept)
		}
	case byVanishing:
		return w.inPlace(state.Gone(changes, m.text))
	case byValue:
		return slices.DeleteFunc(w.inPlace(changes), func(c finding.Change) bool { return !holdsValue(c, w.name, w.value) })
	}
	return nil
}

func (w witness) seesText(hits []finding.Change, mark string) []finding.Change {
	hits = w.inPlace(hits)
	covered := map[string]bool{}
	for _, c := range hits {
		if w.shapes[shapeOf(c, mark)] {
			return hits
		}
		covered[state.Place(c.Where)] = true
	}
	if len(covered) < len(w.places) {
		return nil
	}
	return hits
}

func (w witness) inPlace(changes []finding.Change) []finding.Change {
	var found []finding.Change
	for _, c := range changes {
		if w.places[state.Place(c.Where)] {
			found = append(found, c)
		}
	}
	return found
}
