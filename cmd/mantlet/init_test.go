package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/config"
)

const shopAPI = `{"swagger": "2.0", "info": {"title": "Shop", "version": "1"}, "basePath": "/api", "paths": {
 "/login": {"post": {"consumes": ["application/json"], "parameters": [{"in": "body", "name": "b", "schema": {"properties": {"email": {"type": "string"}, "password": {"type": "string"}}}}], "responses": {"200": {"description": "ok"}}}},
 "/orders": {"post": {"responses": {"200": {"description": "ok"}}}}}}`

func TestInitDraftsFromADocumentAndNeverOverwrites(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/docs/swagger.json" {
			w.WriteHeader(http.StatusNotFound)
		}
		w.Write([]byte(shopAPI))
	})
	t.Chdir(t.TempDir())
	mantlet(t, nil, "init", "--from-openapi", url+"/docs/swagger.json").expect(t, exitClean, "Wrote mantlet.yaml", "export ALICE_PASSWORD=...", "scan --dry-run")
	file, err := config.Load(config.Name)
	if err != nil {
		t.Fatal(err)
	}
	if file.Targets[0] != url || file.OpenAPI[0] != "/docs/swagger.json" || file.Identities[0].Login.JSON.URL != "/api/login" {
		t.Errorf("got %+v", file)
	}
	if err := os.WriteFile(config.Name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	mantlet(t, nil, "init", "--from-openapi", url+"/docs/swagger.json").expect(t, exitUsage, "is there already", "--force")
	if text, _ := os.ReadFile(config.Name); string(text) != "mine" {
		t.Errorf("it was overwritten: %s", text)
	}
	if err := os.WriteFile(config.Name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mantlet(t, nil, "init", "--from-openapi", url+"/docs/swagger.json").expect(t, exitUsage, "empty", "redirection", "--output -")
	mantlet(t, nil, "init", "--from-openapi", url+"/docs/swagger.json", "--force").expect(t, exitClean)
	if _, err := config.Load(config.Name); err != nil {
		t.Error(err)
	}
	mantlet(t, nil, "init", "--from-openapi", url+"/missing").expect(t, exitUsage, "404")
	mantlet(t, nil, "init", "--from-openapi", "a", "--record", "b").expect(t, exitUsage, "from-openapi", "record")
	mantlet(t, nil, "init").expect(t, exitClean, "# What Mantlet scans and as whom")
}

const recordedShop = `{"log": {"entries": [
 {"request": {"method": "GET", "url": "ORIGIN/", "headers": [{"name": "Cookie", "value": "sid=S3CRETcookie"}]}, "response": {"status": 200, "content": {"mimeType": "text/html"}}},
 {"request": {"method": "POST", "url": "ORIGIN/api/login", "headers": [], "postData": {"mimeType": "application/json", "text": "{\"email\": \"S3CRET@x\", \"password\": \"S3CRETpassword\"}"}}, "response": {"status": 200}},
 {"request": {"method": "POST", "url": "ORIGIN/api/orders/17/note", "headers": [{"name": "Referer", "value": "ORIGIN/"}, {"name": "Cookie", "value": "sid=S3CRETcookie"}],
  "postData": {"mimeType": "application/json", "text": "{\"note\": \"for S3CRETcookie\", \"amount\": 12}"}}, "response": {"status": 200}},
 {"request": {"method": "GET", "url": "ORIGIN/hidden?tab=2", "headers": []}, "response": {"status": 200, "content": {"mimeType": "text/html"}}},
 {"request": {"method": "POST", "url": "https://elsewhere.test/collect", "headers": []}, "response": {"status": 200}}]}}`

func TestInitDraftsFromARecording(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("shop.har", []byte(strings.ReplaceAll(recordedShop, "ORIGIN", "http://127.0.0.1:9")), 0o600); err != nil {
		t.Fatal(err)
	}
	mantlet(t, nil, "init", "--record", "shop.har", "-o", "shop.yaml").expect(t, exitClean, "Wrote shop.yaml for http://127.0.0.1:9", "--config shop.yaml")
	text, err := os.ReadFile("shop.yaml")
	if err != nil || strings.Contains(string(text), "S3CRET") {
		t.Errorf("%v\n%s", err, text)
	}
	file, err := config.Parse(text)
	if err != nil || file.HAR[0] != "shop.har" || file.Identities[0].Login.JSON == nil {
		t.Errorf("got %+v, %v", file, err)
	}
	mantlet(t, nil, "init", "--record", filepath.Join("no", "such.har")).expect(t, exitUsage, "no such file")
	mantlet(t, nil, "init", "--record", "shop.yaml").expect(t, exitUsage, "no JSON")
}

// TestScanTakesARecording is the way from a HAR file to what is tested, by the flag
// and by the file (R27).
func TestScanTakesARecording(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("sid"); err != nil || c.Value != "ann-4711" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		safe(w, "<title>Shop</title>nothing links anywhere")
	})
	recording := filepath.Join(t.TempDir(), "shop.har")
	if err := os.WriteFile(recording, []byte(strings.ReplaceAll(recordedShop, "ORIGIN", url)), 0o600); err != nil {
		t.Fatal(err)
	}
	file := write(t, "targets: ["+url+"]\nhar: ["+recording+"]\n")
	for name, args := range map[string][]string{"flag": {url, "--har", recording}, "file": {"--config", file}} {
		o := look(t, map[string]string{"ANN": "sid=ann-4711"}, append(args, "--cookie-env", "ANN", "--dry-run")...)
		o.expect(t, exitClean, "POST /api/orders/{id}/note")
		if strings.Contains(o.stdout, "S3CRET") {
			t.Errorf("%s: a secret of the recording is shown:\n%s", name, o.stdout)
		}
	}
	look(t, nil, url, "--har", file).expect(t, exitUsage, "no JSON")
}

// TestCoverageNamesWhatIsDocumentedAndWasNotReached is the verdict's account of what
// was looked at.
func TestCoverageNamesWhatIsDocumentedAndWasNotReached(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/swagger.json" {
			w.Write([]byte(shopAPI))
			return
		}
		safe(w, "<title>Shop</title>")
	})
	look(t, nil, url, "--no-proofs").expect(t, exitClean, "documented operations reached")
	look(t, nil, url, "--no-proofs", "--format", "json").expect(t, exitClean, `"missed": [`, `"POST /api/orders"`)
}
