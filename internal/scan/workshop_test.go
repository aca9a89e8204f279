package scan_test

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// areaRoutes is how many routes an area of a workshop has.
const areaRoutes = 10

// A workshop is an application of any size: areas of ten routes each, for two
// users, who have two things of their own in each. Pages, lists, forms with tokens,
// a switch, a deletion and a JSON interface, all protected, but for what is wrong in
// every second area: its settings check nothing and may be framed, and its JSON
// interface shows everybody's things to everybody and lets everybody change them.
//
// What is measured with it can be compared whatever its size, since an area costs
// and finds the same in each.
type workshop struct {
	mux    http.ServeMux
	mu     sync.Mutex
	areas  []string
	things map[string][]*thing // by area
	mottos map[string]string   // by area and user
	muted  map[string]bool     // by area and user
	asked  map[string]int      // requests by method and pattern
	made   int                 // things that users made
	pause  time.Duration       // before each answer
}

type thing struct {
	ID    int    `json:"id"`
	Owner string `json:"-"`
	Name  string `json:"name"`
	Note  string `json:"note"`
}

var users = []string{"alice", "bob"}

func serveWorkshop(tb testing.TB, routes int, pause time.Duration) (*workshop, *httptest.Server) {
	w := &workshop{areas: areaNames(routes / areaRoutes), things: map[string][]*thing{}, mottos: map[string]string{},
		muted: map[string]bool{}, asked: map[string]int{}, pause: pause}
	for i, area := range w.areas {
		for j := range 2 * len(users) {
			user := users[j%len(users)]
			w.things[area] = append(w.things[area], &thing{ID: 1000 + 10*i + j, Owner: user,
				Name: fmt.Sprintf("%s's %s no. %d", user, area, j), Note: fmt.Sprintf("private words of %s on %s %d", user, area, j*17+i)})
		}
	}
	w.route()
	server := httptest.NewServer(w)
	tb.Cleanup(server.Close)
	return w, server
}

// areaNames are words, as an application has them, so that no two are taken for
// one route with an identifier.
func areaNames(n int) []string {
	firsts := []string{"oak", "iron", "linen", "amber", "cork", "slate", "wool", "brass", "cedar", "flint"}
	seconds := []string{"ledgers", "parcels", "notices", "drafts", "vessels", "permits", "letters", "samples", "devices", "budgets"}
	var names []string
	for i := range n {
		names = append(names, firsts[i/len(seconds)%len(firsts)]+seconds[i%len(seconds)])
	}
	return names
}

// weak says whether an area is one of those with weaknesses.
func (w *workshop) weak(area string) bool { return slices.Index(w.areas, area)%2 == 0 }

func (w *workshop) route() {
	w.mux.HandleFunc("GET /{$}", w.page(w.home))
	w.mux.HandleFunc("GET /openapi.json", func(out http.ResponseWriter, _ *http.Request) { answerJSON(out, w.openAPI()) })
	for _, area := range w.areas {
		w.mux.HandleFunc("GET /"+area, w.page(w.list(area)))
		w.mux.HandleFunc("POST /"+area, w.form(func(user string, r *http.Request) string { return w.add(area, user, r) }))
		w.mux.HandleFunc("GET /"+area+"/{id}", w.page(w.detail(area)))
		w.mux.HandleFunc("POST /"+area+"/{id}", w.form(func(user string, r *http.Request) string { return w.change(area, user, r) }))
		w.mux.HandleFunc("POST /"+area+"/{id}/delete", w.form(func(user string, r *http.Request) string { return w.remove(area, user, r) }))
		w.mux.HandleFunc("GET /"+area+"/settings", w.page(w.settings(area)))
		w.mux.HandleFunc("POST /"+area+"/settings", w.form(func(user string, r *http.Request) string { return w.set(area, user, r) }))
		w.mux.HandleFunc("POST /"+area+"/settings/mute", w.form(func(user string, r *http.Request) string { return w.mute(area, user, r) }))
		w.mux.HandleFunc("GET /api/"+area+"/{id}", w.api(func(user string, r *http.Request) any { return w.thing(area, user, r, w.weak(area)) }))
		w.mux.HandleFunc("PUT /api/"+area+"/{id}", w.api(func(user string, r *http.Request) any { return w.replace(area, user, r) }))
	}
}

func (w *workshop) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/login" {
		w.login(out, r)
		return
	}
	time.Sleep(w.pause)
	w.mu.Lock()
	defer w.mu.Unlock()
	_, pattern := w.mux.Handler(r)
	w.asked[pattern]++
	w.mux.ServeHTTP(out, r)
}

// requests is how many were asked for in all, logins left out.
func (w *workshop) requests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, times := range w.asked {
		n += times
	}
	return n
}

func (w *workshop) login(out http.ResponseWriter, r *http.Request) {
	user := r.PostFormValue("username")
	if r.Method == http.MethodPost && slices.Contains(users, user) && r.PostFormValue("password") == user+"-password" {
		http.SetCookie(out, &http.Cookie{Name: "sid", Value: sessionOf(user), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode})
		http.Redirect(out, r, "/", http.StatusSeeOther)
		return
	}
	out.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
	show(out, `<form method=post action=/login><input name=username><input name=password type=password><button>Log in</button></form>`, nil)
}

func sessionOf(user string) string {
	return map[string]string{"alice": "5f0c1d9a7be24c11", "bob": "c0a7e61b93f8d254"}[user]
}
func tokenOf(user string) string {
	return map[string]string{"alice": "9d31aa07c4e84be0b6", "bob": "27fe5b90d1c3468a7e"}[user]
}

func userOf(r *http.Request) string {
	cookie, err := r.Cookie("sid")
	for _, user := range users {
		if err == nil && cookie.Value == sessionOf(user) {
			return user
		}
	}
	return ""
}

func (w *workshop) page(show func(out http.ResponseWriter, user string, r *http.Request)) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		user := userOf(r)
		if user == "" {
			http.Redirect(out, r, "/login", http.StatusFound)
			return
		}
		out.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
		show(out, user, r)
	}
}

// form is a change by a form, which has to carry the user's token, except in the
// settings of weak areas.
func (w *workshop) form(do func(user string, r *http.Request) (next string)) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		user, area := userOf(r), strings.Split(r.URL.Path, "/")[1]
		if user == "" {
			http.Redirect(out, r, "/login", http.StatusFound)
			return
		}
		open := w.weak(area) && strings.HasSuffix(r.URL.Path, "/settings")
		if !open && r.PostFormValue("csrf_token") != tokenOf(user) {
			http.Error(out, "bad token", http.StatusForbidden)
			return
		}
		next := do(user, r)
		if next == "" {
			http.NotFound(out, r)
			return
		}
		http.Redirect(out, r, next, http.StatusSeeOther)
	}
}

func (w *workshop) api(do func(user string, r *http.Request) any) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		user := userOf(r)
		switch {
		case user == "":
			http.Error(out, "log in", http.StatusUnauthorized)
			return
		case r.Method != http.MethodGet && r.Header.Get("Content-Type") != "application/json":
			http.Error(out, "send JSON", http.StatusUnsupportedMediaType)
			return
		}
		if answer := do(user, r); answer != nil {
			answerJSON(out, answer)
			return
		}
		http.NotFound(out, r)
	}
}

func answerJSON(out http.ResponseWriter, answer any) {
	out.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(out).Encode(answer) // a client that went away needs no answer
}

func show(out http.ResponseWriter, text string, data any) {
	out.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = template.Must(template.New("").Parse(text)).Execute(out, data) // as above
}

func (w *workshop) home(out http.ResponseWriter, user string, _ *http.Request) {
	show(out, `<title>Workshop</title><h1>Good day, {{.User}}</h1>
{{range .Areas}}<a href="/{{.}}">{{.}}</a> <a href="/{{.}}/settings">settings of {{.}}</a>
{{end}}`, map[string]any{"User": user, "Areas": w.areas})
}

func (w *workshop) list(area string) func(http.ResponseWriter, string, *http.Request) {
	return func(out http.ResponseWriter, user string, _ *http.Request) {
		show(out, `<title>{{.Area}}</title><h1>{{.Area}}</h1><ul>{{$area := .Area}}
{{range .Things}}<li><a href="/{{$area}}/{{.ID}}">{{.Name}}</a></li>
{{end}}</ul><form method=post action="/{{.Area}}"><input type=hidden name=csrf_token value="{{.Token}}"><input name=name><button>Add</button></form>`,
			map[string]any{"Area": area, "Things": w.of(area, user), "Token": tokenOf(user)})
	}
}

func (w *workshop) detail(area string) func(http.ResponseWriter, string, *http.Request) {
	return func(out http.ResponseWriter, user string, r *http.Request) {
		t := w.find(area, user, r, false)
		if t == nil {
			http.NotFound(out, r)
			return
		}
		show(out, `<title>{{.T.Name}}</title><h1>{{.T.Name}}</h1><p>{{.T.Note}}</p><a href="/api/{{.Area}}/{{.T.ID}}">as JSON</a>
<form method=post action="/{{.Area}}/{{.T.ID}}/delete"><input type=hidden name=csrf_token value="{{.Token}}"><button>Delete</button></form>
<form method=post action="/{{.Area}}/{{.T.ID}}"><input type=hidden name=csrf_token value="{{.Token}}"><textarea name=note>{{.T.Note}}</textarea><button>Save</button></form>`,
			map[string]any{"Area": area, "T": t, "Token": tokenOf(user)})
	}
}

func (w *workshop) settings(area string) func(http.ResponseWriter, string, *http.Request) {
	return func(out http.ResponseWriter, user string, _ *http.Request) {
		if w.weak(area) {
			out.Header().Del("Content-Security-Policy")
		}
		show(out, `<title>Settings of {{.Area}}</title><h1>Settings</h1><p>News of {{.Area}} are {{if .Muted}}muted{{else}}sent{{end}}.</p>
<form method=post action="/{{.Area}}/settings">{{if not .Weak}}<input type=hidden name=csrf_token value="{{.Token}}">{{end}}<input name=motto value="{{.Motto}}"><button>Save</button></form>
<form method=post action="/{{.Area}}/settings/mute"><input type=hidden name=csrf_token value="{{.Token}}"><button name=muted value="{{not .Muted}}">{{if .Muted}}Send{{else}}Mute{{end}} news</button></form>`,
			map[string]any{"Area": area, "Weak": w.weak(area), "Motto": w.mottos[area+" "+user], "Muted": w.muted[area+" "+user], "Token": tokenOf(user)})
	}
}

func (w *workshop) of(area, user string) []*thing {
	own := []*thing{}
	for _, t := range w.things[area] {
		if t.Owner == user {
			own = append(own, t)
		}
	}
	return own
}

func (w *workshop) find(area, user string, r *http.Request, anybody bool) *thing {
	for _, t := range w.things[area] {
		if strconv.Itoa(t.ID) == r.PathValue("id") && (t.Owner == user || anybody) {
			return t
		}
	}
	return nil
}

// thing is what find gives, as an answer: a nil that is none.
func (w *workshop) thing(area, user string, r *http.Request, anybody bool) any {
	if t := w.find(area, user, r, anybody); t != nil {
		return t
	}
	return nil
}

func (w *workshop) add(area, user string, r *http.Request) string {
	w.made++
	w.things[area] = append(w.things[area], &thing{ID: 50000 + w.made, Owner: user, Name: r.PostFormValue("name")})
	return "/" + area
}

func (w *workshop) remove(area, user string, r *http.Request) string {
	t := w.find(area, user, r, false)
	if t == nil {
		return ""
	}
	w.things[area] = slices.DeleteFunc(w.things[area], func(other *thing) bool { return other == t })
	return "/" + area
}

func (w *workshop) change(area, user string, r *http.Request) string {
	t := w.find(area, user, r, false)
	if t == nil {
		return ""
	}
	t.Note = r.PostFormValue("note")
	return r.URL.Path
}

func (w *workshop) set(area, user string, r *http.Request) string {
	w.mottos[area+" "+user] = r.PostFormValue("motto")
	return r.URL.Path
}

func (w *workshop) mute(area, user string, r *http.Request) string {
	w.muted[area+" "+user] = r.PostFormValue("muted") == "true"
	return "/" + area + "/settings"
}

func (w *workshop) replace(area, user string, r *http.Request) any {
	t := w.find(area, user, r, w.weak(area))
	var sent struct{ Note string }
	if t == nil || json.NewDecoder(r.Body).Decode(&sent) != nil {
		return nil
	}
	t.Note = sent.Note
	return t
}

// openAPI documents the JSON interface.
func (w *workshop) openAPI() any {
	type object = map[string]any
	body := func(field string) object {
		return object{"content": object{"application/json": object{"schema": object{"type": "object", "required": []string{field},
			"properties": object{field: object{"type": "string"}}}}}}
	}
	answers := object{"200": object{"description": "done"}}
	paths := object{}
	for _, area := range w.areas {
		paths["/api/"+area+"/{id}"] = object{
			"parameters": []object{{"name": "id", "in": "path", "required": true, "schema": object{"type": "integer"}}},
			"get":        object{"responses": answers},
			"put":        object{"requestBody": body("note"), "responses": answers}}
	}
	return object{"openapi": "3.0.3", "info": object{"title": "Workshop", "version": "1"}, "paths": paths}
}

// stands is all that users can change, as it stands.
func (w *workshop) stands() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := ""
	for _, area := range w.areas {
		for _, t := range w.things[area] {
			text += fmt.Sprintln(area, *t)
		}
		for _, user := range users {
			text += fmt.Sprintf("%s of %s: %q, %t\n", area, user, w.mottos[area+" "+user], w.muted[area+" "+user])
		}
	}
	return text
}
