package markup

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// Sockets are found as people write them (R42).
func TestSockets(t *testing.T) {
	for _, tt := range []struct {
		script string
		want   []Socket
	}{
		{`new WebSocket("ws://app.test/live")`, []Socket{{URL: "ws://app.test/live"}}},
		{`const s = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/chat/socket'); s.send("hello")`,
			[]Socket{{URL: "/chat/socket", Messages: []string{"hello"}}}},
		{"this.ws = new WebSocket(`${proto}//${location.host}/ws/feed?v=2`); this.ws.send(JSON.stringify({type: 'rename', name: input.value, n: 3}));",
			[]Socket{{URL: "/ws/feed?v=2", Messages: []string{`{"type":"rename","name":"{marker}","n":3}`}}}},
		{`const url = location.origin.replace(/^http/, 'ws') + '/live';
		  const socket = new WebSocket(url); form.onsubmit = () => socket.send(form.text.value)`,
			[]Socket{{URL: "/live", Messages: []string{"{marker}"}}}},
		{`var u = new URL('/ws', location.href); u.protocol = 'ws:'; var w = new WebSocket(u)`, []Socket{{URL: "/ws"}}},
		{`new WebSocket("/relative", ["chat.v1"])`, []Socket{{URL: "/relative"}}},
		{"new WebSocket(`wss://${host}/rooms/${room}`)", nil},
		{`new WebSocket(address)`, nil},
		{`xhr.send("x")`, nil},
		{"w = new WebSocket('/x'); other.send('no'); w.send(`say ${text}`); w.send({'a': [1, 'b', {c: d()}], ...rest, short})",
			[]Socket{{URL: "/x", Messages: []string{"say {marker}", `{"a":[1,"b",{"c":"{marker}"}],"short":"{marker}"}`}}}},
	} {
		if got := Sockets(tt.script); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s\n got %q\nwant %q", tt.script, got, tt.want)
		}
	}
}

func TestHandlers(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		sender       SenderCheck
		messages     []string
	}{
		{"no question asked", `window.addEventListener('message', e => { if (e.data.type === 'theme') fetch('/api/theme', {method: 'POST', body: e.data.value}) })`,
			SenderUnasked, []string{`{"type":"theme","value":"{marker}"}`}},
		{"origin compared", `window.addEventListener("message", function (event) { if (event.origin !== "https://a.test") return; save(event.data) })`,
			SenderExactly, []string{`"{marker}"`}},
		{"a list of origins", `addEventListener('message', ev => { if (!allowed.includes(ev.origin)) return; go(ev.data.to) })`, SenderExactly, []string{`{"to":"{marker}"}`}},
		{"source compared", `window.onmessage = (m) => { if (m.source !== frame.contentWindow) return; resize(m.data.height) }`, SenderExactly, []string{`{"height":"{marker}"}`}},
		{"a part of the origin", `window.addEventListener('message', e => { if (e.origin.indexOf('app.test') < 0) return; act(e.data) })`, SenderPartly, []string{`"{marker}"`}},
		{"handed on", `window.addEventListener('message', e => { if (trusted(e.origin)) act(e.data) })`, SenderUnclear, []string{`"{marker}"`}},
		{"a named function that parses", `function onMessage(e) { const m = JSON.parse(e.data); switch (m.kind) { case 'export': e.source.postMessage(profile, '*'); break; case "rename": rename(m.name) } }
			window.addEventListener('message', onMessage, false);`, SenderUnasked,
			[]string{`"{\"kind\":\"export\",\"name\":\"{marker}\"}"`, `"{\"kind\":\"rename\",\"name\":\"{marker}\"}"`}},
		{"taken apart", `window.addEventListener('message', ({data}) => { const {action, value} = data; if (action == 'save') put(value) })`, SenderUnasked,
			[]string{`{"action":"save","value":"{marker}"}`}},
		{"a word", `window.addEventListener('message', e => { if (e.data === 'refresh') location.reload() })`, SenderUnasked, []string{`"refresh"`}},
	} {
		got := Handlers(tt.script)
		if len(got) != 1 || got[0].Sender != tt.sender || !reflect.DeepEqual(got[0].Messages, tt.messages) {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
	for _, silent := range []string{`worker.addEventListener('message', f)`, `socket.onmessage = e => show(e.data)`, `navigator.serviceWorker.addEventListener('message', f)`,
		`document.addEventListener('click', f)`, `window.addEventListener('message', imported)`} {
		if got := Handlers(silent); got != nil {
			t.Errorf("%s: got %q", silent, got)
		}
	}
}

// Whatever a script holds, reading it ends, and messages of handlers are JSON.
func FuzzScripts(f *testing.F) {
	f.Add("w = new WebSocket('/x'); w.send(JSON.stringify({a: [1, `b${c}`], 'd': e}))")
	f.Add("window.addEventListener('message', ({data: {type}}) => { if (type === 'x') y(data.z) })")
	f.Add("window.onmessage = e => { const {a, b = 1} = JSON.parse(e.data) }")
	f.Fuzz(func(t *testing.T, script string) {
		for _, s := range Sockets(script) {
			if strings.Contains(s.URL, unknownPart) {
				t.Errorf("an address with an unknown part: %q", s.URL)
			}
		}
		for _, h := range Handlers(script) {
			for _, m := range h.Messages {
				if !json.Valid([]byte(m)) {
					t.Errorf("no JSON: %q", m)
				}
			}
		}
		Calls(script)
	})
}
