package lab

import "net/http"

// receiptBox names a receipt in the query and in a form's field.
func (a *App) receiptBox(mux *http.ServeMux) {
	f := a.variant.flaws
	a.looking(mux, "GET /receipts", "main", a.receipts)
	a.changing(mux, "POST /receipts", "main", a.addReceipt)
	a.looking(mux, "GET /receipt", "main", a.owned("receipts", f.receiptsOfAll, inQuery, a.receipt))
	a.changing(mux, "POST /receipts/refund", "main", a.owned("receipts", f.refundsOfAll, inForm, a.refund))
	a.changing(mux, "POST /receipts/delete", "main", a.owned("receipts", false, inForm, a.deleteReceipt))
}

func (a *App) receipts(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Receipts", Forms: []form{{
		Endpoint: "POST /receipts", Title: "Ask for a receipt", Button: "Ask", Fields: []field{{"item", "Item", "", "text"}},
	}}}
	for _, o := range a.shop.belonging("receipts", s.user) {
		p.Rows = append(p.Rows, row{o.fields["item"], []link{{"Open", "/receipt?number=" + o.number}}})
	}
	a.show(w, http.StatusOK, s, p)
}

func (a *App) addReceipt(w http.ResponseWriter, r *http.Request, s *session) {
	number := a.shop.put("receipts", s.user, map[string]string{"item": r.PostFormValue("item"), "paid": "0 EUR", "refund": "none"})
	http.Redirect(w, r, "/receipt?number="+number, http.StatusSeeOther)
}

func (a *App) receipt(w http.ResponseWriter, _ *http.Request, s *session, o object) {
	number := field{"number", "", o.number, "hidden"}
	a.show(w, http.StatusOK, s, page{
		Title: "Receipt", Facts: []fact{{"Item", o.fields["item"]}, {"Paid", o.fields["paid"]}, {"Refund asked for", o.fields["refund"]}},
		Forms: []form{
			{Endpoint: "POST /receipts/refund", Title: "Not satisfied?", Button: "Ask for a refund",
				Fields: []field{number, {"refund", "Because", o.fields["refund"], "text"}}},
			{Endpoint: "POST /receipts/delete", Title: "Not needed?", Button: "Delete receipt", Danger: true, Fields: []field{number}},
		},
	})
}

func (a *App) refund(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	a.shop.change("receipts", o.number, map[string]string{"refund": r.PostFormValue("refund")})
	http.Redirect(w, r, "/receipt?number="+o.number, http.StatusSeeOther)
}

func (a *App) deleteReceipt(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	a.shop.remove("receipts", o.number)
	http.Redirect(w, r, "/receipts", http.StatusSeeOther)
}
