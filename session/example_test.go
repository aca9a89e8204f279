package session_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/mantlet-dev/mantlet/session"
)

func Example() {
	sessions, err := session.New(session.Options{}) // in memory; see package session/dynamo
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		user := r.PostFormValue("user") // and the password, which is checked in Login's last argument
		if _, err := sessions.Login(w, r, user, nil); err != nil {
			sessions.Refuse(w, r, err)
			return
		}
		fmt.Fprint(w, "welcome")
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.Logout(w, r); err != nil {
			sessions.Refuse(w, r, err)
		}
	})
	mux.Handle("GET /account", sessions.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		me, err := sessions.Load(r)
		if err != nil {
			sessions.Refuse(w, r, err)
			return
		}
		fmt.Fprintf(w, "account of %s", me.User())
	})))
	app := sessions.Handler(mux) // guard.Handler belongs between the two

	send := func(method, path, cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(url.Values{"user": {"alice"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprintln(method, path, w.Code, w.Body)))
		return w
	}
	send("GET", "/account", "")
	cookie := send("POST", "/login", "").Result().Cookies()[0]
	held := cookie.Name + "=" + cookie.Value
	send("GET", "/account", held)
	send("POST", "/logout", held)
	send("GET", "/account", held)
	// Output:
	// GET /account 401 log in first
	// POST /login 200 welcome
	// GET /account 200 account of alice
	// POST /logout 200
	// GET /account 401 log in first
}

func ExampleManager_Change() {
	sessions, err := session.New(session.Options{})
	if err != nil {
		log.Fatal(err)
	}
	app := sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := sessions.Start(w, r); err != nil {
			sessions.Refuse(w, r, err)
			return
		}
		s, err := sessions.Change(w, r, func(values map[string]string) { values["theme"] = "dark" })
		if err != nil {
			sessions.Refuse(w, r, err)
			return
		}
		fmt.Fprint(w, s.Value("theme"))
	}))
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest("POST", "/theme", nil))
	fmt.Println(w.Body)
	// Output: dark
}
