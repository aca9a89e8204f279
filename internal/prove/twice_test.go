package prove

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestWhatIsShownOnceIsToldFromWhatGoesOn(t *testing.T) {
	for _, test := range []struct {
		name   string
		change finding.Change
		gone   []finding.Change
		once   bool
	}{
		{"a message", finding.Change{Where: "p", After: "Saved."}, []finding.Change{{Where: "p", Before: "Saved."}}, true},
		{"a message in another's place", finding.Change{Where: "p", Before: "Welcome", After: "Saved."}, []finding.Change{{Where: "p", Before: "Saved.", After: "Welcome"}}, true},
		{"a clock", finding.Change{Where: "p", After: "It is 08:14:07.784"},
			[]finding.Change{{Where: "p", Before: "It is 08:14:07.784"}, {Where: "p", After: "It is 08:14:07.801"}}, false},
		{"where the clock stood before", finding.Change{Where: "p", Before: "It is 08:14:07.701"},
			[]finding.Change{{Where: "p", Before: "It is 08:14:07.784"}, {Where: "p", After: "It is 08:14:07.801"}}, false},
		{"an effect", finding.Change{Where: "p", After: "light on"}, []finding.Change{{Where: "q", Before: "Saved."}}, false},
		{"elsewhere", finding.Change{Where: "p", After: "Saved."}, []finding.Change{{Where: "q", Before: "Saved."}}, false},
	} {
		if got := shownOnce(test.change, test.gone); got != test.once {
			t.Errorf("%s: got %v, want %v", test.name, got, test.once)
		}
	}
}
