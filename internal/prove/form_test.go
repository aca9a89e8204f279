package prove

import (
	"testing"
)

// The token that a page spells out for its scripts is found by a name that suggests one
// and a value that nobody could guess.
func TestATokenThatAScriptInThePageIsGiven(t *testing.T) {
	for page, want := range map[string]string{
		`<script>window.init = {'urlRoot': "", 'csrfNonce': "9f28a57b6be8db8e325f0a15", 'userId': 4}</script>`: "9f28a57b6be8db8e325f0a15",
		`<script>var csrf_token = "c1d2e3f4a5b6c7d8";</script>`:                                                "c1d2e3f4a5b6c7d8",
		`<script>const tokenHint = "please log in";</script>`:                                                  "",
		`<script>let colour = "c1d2e3f4a5b6c7d8";</script>`:                                                    "",
		`<p>csrfToken: "c1d2e3f4a5b6c7d8"</p>`:                                                                 "",
	} {
		d := parseDocument("http://site.test/", "text/html", []byte(page))
		if got := d.constant(tokenLike.MatchString); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}
