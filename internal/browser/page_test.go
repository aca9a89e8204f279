package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCookiesKeepExactlyTheirAttributes(t *testing.T) {
	sent := make(chan string, 1)
	port := site(t, false, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/app/x" {
			sent <- r.Header.Get("Cookie")
		}
	})
	base := "http://localhost:" + port
	lines := []string{
		"unset=1; Path=/",
		"lax=1; Path=/; HttpOnly; SameSite=Lax",
		"strict=1; Path=/; SameSite=Strict",
		"none=1; Path=/; Secure; SameSite=None",
		"part=1; Path=/; Secure; SameSite=None; Partitioned",
		"__Host-k=1; Path=/; Secure",
		`quoted="a b"; Path=/app`,
		"expires=1; Path=/; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
	}
	var cookies []Cookie
	for _, l := range append(lines, "refused=1; SameSite=None", "gone=1; Max-Age=0", "other=1; Path=/other") {
		cookies = append(cookies, Cookie{Line: l, URL: base + "/app/login"})
	}
	c := openContext(t, start(t, Options{}), cookies...)
	if r := c.Refused(); len(r) != 1 || !strings.HasPrefix(r[0].Line, "refused") {
		t.Errorf("refused %v", r)
	}
	got, err := c.Cookies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if !slices.ContainsFunc(got, func(k Cookie) bool { return k.Line == l }) {
			t.Errorf("no %q in %v", l, got)
		}
	}
	open(t, c, base+"/app/x")
	header := <-sent
	for _, l := range lines {
		name, _, _ := strings.Cut(l, ";")
		if !strings.Contains(header, name) {
			t.Errorf("%s not sent: %s", name, header)
		}
	}
	if strings.Contains(header, "other=") {
		t.Errorf("sent outside its path: %s", header)
	}
}

func TestDomainCookieGoesToSubdomainsAndAHostCookieDoesNot(t *testing.T) {
	sent := make(chan string, 4)
	port := site(t, false, func(_ http.ResponseWriter, r *http.Request) { sent <- r.Header.Get("Cookie") })
	b := start(t, Options{Resolve: map[string]string{"victim.test": "127.0.0.1", "sub.victim.test": "127.0.0.1"}})
	url := "http://victim.test:" + port
	c := openContext(t, b, Cookie{Line: "wide=1; Domain=victim.test", URL: url}, Cookie{Line: "narrow=1", URL: url})
	open(t, c, "http://sub.victim.test:"+port)
	if got := <-sent; got != "wide=1" {
		t.Errorf("sub-domain got %q", got)
	}
	if _, err := b.Context(t.Context(), []Cookie{{Line: "sid=secret", URL: "nowhere"}}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("an address without a host: %v", err)
	}
}

func TestRequestsTellWhatWasReallySent(t *testing.T) {
	var port string
	port = site(t, true, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			fmt.Fprintf(w, `<iframe src="https://other.example:%s/frame"></iframe><script>
				fetch('/moved', {method: 'POST', body: 'a=1', headers: {'X-Own': 'yes'}}).then(() => new WebSocket('wss://victim.test:%s/socket'))</script>`, port, port)
		case "/moved":
			w.Header().Add("Set-Cookie", "bad=1; SameSite=None")
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		case "/there":
			w.Header().Add("X-Two", "1")
			w.Header().Add("X-Two", "2")
		case "/frame":
			fmt.Fprint(w, `<script>fetch('/api?x', {method: 'POST', body: 'inner'})</script>`)
		}
	})
	b := start(t, Options{Resolve: map[string]string{"victim.test": "127.0.0.1", "other.example": "127.0.0.1"}})
	c := openContext(t, b, Cookie{Line: "sid=1", URL: "https://victim.test:" + port})
	p := open(t, c, "https://victim.test:"+port+"/")
	inner, err := p.WaitRequest(t.Context(), func(r Request) bool { return strings.HasSuffix(r.URL, "/api?x") && r.Done && r.Sent })
	if err != nil {
		t.Fatal(err)
	}
	if string(inner.Body) != "inner" || inner.Top || inner.Header("origin") != "https://other.example:"+port {
		t.Errorf("request of the frame: %+v", inner)
	}
	moved, err := p.WaitRequest(t.Context(), func(r Request) bool { return strings.HasSuffix(r.URL, "/moved") && r.Done && r.Sent })
	if err != nil {
		t.Fatal(err)
	}
	if moved.Header("Cookie") != "sid=1" || moved.Header("X-Own") != "yes" || string(moved.Body) != "a=1" || moved.Status != 307 || len(moved.Refused) != 1 {
		t.Errorf("redirected request: %+v", moved)
	}
	there, err := p.WaitRequest(t.Context(), func(r Request) bool { return strings.HasSuffix(r.URL, "/there") && r.Done && r.Sent && r.Status > 0 })
	if err != nil {
		t.Fatal(err)
	}
	if there.Method != "POST" || there.ID != moved.ID || there.ResponseHeader("x-two") != "1, 2" {
		t.Errorf("request after the redirect: %+v", there)
	}
	if err := p.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := p.Sockets(); len(s) != 1 || !strings.HasSuffix(s[0].URL, "/socket") {
		t.Errorf("sockets %v", s)
	}
}

func TestFramesTellWhichWereRefused(t *testing.T) {
	var port string
	port = site(t, true, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Security-Policy", "frame-src https://victim.test:"+port+" https://gone.test:1")
			for _, path := range []string{"/open", "/deny", "/csp"} {
				fmt.Fprintf(w, `<iframe src="https://victim.test:%s%s"></iframe>`, port, path)
			}
			fmt.Fprintf(w, `<iframe sandbox src="https://victim.test:%s/sandboxed"></iframe>`, port)
			fmt.Fprintf(w, `<iframe src="https://other.test:%s/embedder"></iframe><iframe src="https://gone.test:1/x"></iframe>`, port)
		case "/deny":
			w.Header().Set("X-Frame-Options", "DENY")
		case "/csp":
			w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
		}
	})
	loop := "127.0.0.1"
	b := start(t, Options{Resolve: map[string]string{"victim.test": loop, "attacker.example": loop, "other.test": loop, "gone.test": loop}})
	p := open(t, openContext(t, b), "https://attacker.example:"+port+"/")
	victim := "https://victim.test:" + port
	want := map[string]Frame{
		"https://attacker.example:" + port + "/":   {Origin: "https://attacker.example:" + port},
		victim + "/open":                           {Origin: victim},
		victim + "/deny":                           {Blocked: true, Why: "net::ERR_BLOCKED_BY_RESPONSE; X-Frame-Options: DENY"},
		victim + "/csp":                            {Blocked: true, Why: "net::ERR_BLOCKED_BY_RESPONSE; Content-Security-Policy: frame-ancestors 'none'"},
		victim + "/sandboxed":                      {Origin: victim},
		"https://other.test:" + port + "/embedder": {Blocked: true, Why: "not even asked for: the page's own rules forbid it"},
		"https://gone.test:1/x":                    {Why: "net::ERR_UNSAFE_PORT"},
	}
	got := p.Frames()
	for _, f := range got {
		w := want[f.URL]
		w.ID, w.URL = f.ID, f.URL
		if f != w {
			t.Errorf("got  %+v\nwant %+v", f, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d frames, want %d: %+v", len(got), len(want), got)
	}
}

func TestElementsAreFoundFilledAndClicked(t *testing.T) {
	port := site(t, false, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<!doctype html><style>body{margin:0}</style><div style="height:2000px">
			<button class=b style="display:none">hidden</button>
			<div style="position:absolute;left:10px;top:1500px"><button class=b id=seen style="width:80px;height:30px" onclick="this.textContent='clicked'">x</button></div>
			<button class=c style="position:absolute;left:0;top:0">covered</button><div style="position:absolute;left:0;top:0;width:300px;height:50px;background:#ccc"></div>
			<form><input name=t><select name=s><option value=1><option value=2></select><input type=checkbox name=k><textarea name=a></textarea></form></div>`)
	})
	p := open(t, openContext(t, start(t, Options{})), "http://127.0.0.1:"+port)
	ctx := t.Context()
	r, ok, err := p.Rect(ctx, ".b")
	if err != nil || !ok || r != (Rect{X: 10, Y: 1500, Width: 80, Height: 30}) {
		t.Errorf("rect %v %v %v", r, ok, err)
	}
	for _, none := range []string{".c", ".absent"} {
		if _, ok, err := p.Rect(ctx, none); ok || err != nil {
			t.Errorf("%s: %v %v", none, ok, err)
		}
	}
	if ok, err := p.ClickOn(ctx, ".b"); !ok || err != nil {
		t.Errorf("click: %v %v", ok, err)
	}
	var text string
	if err := p.Eval(ctx, `document.querySelector('#seen').textContent`, &text); err != nil || text != "clicked" {
		t.Errorf("after the click: %q %v", text, err)
	}
	for sel, v := range map[string]string{"[name=t]": `it's "x"`, "[name=s]": "2", "[name=k]": "on", "[name=a]": "b"} {
		if err := p.Fill(ctx, sel, v); err != nil {
			t.Error(err)
		}
	}
	if err := p.Eval(ctx, `new URLSearchParams(new FormData(document.forms[0])).toString()`, &text); err != nil || text != "t=it%27s+%22x%22&s=2&k=on&a=b" {
		t.Errorf("form %q %v", text, err)
	}
	if err := p.Fill(ctx, "#none", ""); err == nil {
		t.Error("filled what is not there")
	}
	if err := p.Eval(ctx, `nonsense()`, nil); err == nil || !strings.Contains(err.Error(), "nonsense is not defined") {
		t.Errorf("script error: %v", err)
	}
	if _, h, err := p.Size(ctx); err != nil || h < 2000 {
		t.Errorf("size %d %v", h, err)
	}
	if err := p.SetViewport(ctx, 500, 400); err != nil {
		t.Fatal(err)
	}
	shot, err := p.Screenshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(shot)); err != nil || img.Bounds().Dx() != 500 || img.Bounds().Dy() != 400 {
		t.Errorf("picture: %v %v", img.Bounds(), err)
	}
}

func TestEndlessAndBrokenAddressesDoNotHang(t *testing.T) {
	stop := make(chan struct{})
	port := site(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/endless":
			fmt.Fprint(w, "<h1>begun</h1>")
			w.(http.Flusher).Flush()
			<-stop
		case "/silent":
			<-stop
		case "/alert":
			fmt.Fprint(w, `<script>alert('a'); document.title = String(confirm('b'))</script>`)
		case "/bare":
			w.WriteHeader(http.StatusNotFound)
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		}
	})
	defer close(stop)
	c := openContext(t, start(t, Options{Patience: time.Second}))
	base, ctx := "http://127.0.0.1:"+port, t.Context()
	if html, err := open(t, c, base+"/endless").HTML(ctx); err != nil || !strings.Contains(html, "begun") {
		t.Errorf("endless page: %q %v", html, err)
	}
	for url, text := range map[string]string{
		base + "/silent":      "no answer in 1s",
		base + "/nothing":     "net::ERR_ABORTED",
		"http://127.0.0.1:2/": "net::ERR_CONNECTION_REFUSED",
	} {
		var nav *NavigationError
		if _, err := c.Open(ctx, url); !errors.As(err, &nav) || nav.Text != text {
			t.Errorf("%s: %v", url, err)
		}
	}
	open(t, c, base+"/bare")
	p := open(t, c, base+"/alert")
	var title string
	if err := p.Eval(ctx, `document.title`, &title); err != nil || title != "false" || fmt.Sprint(p.Dialogs()) != "[a b]" {
		t.Errorf("dialogs: %q %v %v", title, p.Dialogs(), err)
	}
	p.Close()
	if _, err := p.HTML(ctx); err == nil {
		t.Error("a closed page answers")
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := c.Open(short, base+"/silent"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("caller's own time: %v", err)
	}
}

func TestRenderReturnsThePageAfterItsScripts(t *testing.T) {
	port := site(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/start":
			http.Redirect(w, r, "/app", http.StatusFound)
		case "/app":
			fmt.Fprint(w, `<!doctype html><div id=root></div><script>
				fetch('/api').then(r => r.text()).then(t => { root.innerHTML = '<form action=/x><input name=' + t + '></form>' })</script>`)
		case "/api":
			time.Sleep(20 * time.Millisecond)
			fmt.Fprint(w, r.Header.Get("Cookie"))
		case "/busy":
			fmt.Fprint(w, `<p>busy</p><script>setInterval(() => fetch('/tick'), 50)</script>`)
		}
	})
	b := start(t, Options{})
	base := "http://127.0.0.1:" + port
	r, err := b.Render(t.Context(), []Cookie{{Line: "field", URL: base}, {Line: "sid=alice", URL: base}}[1:], base+"/start")
	if err != nil {
		t.Fatal(err)
	}
	if r.URL != base+"/app" || !strings.Contains(r.HTML, `name="sid=alice"`) || !strings.HasPrefix(r.HTML, "<!DOCTYPE html>") {
		t.Errorf("rendered %s\n%s", r.URL, r.HTML)
	}
	if len(r.Requests) < 3 {
		t.Errorf("requests %v", r.Requests)
	}
	began := time.Now()
	if r, err = b.Render(t.Context(), nil, base+"/busy"); err != nil || !strings.Contains(r.HTML, "busy") {
		t.Errorf("busy page: %v %v", r, err)
	}
	if d := time.Since(began); d > 6*time.Second {
		t.Errorf("busy page took %s", d)
	}
}

func TestLoginReturnsTheSession(t *testing.T) {
	port := site(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/login" && r.Method == http.MethodPost:
			if r.FormValue("user") == "alice" && r.FormValue("password") == "pw" && r.FormValue("csrf") == "t" {
				w.Header().Add("Set-Cookie", "sid=1; Path=/; HttpOnly; SameSite=Lax")
				w.Header().Add("Set-Cookie", "plain=2; Path=/")
			}
			http.Redirect(w, r, "/home", http.StatusSeeOther)
		case r.URL.Path == "/login":
			fmt.Fprint(w, `<form method=post><input name=user><input name=password type=password><input type=hidden name=csrf value=t><button>in</button></form>`)
		}
	})
	b := start(t, Options{})
	url := "http://127.0.0.1:" + port
	for _, submit := range []string{"", "form button"} {
		got, err := b.Login(t.Context(), url+"/login", map[string]string{"user": "alice", "input[type=password]": "pw"}, submit)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"sid=1; Path=/; HttpOnly; SameSite=Lax", "plain=2; Path=/"} {
			if !slices.Contains(got, Cookie{Line: want, URL: url + "/"}) {
				t.Errorf("no %q in %v", want, got)
			}
		}
	}
	if _, err := b.Login(t.Context(), url+"/login", map[string]string{"user": "a"}, "#none"); err == nil || !strings.Contains(err.Error(), "#none") {
		t.Errorf("a button that is not there: %v", err)
	}
}
