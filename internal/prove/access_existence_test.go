package prove

import "testing"

// An answer says the same of two objects if it differs by their identifiers alone (R53),
// wherever else these characters stand.
func TestWhatRefusalsSayOfTwoObjects(t *testing.T) {
	for _, test := range []struct {
		name, foreign, missing string
		ids                    identifiers
		same                   bool
	}{
		{"a short number that the address holds too", "http://127.0.0.1:81/login?next=/user/%3Factive%3D0", "http://127.0.0.1:81/login?next=/user/%3Factive%3D900000000",
			identifiers{"0", "900000000"}, true},
		{"an escaped path", "/login?next=%2Forders%2F1", "/login?next=%2Forders%2F900000001", identifiers{"1", "900000001"}, true},
		{"a name that a menu shows too", "bob: no such user bob", "bob: no such user bbo", identifiers{"bob", "bbo"}, true},
		{"a name within a word", "bobcat hides bob", "bobcat hides bbo", identifiers{"bob", "bbo"}, true},
		{"another sentence", "order 7 is not yours", "order 900000007 is unknown", identifiers{"7", "900000007"}, false},
		{"another place", "/orders", "/login", identifiers{"7", "900000007"}, false},
	} {
		if same := test.ids.outOf(test.foreign) == test.ids.outOf(test.missing); same != test.same {
			t.Errorf("%s: alike is %v: %q, %q", test.name, same, test.ids.outOf(test.foreign), test.ids.outOf(test.missing))
		}
	}
}
