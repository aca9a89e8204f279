package lab

import "net/http"

// draftDrawer is sound in every shop: what is somebody else's is not there.
func (a *App) draftDrawer(mux *http.ServeMux) {
	a.looking(mux, "GET /drafts", "main", a.drafts)
	a.changing(mux, "POST /drafts", "main", a.addDraft)
	a.looking(mux, "GET /drafts/{id}", "main", a.owned("drafts", false, inPath, a.draft))
	a.changing(mux, "POST /drafts/{id}", "main", a.owned("drafts", false, inPath, a.changeDraft))
	a.changing(mux, "POST /drafts/{id}/delete", "main", a.owned("drafts", false, inPath, a.deleteDraft))
}

func (a *App) drafts(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Drafts", Forms: []form{{
		Endpoint: "POST /drafts", Title: "New draft", Button: "Keep draft", Fields: []field{{"text", "Text", "", "text"}},
	}}}
	for _, o := range a.shop.belonging("drafts", s.user) {
		p.Rows = append(p.Rows, row{o.fields["text"], []link{{"Open", "/drafts/" + o.number}}})
	}
	a.show(w, http.StatusOK, s, p)
}

func (a *App) addDraft(w http.ResponseWriter, r *http.Request, s *session) {
	number := a.shop.put("drafts", s.user, map[string]string{"text": r.PostFormValue("text")})
	http.Redirect(w, r, "/drafts/"+number, http.StatusSeeOther)
}

func (a *App) draft(w http.ResponseWriter, _ *http.Request, s *session, o object) {
	a.show(w, http.StatusOK, s, page{Title: "Draft", Facts: []fact{{"Text", o.fields["text"]}}, Forms: []form{
		{Endpoint: "POST /drafts/{id}", Action: "/drafts/" + o.number, Title: "Change it", Button: "Save draft",
			Fields: []field{{"text", "Text", o.fields["text"], "text"}}},
		{Endpoint: "POST /drafts/{id}/delete", Action: "/drafts/" + o.number + "/delete", Title: "Not to be sent?", Button: "Delete draft", Danger: true},
	}})
}

func (a *App) changeDraft(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	a.shop.change("drafts", o.number, map[string]string{"text": r.PostFormValue("text")})
	http.Redirect(w, r, "/drafts/"+o.number, http.StatusSeeOther)
}

func (a *App) deleteDraft(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	a.shop.remove("drafts", o.number)
	http.Redirect(w, r, "/drafts", http.StatusSeeOther)
}
