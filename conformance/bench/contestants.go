package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A contestant is a proxy, what it is asked for, and how it did.
type contestant struct {
	*server
	path  string
	wants []byte // the start of a header line that shows that it does its work

	rate, cpu []float64 // requests a second and CPU microseconds a request, by round
}

// field is what all proxies share: one upstream, and a folder for their files.
type field struct {
	dir, mantlet, self string
	upstream           *server
	running            []*server
	contestants        []*contestant
}

func newField() (f *field, err error) {
	f = &field{}
	if f.dir, err = os.MkdirTemp("", "mantlet-bench"); err != nil {
		return nil, err
	}
	if err := os.Chmod(f.dir, 0o755); err != nil { // nginx's workers are nobody
		return f, err
	}
	if f.self, err = os.Executable(); err != nil {
		return f, err
	}
	f.mantlet = filepath.Join(f.dir, "mantlet")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", f.mantlet, "./cmd/mantlet")
	build.Dir = root
	if text, err := build.CombinedOutput(); err != nil {
		return f, fmt.Errorf("build mantlet: %w: %s", err, text)
	}
	addr, err := freeAddr()
	if err != nil {
		return f, err
	}
	f.upstream, err = f.run("upstream", addr, f.self, "-role", roleUpstream, "-addr", addr)
	return f, err
}

func (f *field) close() {
	for _, s := range f.running {
		s.stop()
	}
	os.RemoveAll(f.dir)
}

func (f *field) run(name, addr string, argv ...string) (*server, error) {
	s, err := start(name, addr, f.dir, argv...)
	if err == nil {
		f.running = append(f.running, s)
	}
	return s, err
}

// enter starts a proxy; argv gets the address it is to listen at.
func (f *field) enter(name, path, wants string, argv func(addr string) ([]string, error)) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	words, err := argv(addr)
	if err != nil {
		return err
	}
	s, err := f.run(name, addr, words...)
	if err != nil {
		return err
	}
	f.contestants = append(f.contestants, &contestant{server: s, path: path, wants: []byte(wants)})
	return nil
}

const framing = "X-Frame-Options: "

func (f *field) ours(role string) func(string) ([]string, error) {
	return func(addr string) ([]string, error) {
		return []string{f.self, "-role", role, "-addr", addr, "-upstream", "http://" + f.upstream.addr}, nil
	}
}

func (f *field) guard(more ...string) func(string) ([]string, error) {
	return func(addr string) ([]string, error) {
		return append([]string{f.mantlet, "guard", "--upstream", "http://" + f.upstream.addr, "--listen", addr}, more...), nil
	}
}

// findPeer looks for a peer's program: named by an environment variable, set up for the
// lab, or installed.
func findPeer(variable string, places ...string) (string, error) {
	if named := os.Getenv(variable); named != "" {
		places = []string{named}
	}
	for _, place := range places {
		if path, err := exec.LookPath(place); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("%s is not installed (%s names it if it is elsewhere), so it could not be measured", filepath.Base(places[len(places)-1]), variable)
}

var nginxHeaders = `
    add_header X-Frame-Options DENY always;
    add_header Content-Security-Policy "frame-ancestors 'none'" always;
    add_header Referrer-Policy strict-origin-when-cross-origin always;
    add_header X-Content-Type-Options nosniff always;
    add_header Strict-Transport-Security max-age=31536000 always;
    proxy_cookie_flags ~ secure samesite=lax;`

func (f *field) nginx(headers string) func(string) ([]string, error) {
	return func(addr string) ([]string, error) {
		program, err := findPeer("MANTLET_BENCH_NGINX", "/usr/sbin/nginx", "nginx")
		if err != nil {
			return nil, err
		}
		dir, err := os.MkdirTemp(f.dir, "nginx")
		if err != nil {
			return nil, err
		}
		text := strings.NewReplacer("DIR", dir, "ADDR", addr, "UPSTREAM", f.upstream.addr, "HEADERS", headers).Replace(`
daemon off;
worker_processes 2;
pid DIR/pid;
error_log DIR/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi; uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
  keepalive_requests 100000000;
  upstream app { server UPSTREAM; keepalive 128; keepalive_requests 100000000; }
  server {
    listen ADDR;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;HEADERS
    }
  }
}
`)
		config := filepath.Join(dir, "nginx.conf")
		return []string{program, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", config}, os.WriteFile(config, []byte(text), 0o644)
	}
}

// caddyTuned is what the guard's own transport has: enough connections to keep, and
// no compression between proxy and upstream.
const caddyTuned = ` {
    transport http {
      keepalive_idle_conns_per_host 1024
      compression off
    }
  }`

var caddyHeaders = `
  header {
    X-Frame-Options DENY
    Content-Security-Policy "frame-ancestors 'none'"
    Referrer-Policy strict-origin-when-cross-origin
    X-Content-Type-Options nosniff
    Strict-Transport-Security max-age=31536000
  }`

func (f *field) caddy(tuned, headers string) func(string) ([]string, error) {
	return func(addr string) ([]string, error) {
		program, err := findPeer("MANTLET_BENCH_CADDY", filepath.Join(root, ".lab/bin/caddy"), "caddy")
		if err != nil {
			return nil, err
		}
		_, port, _ := strings.Cut(addr, ":")
		text := strings.NewReplacer("PORT", port, "UPSTREAM", f.upstream.addr, "TUNED", tuned, "HEADERS", headers).Replace(`{
  admin off
  auto_https off
  persist_config off
}
http://:PORT {
  bind 127.0.0.1
  reverse_proxy UPSTREAMTUNEDHEADERS
}
`)
		config := filepath.Join(f.dir, "Caddyfile"+port)
		return []string{program, "run", "--config", config, "--adapter", "caddyfile"}, os.WriteFile(config, []byte(text), 0o644)
	}
}
