package lab

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// A record is what the shop knows of a customer: what they may write, what they
// may see, and what is nobody's business.
type record map[string]any

func newRecord(name, role string) record {
	hash := sha256.Sum256([]byte("lab " + people[name]))
	return record{
		"nickname": name + " of the paper club", "motto": "Slowly, in ink", "role": role, "credit": 10, "verified": false,
		"password_hash": "$2a$10$" + base64.RawStdEncoding.EncodeToString(hash[:]), "internal_note": name + " pays late",
	}
}

var (
	// chosen are the properties of a record that are the customer's to write.
	chosen = []string{"nickname", "motto"}
	// shown are those that the club's page shows.
	shown = []string{"nickname", "motto", "role", "credit", "verified"}
)

// only is the part of a record with those properties.
func (r record) only(names []string) record {
	part := maps.Clone(r)
	maps.DeleteFunc(part, func(name string, _ any) bool { return !slices.Contains(names, name) })
	return part
}

// club is about the properties of one's own record.
func (a *App) club(mux *http.ServeMux) {
	f := a.variant.flaws
	a.looking(mux, "GET /club", "main", a.clubPage)
	a.changing(mux, "POST /club/profile", "main", a.saveClubForm(f.clubTakesAll))
	a.looking(mux, "GET /api/profile", "main", a.profile)
	a.changing(mux, "POST /api/profile", "main", a.saveProfile(f.profileTakesAll))
	a.changing(mux, "POST /api/motto", "main", a.saveProfile(false))
	a.looking(mux, "GET /api/card", "main", a.card)
	a.looking(mux, "GET /api/directory", "main", a.directory)
}

func (s *shop) record(user string) (r record) {
	s.of(user, func(a *account) { r = maps.Clone(a.record) })
	return r
}

// write stores properties that a record has. Without all, only the customer's own.
func (s *shop) write(user string, properties record, all bool) {
	if !all {
		properties = properties.only(chosen)
	}
	s.of(user, func(a *account) {
		for name, value := range properties {
			if _, known := a.record[name]; known {
				a.record[name] = value
			}
		}
	})
}

func (a *App) clubPage(w http.ResponseWriter, _ *http.Request, s *session) {
	now := a.shop.record(s.user)
	p := page{Title: "Paper club", Forms: []form{
		{Endpoint: "POST /club/profile", Title: "You in the club", Button: "Save profile", Fields: []field{
			{"nickname", "Nickname", fmt.Sprint(now["nickname"]), "text"}, {"motto", "Motto", fmt.Sprint(now["motto"]), "text"}}},
		{Endpoint: "POST /api/profile", Title: "Nickname", Button: "Save nickname", Scripted: true,
			Fields: []field{{"nickname", "Nickname", fmt.Sprint(now["nickname"]), "text"}}},
		{Endpoint: "POST /api/motto", Title: "Motto", Button: "Save motto", Scripted: true,
			Fields: []field{{"motto", "Motto", fmt.Sprint(now["motto"]), "text"}}},
	}, Links: []link{{"Profile", "/api/profile"}, {"Card", "/api/card"}, {"Directory", "/api/directory"}}}
	for _, name := range shown {
		p.Facts = append(p.Facts, fact{name, fmt.Sprint(now[name])})
	}
	a.show(w, http.StatusOK, s, p)
}

// saveClubForm takes the form's fields, or all fields there are.
func (a *App) saveClubForm(all bool) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		if r.PostFormValue("nickname") == "" {
			a.refuse(w, r, s, http.StatusUnprocessableEntity, "A nickname is missing.")
			return
		}
		now, sent := a.shop.record(s.user), record{}
		for name := range r.PostForm {
			sent[name] = typedLike(now[name], r.PostForm.Get(name))
		}
		a.shop.write(s.user, sent, all)
		http.Redirect(w, r, "/club", http.StatusSeeOther)
	}
}

// typedLike reads a form's text as what stands in its place now.
func typedLike(now any, text string) any {
	switch now.(type) {
	case int, float64:
		if number, err := strconv.ParseFloat(text, 64); err == nil {
			return number
		}
	case bool:
		return text == "true" || text == "on" || text == "1"
	}
	return text
}

func (a *App) profile(w http.ResponseWriter, _ *http.Request, s *session) {
	writeJSON(w, http.StatusOK, a.shop.record(s.user).only(shown))
}

func (a *App) saveProfile(all bool) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		var sent record
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || len(sent) == 0 {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": "there is nothing to save"})
			return
		}
		a.shop.write(s.user, sent, all)
		writeJSON(w, http.StatusOK, a.shop.record(s.user).only(shown))
	}
}

// card is what the club's card shows: two lines.
func (a *App) card(w http.ResponseWriter, _ *http.Request, s *session) {
	all := a.shop.record(s.user)
	if !a.variant.flaws.cardTellsAll {
		all = all.only(chosen)
	}
	writeJSON(w, http.StatusOK, all)
}

// directory lists the members to each other, by nickname.
func (a *App) directory(w http.ResponseWriter, _ *http.Request, _ *session) {
	var members []record
	for _, name := range slices.Sorted(maps.Keys(people)) {
		member := a.shop.record(name).only([]string{"nickname"})
		if a.variant.flaws.directoryTells {
			member["email"], member["phone"], member["address"] = a.shop.settings(name)["email"], "555-01"+strconv.Itoa(len(name)), a.shop.settings(name)["address"]
		}
		members = append(members, member)
	}
	writeJSON(w, http.StatusOK, map[string]any{"members": members})
}
