package lab

import "net/http"

// addressBook is a customer's list of addresses: pages and forms, the number of
// an address in the path.
func (a *App) addressBook(mux *http.ServeMux) {
	flawed := a.variant.flaws.addressesOfAll
	a.looking(mux, "GET /addresses", "main", a.addresses)
	a.changing(mux, "POST /addresses", "main", a.addAddress)
	a.looking(mux, "GET /addresses/{id}", "main", a.owned("addresses", flawed, inPath, a.address))
	a.changing(mux, "POST /addresses/{id}", "main", a.owned("addresses", flawed, inPath, a.changeAddress))
	a.changing(mux, "POST /addresses/{id}/delete", "main", a.owned("addresses", false, inPath, a.deleteAddress))
}

func addressFields(label, street string) []field {
	return []field{{"label", "Name", label, "text"}, {"street", "Street", street, "text"}}
}

func (a *App) addresses(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Addresses", Forms: []form{{
		Endpoint: "POST /addresses", Title: "New address", Button: "Keep address", Fields: addressFields("", ""),
	}}}
	for _, o := range a.shop.belonging("addresses", s.user) {
		p.Rows = append(p.Rows, row{o.fields["label"] + ", " + o.fields["street"], []link{{"Open", "/addresses/" + o.number}}})
	}
	a.show(w, http.StatusOK, s, p)
}

func (a *App) addAddress(w http.ResponseWriter, r *http.Request, s *session) {
	number := a.shop.put("addresses", s.user, map[string]string{"label": r.PostFormValue("label"), "street": r.PostFormValue("street")})
	http.Redirect(w, r, "/addresses/"+number, http.StatusSeeOther)
}

func (a *App) address(w http.ResponseWriter, r *http.Request, s *session, o object) {
	a.show(w, http.StatusOK, s, page{
		Title: "Address", Facts: []fact{{"Name", o.fields["label"]}, {"Street", o.fields["street"]}},
		Forms: []form{
			{Endpoint: "POST /addresses/{id}", Action: "/addresses/" + o.number, Title: "Change it", Button: "Save address",
				Fields: addressFields(o.fields["label"], o.fields["street"])},
			{Endpoint: "POST /addresses/{id}/delete", Action: "/addresses/" + o.number + "/delete", Title: "No longer needed?",
				Button: "Delete address", Danger: true},
		},
	})
}

func (a *App) changeAddress(w http.ResponseWriter, r *http.Request, s *session, o object) {
	a.shop.change("addresses", o.number, map[string]string{"label": r.PostFormValue("label"), "street": r.PostFormValue("street")})
	http.Redirect(w, r, "/addresses/"+o.number, http.StatusSeeOther)
}

func (a *App) deleteAddress(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	a.shop.remove("addresses", o.number)
	http.Redirect(w, r, "/addresses", http.StatusSeeOther)
}
