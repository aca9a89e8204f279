package draft

import (
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/har"
)

// TestWhoLogsInInAWindowStandsInTheFile takes two users over, and neither a slip of the
// fingers nor a password.
func TestWhoLogsInInAWindowStandsInTheFile(t *testing.T) {
	login := func(user, status string) string {
		return `{"request": {"method": "POST", "url": "http://127.0.0.1:5000/login", "headers": [{"name": "Sec-Fetch-Mode", "value": "navigate"}, {"name": "Referer", "value": "http://127.0.0.1:5000/login"}],
		 "postData": {"mimeType": "application/x-www-form-urlencoded", "text": "mail=` + user + `&password=S3CRET"}}, "response": {"status": ` + status + `}}`
	}
	r, err := har.Parse([]byte(`{"log": {"entries": [` + strings.Join([]string{
		login("Ann.Lee@shop.test", "303"), login("bbo@shop.test", "200"), login("7@shop.test", "303"), login("Ann.Lee@shop.test", "303"),
		`{"request": {"method": "GET", "url": "http://127.0.0.1:5000/orders/17?x=S3CRET", "headers": []}, "response": {"status": 200, "content": {"mimeType": "text/html"}}}`,
		`{"request": {"method": "GET", "url": "http://127.0.0.1:5000/logout", "headers": []}, "response": {"status": 200, "content": {"mimeType": "text/html"}}}`,
		`{"request": {"method": "GET", "url": "http://127.0.0.1:5000/x.js", "headers": []}, "response": {"status": 200, "content": {"mimeType": "text/javascript"}}}`,
	}, ",") + `]}}`))
	if err != nil {
		t.Fatal(err)
	}
	d, err := FromWindow(r, "http://127.0.0.1:5000", "")
	if err != nil {
		t.Fatal(err)
	}
	file, text := read(t, d), string(d.YAML())
	if strings.Contains(text, "S3CRET") {
		t.Errorf("a secret got into the file:\n%s", text)
	}
	if len(file.Identities) != 2 || file.Identities[0].Name != "ann_lee" || file.Identities[0].Login.Form.Fields["mail"] != "Ann.Lee@shop.test" ||
		file.Identities[1].Name != "user_7" || file.Identities[1].Login.Form.Secrets["password"] != "USER_7_PASSWORD" {
		t.Errorf("identities %+v\n%s", file.Identities, text)
	}
	if len(file.Seeds) != 1 || file.Seeds[0] != "/orders/17" || len(file.HAR) != 0 || strings.Contains(text, "likeliest") {
		t.Errorf("seeds %v\n%s", file.Seeds, text)
	}
	if d, err := FromWindow(r, "http://127.0.0.1:5000", "kept.har"); err != nil || len(read(t, d).HAR) != 1 || len(d.Seeds) != 0 {
		t.Errorf("kept: %+v, %v", d, err)
	}
}
