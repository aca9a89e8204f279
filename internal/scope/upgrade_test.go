package scope

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A socket is a request like any other: within the scope and the budget. Once open
// it outlives the time limit of requests.
func TestUpgrade(t *testing.T) {
	g, base := serve(t, Claim{Timeout: 300 * time.Millisecond, MaxRequests: 3}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		conn, both, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		both.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Host: " + r.Host + "\r\n\r\n")
		both.Flush()
		io.Copy(conn, both)
	})
	ask := func(path string) (*http.Response, io.ReadWriteCloser, error) {
		req := request(t, http.MethodGet, strings.Replace(base, "http", "ws", 1)+path, nil)
		req.Header.Set("Connection", "Upgrade")
		req.Header.Set("Upgrade", "echo")
		return g.Upgrade(req)
	}
	resp, stream, err := ask("/")
	if err != nil || stream == nil || resp.Header.Get("X-Host") != strings.TrimPrefix(base, "http://") {
		t.Fatalf("got %v, %v", resp, err)
	}
	time.Sleep(400 * time.Millisecond) // longer than a request may take
	got := make([]byte, 5)
	if _, err := io.WriteString(stream, "hello"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stream, got); err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v", got, err)
	}
	stream.Close()
	if resp, stream, err := ask("/refused"); err != nil || stream != nil || resp.StatusCode != 403 {
		t.Errorf("a refusal: %v, %v, %v", resp, stream, err)
	}
	req := request(t, http.MethodGet, "ws://elsewhere.test/", nil)
	if _, _, err := g.Upgrade(req); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("out of scope: %v", err)
	}
	if _, _, err := ask("/refused"); err != nil {
		t.Error(err)
	}
	if _, _, err := ask("/refused"); !errors.Is(err, ErrBudget) {
		t.Errorf("beyond the budget: %v", err)
	}
}
