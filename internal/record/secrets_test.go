package record

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/policy"
)

// TestNoSecretLeaves puts a secret into every place that holds one; what is no secret
// stays, and what was equal stays equal.
func TestNoSecretLeaves(t *testing.T) {
	const cookie, token, bearer = "a8Kd03kfQ99xPz71", "9f3C71zzQe04LmN2", "eyJh.b93Kf02.q8Zp1"
	r := har.Recording{Entries: []har.Entry{
		{Method: "POST", URL: "http://127.0.0.1/login?token=" + token, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"},
			"Cookie": {"sid=" + cookie + "; lang=de-AT"}, "Referer": {"http://127.0.0.1/login?token=" + token}}, Body: []byte("username=password&password=password&csrf=" + token)},
		{Method: "POST", URL: "http://127.0.0.1/password/orders", Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + bearer}, "X-Csrf-Token": {token}},
			Body: []byte(fmt.Sprintf(`{"user": {"password": "hunter2"}, "echo": %q, "note": "buy 3"}`, cookie))},
		{Method: "GET", URL: "ws://127.0.0.1/live", Header: http.Header{}, Socket: true, Sent: []string{`{"auth": "` + bearer + `", "text": "hello"}`}},
	}}
	out := withoutSecrets(r)
	text := fmt.Sprintf("%+v", out)
	for _, e := range out.Entries {
		text += string(e.Body)
	}
	for _, secret := range []string{cookie, token, bearer, "hunter2", "de-AT", "password=password"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is still there:\n%s", secret, text)
		}
	}
	for _, kept := range []string{"username=password&password=", "/password/orders", "buy 3", "hello", `"password":"`} {
		if !strings.Contains(text, kept) {
			t.Errorf("%s is gone:\n%s", kept, text)
		}
	}
	in := func(i int, name string) string {
		for _, f := range out.Entries[i].Fields() {
			if f.Name == name {
				return fmt.Sprint(f.Value)
			}
		}
		return ""
	}
	if stand := in(0, "csrf"); stand == "" || stand != out.Entries[1].Header.Get("X-Csrf-Token") || len(stand) != len(token) {
		t.Errorf("the token became %q in the form and %q in the header", stand, out.Entries[1].Header.Get("X-Csrf-Token"))
	}
	if got := in(1, "echo"); !strings.Contains(out.Entries[0].Header.Get("Cookie"), "sid="+got) {
		t.Errorf("the repeated cookie became %q", got)
	}
}

func TestOnlyTheSiteIsTakenDown(t *testing.T) {
	start, err := policy.OriginOfURL("http://app.example.com:8000")
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]bool{"http://app.example.com:8000/x": true, "https://login.example.com/": true, "wss://app.example.com/live": true,
		"https://accounts.elsewhere.test/login": false, "chrome://newtab/": false, "": false} {
		if got := ofSite(raw, start); got != want {
			t.Errorf("%q: got %v", raw, got)
		}
	}
	if _, ok := entryOf(browser.Request{Method: "OPTIONS", Kind: "Preflight", Status: 200}, ""); ok {
		t.Error("a browser's own question is taken down")
	}
}
