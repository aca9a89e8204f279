package check

import (
	"strings"
	"testing"
)

// Numbers below have right check digits unless their row says otherwise; none of them
// was ever issued.
func TestCardsAndWhatLooksLikeThem(t *testing.T) {
	for text, want := range map[string]int{
		`{"card_number": "4556737586899855"}`:                                       1,
		`{"cardNumber":4556737586899855}`:                                           1,
		`{"customer_card_number":"4556 7375 8689 9855"}`:                            1,
		`{"card":{"brand":"visa","number":"4556737586899855"}}`:                     1,
		`{"card":{"issuer":"bank","number":"4556737586899855"}}`:                    1,
		`{"card":{"issuer":"bank"},"number":"4556737586899855"}`:                    0,
		`{"card":{"issuer":"bank","order_number":"4556737586899855"}}`:              0,
		`{"pan":"5425233430109903"}`:                                                1,
		`<dl><dt class="label">Card number</dt>  <dd>4556-7375-8689-9855</dd></dl>`: 1,
		`<p>Visa 4556 7375 8689 9855, valid until 09/29</p>`:                        1,
		"card: 374245455400126\ncard: 4556737586899855.\n":                          2,
		`{"card_number": "4111111111111111"}`:                                       1, // a member that is called so hands cards out

		`Try it with the test card 4242 4242 4242 4242.`:                                  0, // as documentation prints it
		`<p>Card number: 4111 1111 1111 1111</p>`:                                         0,
		`{"card_number": "4556737586899856"}`:                                             0, // wrong check digit
		`{"order_id": "4556737586899855"}`:                                                0,
		`{"card_id": "4556737586899855"}`:                                                 0,
		`{"cardholder": "x", "order": 4556737586899855}`:                                  0,
		`{"gift_card_number": "4556737586899855"}`:                                        0,
		`Loyalty card no. 4556737586899855`:                                               0,
		`{"card_number": "455673******9855"}`:                                             0,
		`{"tracking":"4556737586899855"}`:                                                 0,
		`<svg><title>card</title><path d="M4556737586899855 4556 7375 8689 9855"/></svg>`: 0,
		`<a href="/card/4556737586899855">card</a>`:                                       0,
		`<input name="card" value="x"><script>var card = 4556737586899855</script>`:       0,
		`{"card": "45567375-8689-4985-9855-737586899855"}`:                                0, // a UUID
		`{"card_created": 1732276800000000, "card": "2026-11-22T03:00:00Z"}`:              0,
		`{"card_account": "DE89 3704 0044 0532 0130 00"}`:                                 0, // an IBAN
		`{"card_iban": "GB29NWBK60161331926819"}`:                                         0,
		`card /api/4556737586899855`:                                                      0,
		`card 0.4556737586899855`:                                                         0,
		`card 45567375868998550001`:                                                       0,
		`card 4556-73758689 9855`:                                                         0,
		`card 9556737586899855`:                                                           0,
		`a discard 4556737586899855`:                                                      0,
		`card 0000000000000000`:                                                           0,
	} {
		if got := cardsIn(text); len(got) != want {
			t.Errorf("%s: %d cards, want %d: %v", text, len(got), want, got)
		}
	}
}

// The parts are put together here, so that nobody's search for secrets finds this file.
func TestSecretsAndWhatLooksLikeThem(t *testing.T) {
	pem := "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDc1x7VbQm0\nq3Tz8KfWn5Rj2LpY6HsUvGdE9oXaZiCtMkNwBqPrFyJhOlSgTuVe4A7xZ0Rb\nK2mQ"
	awsID, awsSecret := "AKIA"+"Q3RTZL7WMXKD5NVB", "p9Zt/Rk2VbQm0q3Tz8KfWn5Rj2LpY6HsUvGdE9oX"
	github := "ghp_" + "k2VbQm0q3Tz8KfWn5Rj2LpY6HsUvGdE9oXaZ"
	stripe := "sk_live_" + "k2VbQm0q3Tz8KfWn5Rj2LpY6"
	slack := "xoxb-" + "2938475610-8473625190234-k2VbQm0q3Tz8KfWn5Rj2LpY6"
	for text, want := range map[string]int{
		"-----BEGIN PRIVATE KEY-----\n" + pem + "\n-----END PRIVATE KEY-----":                                                   1,
		`{"key":"-----BEGIN RSA PRIVATE KEY-----\n` + strings.ReplaceAll(pem, "\n", `\n`) + `\n-----END RSA PRIVATE KEY-----"}`: 1,
		`{"id":"` + awsID + `","secret":"` + awsSecret + `"}`:                                                                   1,
		"const token = '" + github + "'":                                                                                        1,
		`stripe(` + "`" + stripe + "`" + `)`:                                                                                    1,
		`"` + slack + `"`:                                                                                                       1,
		"https://hooks.slack.com/services/" + "T0Q3RTZL7/B0WMXKD5N/k2VbQm0q3Tz8KfWn5Rj2LpY6":                                    1,

		`aws_access_key_id = AKIAIOSFODNN7EXAMPLE aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`: 0,
		`{"id":"` + awsID + `"}`: 0, // a name without its secret
		`{"id":"` + awsID + `","etag":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}`:                0, // a digest is no secret
		"-----BEGIN PUBLIC KEY-----\n" + pem + "\n-----END PUBLIC KEY-----":                       0,
		"-----BEGIN CERTIFICATE-----\n" + pem + "\n-----END CERTIFICATE-----":                     0,
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + pem + "\n-----END ENCRYPTED PRIVATE KEY-----": 0,
		"Paste what begins with -----BEGIN PRIVATE KEY----- into the field.":                      0,
		"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----":                             0,
		"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx":                                                0,
		"sk_test_" + "k2VbQm0q3Tz8KfWn5Rj2LpY6":                                                   0,
		"pk_live_" + "k2VbQm0q3Tz8KfWn5Rj2LpY6":                                                   0, // meant to be public
		"sk_live_YOUR_KEY_GOES_HERE_PLEASE_REPLACE":                                               0,
		"xoxb-your-token": 0,
		"laughs_" + "k2VbQm0q3Tz8KfWn5Rj2LpY6HsUvGd": 0,
	} {
		if got := secretsIn(text); len(got) != want {
			t.Errorf("%s: %d secrets, want %d: %v", text, len(got), want, got)
		}
	}
}

func TestHashesAndWhatLooksLikeThem(t *testing.T) {
	bcrypt := "$2b$12$" + "k2VbQm0q3Tz8KfWn5Rj2LpY6HsUvGdE9oXaZiCtMkNwBqPrFyJhOl"
	for text, want := range map[string]int{
		`{"hash":"` + bcrypt[:60] + `"}`: 1,
		"<td>pbkdf2_sha256$600000$k2VbQm0q3Tz8KfWn$" + "5Rj2LpY6HsUvGdE9oXaZiCtMkNwBqPrFyJhOlSgTuVe=</td>": 1,
		"$argon2id$v=19$m=65536,t=3,p=4$k2VbQm0q3Tz8KfWn$" + "5Rj2LpY6HsUvGdE9oXaZiCtMkNwBqPrFyJhOlSgTuVe": 1,
		"scrypt:32768:8:1$k2VbQm0q3Tz8KfWn$" + strings.Repeat("9c1fa03be57d2846", 8):                       1,

		"$2b$12$": 0,
		"Use $2b$12$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": 0,
		"pbkdf2_sha256":                       0,
		"it costs $5$ or $6$ each":            0,
		strings.Repeat("9c1fa03be57d2846", 4): 0, // any digest
	} {
		if got := hashesIn(text); len(got) != want {
			t.Errorf("%s: %d hashes, want %d: %v", text, len(got), want, got)
		}
	}
}

func TestTracesAndWhatLooksLikeThem(t *testing.T) {
	for text, want := range map[string]string{
		"Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in f\nKeyError": "Python",
		`{"detail":"Traceback (most recent call last):\n  File \"/app/main.py\", line 3"}`:    "Python",
		"<pre>Traceback (most recent call last):<br>  File &quot;/app/main.py&quot;, line 3":  "Python",
		"panic: boom\n\ngoroutine 34 [running]:\nmain.f(...)\n\t/src/main.go:12 +0x1d":        "Go",
		"java.lang.Error\n\tat a.B.c(B.java:3)\n\tat a.B.d(B.java:9)\n":                       "Java",
		"TypeError: x\n    at f (/app/x.js:1:2)\n    at g (/app/x.js:3:4)\n":                  "JavaScript",
		"Fatal error\nStack trace:\n#0 /var/www/x.php(12): f()\n":                             "PHP",
		"<p>you're seeing this error because you have <code>DEBUG = True</code> in your":      "Django",

		"Internal Server Error":                                 "",
		`{"detail":"Not Found"}`:                                "",
		"Traceback (most recent call last) is what Python says": "",
		"we met at noon (B.java:3)":                             "",
		"goroutine 1 is a fine name":                            "",
	} {
		if got := traceIn(text); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzExposures: no text makes a search fail, and what it says never quotes the text.
func FuzzExposures(f *testing.F) {
	f.Add(`{"card_number": "4556737586899855"}`)
	f.Add("AKIAQ3RTZL7WMXKD5NVB p9Zt/Rk2VbQm0q3Tz8KfWn5Rj2LpY6HsUvGdE9oX")
	f.Add("<svg><path d='")
	f.Add("card \xff\xfe4556737586899855")
	f.Fuzz(func(t *testing.T, text string) {
		traceIn(text)
		for _, look := range []func(string) []exposure{cardsIn, secretsIn, hashesIn} {
			for _, e := range look(text) {
				if e.at < 0 || e.at >= len(text) {
					t.Errorf("%q is said to stand at %d", e.what, e.at)
				}
				if strings.Contains(e.what, text[e.at:min(len(text), e.at+12)]) && len(text) > e.at+12 {
					t.Errorf("%q quotes the text", e.what)
				}
			}
		}
	})
}
