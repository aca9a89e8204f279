package draft

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/config"
	"github.com/mantlet-dev/mantlet/internal/har"
)

const api = `{"openapi": "3.1.0", "info": {"title": "Bank # \n: x", "version": "1"}, "servers": [{"url": "https://bank.test/v1"}, {"url": "https://other.test"}],
"components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {}}}, "schemas": {
 "Token": {"type": "object", "properties": {"access_token": {"type": "string"}, "token_type": {"type": "string"}}},
 "Login": {"type": "object", "properties": {"grant_type": {"type": "string"}, "username": {"type": "string"}, "password": {"type": "string"}, "scope": {"type": "string"}}}}},
"paths": {
 "/register": {"post": {"responses": {}, "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Login"}}}}}},
 "/auth/token": {"post": {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Token"}}}}},
  "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Login"}}}}}},
 "/logout": {"post": {"responses": {}}}, "/me": {"get": {"responses": {}}},
 "/live": {"get": {"x-websocket": true, "responses": {}}}}}`

// read is the draft's file as the scanner will read it.
func read(t *testing.T, d Draft) config.File {
	t.Helper()
	file, err := config.Parse(d.YAML())
	if err != nil {
		t.Fatalf("the draft is not accepted: %v\n%s", err, d.YAML())
	}
	return file
}

func TestADocumentBecomesAFileThatIsAccepted(t *testing.T) {
	d, err := FromOpenAPI([]byte(api), "docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	file := read(t, d)
	if file.Targets[0] != "https://bank.test" || file.OpenAPI[0] != "docs/openapi.json" || len(file.Scope.Origins) != 0 || !strings.Contains(string(d.YAML()), "#     - https://other.test") {
		t.Errorf("targets %v, openapi %v, scope %+v", file.Targets, file.OpenAPI, file.Scope)
	}
	if len(file.Identities) != 2 || file.Identities[0].Name != "alice" || file.Identities[1].Name != "bob" {
		t.Fatalf("identities %+v", file.Identities)
	}
	login := file.Identities[1].Login.JSON
	if login == nil || login.URL != "/v1/auth/token" || login.Token != "/access_token" || !login.URLEncoded || login.Fields["username"] != "bob" ||
		login.Fields["grant_type"] != "password" || login.Secrets["password"] != "BOB_PASSWORD" {
		t.Errorf("the login: %+v\n%s", login, d.YAML())
	}
	if len(file.Scope.Exclude) != 1 || file.Scope.Exclude[0] != "/v1/logout" {
		t.Errorf("excluded: %v", file.Scope.Exclude)
	}
	if len(file.Sockets) != 1 || file.Sockets[0].URL != "/v1/live" {
		t.Errorf("sockets: %+v", file.Sockets)
	}
}

func TestOAuthsClientSecretIsNotThePassword(t *testing.T) {
	for _, c := range []struct {
		names    []string
		password string
		rest     int
	}{
		{[]string{"client_secret", "password"}, "password", 1},
		{[]string{"pin", "user_password"}, "pin", 1},
		{[]string{"api_key"}, "api_key", 0},
		{nil, "", 0},
	} {
		if password, rest := passwordField(c.names); password != c.password || len(rest) != c.rest {
			t.Errorf("of %v: %q is the password, %v is left", c.names, password, rest)
		}
	}
}

// TestWaysInByDocument are the credentials that documents without a login ask for.
func TestWaysInByDocument(t *testing.T) {
	for scheme, want := range map[string]string{
		`{"type": "http", "scheme": "bearer"}`:                   "bearer=ALICE_TOKEN",
		`{"type": "apiKey", "in": "header", "name": "X-Api: 1"}`: "header=X-Api: 1:ALICE_KEY",
		`{"type": "apiKey", "in": "cookie", "name": "sid"}`:      "",
	} {
		d, err := FromOpenAPI([]byte(`{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": {"get": {"responses": {}}}}, "components": {"securitySchemes": {"s": `+scheme+`}}}`),
			"http://127.0.0.1:9000/docs/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		file, got := read(t, d), ""
		if file.Targets[0] != "http://127.0.0.1:9000" || file.OpenAPI[0] != "/docs/openapi.json" {
			t.Errorf("targets %v, openapi %v", file.Targets, file.OpenAPI)
		}
		if len(file.Identities) > 0 {
			if got = "bearer=" + file.Identities[0].Bearer; got == "bearer=" {
				for name, value := range file.Identities[0].Headers {
					got = "header=" + name + ":" + value
				}
			}
		}
		if got != want || (want == "") != (len(d.Variables()) == 0) {
			t.Errorf("%s: got %q, want %q; variables %v", scheme, got, want, d.Variables())
		}
	}
}

// secretive is a recording in which every place that may hold a secret holds one.
func secretive(origin string) []byte {
	login, _ := json.Marshal(map[string]any{"email": "S3CRET-person@mail.test", "password": "S3CRET-password", "device": "S3CRET-device"})
	message, _ := json.Marshal(map[string]any{"type": "message.send", "text": "S3CRET-text", "to": "S3CRET-to", "pin": 48151623, "auth": map[string]any{"type": "S3CRET1token", "S3CRET48151623": 1}})
	entry := func(method, path, body string, more string) string {
		text, _ := json.Marshal(body)
		return fmt.Sprintf(`{"request": {"method": %q, "url": "%s%s", "headers": [{"name": "Cookie", "value": "sid=S3CRET-cookie"}, {"name": "Authorization", "value": "Bearer S3CRET-bearer"},
		 {"name": "X-CSRF", "value": "S3CRET-csrf"}, {"name": "Content-Type", "value": "application/json"}, {"name": "Referer", "value": "%s/x?S3CRET-referer=1"}], "postData": {"mimeType": "application/json", "text": %s}},
		 "response": {"status": 200, "headers": [{"name": "Set-Cookie", "value": "sid=S3CRET-set"}], "content": {"mimeType": "application/json", "text": "{\"user\": {\"token\": \"S3CRET-answer\"}}"}}%s}`, method, origin, path, origin, text, more)
	}
	sent, _ := json.Marshal(string(message))
	return []byte(`{"log": {"entries": [` + strings.Join([]string{
		entry("GET", "/start?key=S3CRET-query#S3CRET-fragment", "", ""),
		entry("POST", "/api/login?next=S3CRET-next", string(login), ""),
		entry("POST", "/reset/S3CRET48151623", `{"password": "S3CRET-new"}`, ""),
		entry("POST", "/logout", "", ""),
		entry("GET", "/chat?ticket=S3CRET-ticket", "", `, "_resourceType": "websocket", "_webSocketMessages": [{"type": "send", "opcode": 1, "data": `+string(sent)+`}, {"type": "send", "opcode": 1, "data": "S3CRET plain"}]`),
		entry("GET", "/chat/S3CRET48151623", "", `, "_resourceType": "websocket"`),
	}, ",") + `]}}`)
}

func TestARecordingBecomesAFileWithoutItsSecrets(t *testing.T) {
	r, err := har.Parse(secretive("https://user:S3CRET-pass@app.test"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := FromRecording(r, "session.har")
	if err != nil {
		t.Fatal(err)
	}
	text := string(d.YAML())
	for _, secret := range []string{"S3CRET", "48151623", "s3cret"} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret got into the file:\n%s", text)
		}
	}
	file := read(t, d)
	login := file.Identities[0].Login.JSON
	if login == nil || login.URL != "/api/login" || login.Token != "/user/token" || login.Fields["email"] != "alice@example.com" || login.Secrets["password"] != "ALICE_PASSWORD" {
		t.Errorf("the login: %+v\n%s", login, text)
	}
	if len(file.HAR) != 1 || file.HAR[0] != "session.har" || file.Targets[0] != "https://app.test" || len(file.Scope.Exclude) != 1 {
		t.Errorf("got %+v", file)
	}
	if len(file.Sockets) != 1 || file.Sockets[0].URL != "/chat" || len(file.Sockets[0].Messages) != 1 ||
		!strings.Contains(file.Sockets[0].Messages[0], `"type":"message.send"`) || !strings.Contains(file.Sockets[0].Messages[0], "{marker}") {
		t.Errorf("sockets %+v", file.Sockets)
	}
}

func TestARecordedFormIsLoggedInOnItsPage(t *testing.T) {
	const recording = `{"log": {"entries": [
	 {"request": {"method": "GET", "url": "http://127.0.0.1:5000/", "headers": [{"name": "Cookie", "value": "a=b"}]}, "response": {"status": 200, "content": {"mimeType": "text/html"}}},
	 {"request": {"method": "POST", "url": "http://127.0.0.1:5000/signup", "headers": [{"name": "Accept", "value": "text/html"}], "postData": {"mimeType": "application/x-www-form-urlencoded", "text": "user=x&password=1&password2=1"}}, "response": {"status": 302}},
	 {"request": {"method": "POST", "url": "http://127.0.0.1:5000/do/signin", "headers": [{"name": "Accept", "value": "text/html"}, {"name": "Referer", "value": "http://127.0.0.1:5000/enter"}],
	  "postData": {"mimeType": "application/x-www-form-urlencoded", "text": "csrf_token=x&user%5Bname%5D=ann&password=1"}}, "response": {"status": 302}},
	 {"request": {"method": "GET", "url": "https://cdn.test/x.js", "headers": []}, "response": {"status": 200}}]}}`
	r, err := har.Parse([]byte(recording))
	if err != nil {
		t.Fatal(err)
	}
	d, err := FromRecording(r, "x.har")
	if err != nil {
		t.Fatal(err)
	}
	file := read(t, d)
	form := file.Identities[0].Login.Form
	if form == nil || form.URL != "/enter" || form.Fields["user[name]"] != "alice" || form.Secrets["password"] != "ALICE_PASSWORD" {
		t.Errorf("the login: %+v\n%s", form, d.YAML())
	}
}

func FuzzRecording(f *testing.F) {
	f.Add(secretive("https://app.test"))
	f.Add([]byte(`{"log": {"entries": [{"request": {"method": "POST", "url": "http://a'b/%27/login", "headers": [], "postData": {"mimeType": "application/json", "text": "{\"*a: &b\": 1, \"password\": 2, \"user\\u0000\": 3}"}}}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := har.Parse(data)
		if err != nil {
			return
		}
		if d, err := FromRecording(r, "a b: #'\".har"); err == nil {
			read(t, d)
		}
		if d, err := FromWindow(r, "http://a/", ""); err == nil {
			read(t, d)
		}
	})
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(api), "https://app.test/openapi.json")
	f.Add([]byte(strings.ReplaceAll(api, "access_token", "a'b\\u0001 *&token")), "a: b")
	f.Fuzz(func(t *testing.T, data []byte, named string) {
		if u, err := url.Parse(named); err != nil || u.User != nil {
			return // commands refuse it
		}
		if d, err := FromOpenAPI(data, named); err == nil {
			read(t, d)
		}
	})
}
