package lab

import "net/http"

// statementFile holds the monthly statements. The weak shop forgot to ask who is
// there at three of its doors.
func (a *App) statementFile(mux *http.ServeMux) {
	f := a.variant.flaws
	a.looking(mux, "GET /statements", "main", a.statements)
	if f.statementsOpen {
		mux.HandleFunc("GET /statements/{id}", a.forAnybody(a.statement))
	} else {
		a.looking(mux, "GET /statements/{id}", "main", a.owned("statements", false, inPath, a.statement))
	}
	if f.copiesForCookie {
		mux.HandleFunc("GET /statements/{id}/copy", a.forAnyCookie(a.forAnybody(a.statementCopy)))
	} else {
		a.looking(mux, "GET /statements/{id}/copy", "main", a.owned("statements", false, inPath, a.statementCopy))
	}
	if f.remarksOpen {
		mux.HandleFunc("POST /statements/{id}/remark", a.forAnybody(a.remark))
	} else {
		a.changing(mux, "POST /statements/{id}/remark", "main", a.owned("statements", false, inPath, a.remark))
	}
	a.looking(mux, "GET /statements/{id}/print", "main", a.owned("statements", false, inPath, a.statementCopy))
}

// forAnybody asks for no session at all.
func (a *App) forAnybody(next ownedHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		a.owned("statements", true, inPath, next)(w, r, a.session(r, "main"))
	}
}

// forAnyCookie is content with a cookie of the right name, whatever is in it.
func (a *App) forAnyCookie(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie(a.variant.cookies["main"].Name); err != nil {
			a.loginNeeded(w, r)
			return
		}
		next(w, r)
	}
}

func (a *App) statements(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Statements"}
	for _, o := range a.shop.belonging("statements", s.user) {
		at := "/statements/" + o.number
		p.Rows = append(p.Rows, row{"Statement " + o.number, []link{{"Open", at}, {"Copy", at + "/copy"}, {"Print", at + "/print"}}})
	}
	a.show(w, http.StatusOK, s, p)
}

func (a *App) statement(w http.ResponseWriter, _ *http.Request, s *session, o object) {
	a.show(w, http.StatusOK, s, page{
		Title: "Statement", Facts: []fact{{"Account", o.fields["account"]}, {"Total", o.fields["total"]}, {"Remark", o.fields["remark"]}},
		Forms: []form{{Endpoint: "POST /statements/{id}/remark", Action: "/statements/" + o.number + "/remark", Title: "For your books",
			Button: "Save remark", Fields: []field{{"remark", "Remark", o.fields["remark"], "text"}}}},
	})
}

func (a *App) statementCopy(w http.ResponseWriter, _ *http.Request, s *session, o object) {
	a.show(w, http.StatusOK, s, page{Title: "Copy", Facts: []fact{{"Account", o.fields["account"]}, {"Total", o.fields["total"]}}})
}

func (a *App) remark(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	a.shop.change("statements", o.number, map[string]string{"remark": r.PostFormValue("remark")})
	http.Redirect(w, r, "/statements/"+o.number, http.StatusSeeOther)
}
