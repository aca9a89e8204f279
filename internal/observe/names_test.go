package observe

import "testing"

func TestSegmentsAreNamesOfThingsOnlyWhereEvidenceSaysSo(t *testing.T) {
	for _, test := range []struct {
		name string
		seen []address
		url  string
		want string
	}{
		{"things of each identity's own, before any word",
			[]address{{"alice", "/visits/alice-cough/message"}, {"bob", "/visits/bob-cough/message"}},
			"/visits/alice-cough/message", "/visits/{id}/message"},
		{"functions that both identities have",
			[]address{{"alice", "/profile/phone/form"}, {"alice", "/profile/mail/form"}, {"bob", "/profile/phone/form"}},
			"/profile/phone/form", "/profile/phone/form"},
		{"functions that only one identity was shown",
			[]address{{"alice", "/profile/phone/form"}, {"alice", "/profile/mail/form"}},
			"/profile/phone/form", "/profile/phone/form"},
		{"what visitors see too is no identity's own",
			[]address{{"", "/shop/tea/price"}, {"alice", "/shop/ink/price"}, {"bob", "/shop/pen/price"}},
			"/shop/ink/price", "/shop/ink/price"},
		{"two identities, things before the word delete",
			[]address{{"alice", "/notes/ink/delete"}, {"bob", "/notes/card/delete"}, {"bob", "/notes/ink/delete"}},
			"/notes/ink/delete", "/notes/{id}/delete"},
	} {
		r := newRoutes()
		r.learnNames(test.seen)
		if got := r.of("http://127.0.0.1" + test.url); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}
