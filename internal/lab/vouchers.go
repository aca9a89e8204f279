package lab

import (
	"fmt"
	"net/http"
	"time"
)

// A voucher is worth that much, once.
const voucherWorth = 10

// tillCall is how long the weak shop's question to the till takes, between the look at
// a voucher and the mark on it.
const tillCall = 30 * time.Millisecond

// voucherDesk gives credit for vouchers. In the weak shop a voucher is looked at first
// and marked afterwards.
func (a *App) voucherDesk(mux *http.ServeMux) {
	a.looking(mux, "GET /vouchers", "main", a.vouchers)
	a.changing(mux, "POST /vouchers", "main", a.addVoucher)
	a.looking(mux, "GET /vouchers/{id}", "main", a.owned("vouchers", false, inPath, a.voucher))
	a.changing(mux, "POST /vouchers/{id}/redeem", "main", a.owned("vouchers", false, inPath, a.redeem))
	a.changing(mux, "POST /vouchers/{id}/delete", "main", a.owned("vouchers", false, inPath, a.deleteVoucher))
}

func (a *App) vouchers(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Vouchers", Facts: []fact{{"Credit", fmt.Sprint(a.shop.credit(s.user), " EUR")}}, Forms: []form{{
		Endpoint: "POST /vouchers", Title: "A voucher from a friend", Button: "Keep voucher", Fields: []field{{"from", "From", "", "text"}},
	}}}
	for _, o := range a.shop.belonging("vouchers", s.user) {
		p.Rows = append(p.Rows, row{o.fields["from"], []link{{"Open", "/vouchers/" + o.number}}})
	}
	a.show(w, http.StatusOK, s, p)
}

func (a *App) addVoucher(w http.ResponseWriter, r *http.Request, s *session) {
	number := a.shop.put("vouchers", s.user, map[string]string{"from": r.PostFormValue("from"), "state": "good"})
	http.Redirect(w, r, "/vouchers/"+number, http.StatusSeeOther)
}

func (a *App) voucher(w http.ResponseWriter, _ *http.Request, s *session, o object) {
	a.show(w, http.StatusOK, s, page{Title: "Voucher", Facts: []fact{{"From", o.fields["from"]}, {"State", o.fields["state"]}}, Forms: []form{
		{Endpoint: "POST /vouchers/{id}/redeem", Action: "/vouchers/" + o.number + "/redeem", Title: "Ten euros of credit", Button: "Redeem voucher"},
		{Endpoint: "POST /vouchers/{id}/delete", Action: "/vouchers/" + o.number + "/delete", Title: "Not needed?", Button: "Delete voucher", Danger: true},
	}})
}

func (a *App) redeem(w http.ResponseWriter, r *http.Request, s *session, o object) {
	done := o.fields["state"] == "good"
	if a.variant.flaws.vouchersRaced && done {
		time.Sleep(tillCall)
		a.shop.change("vouchers", o.number, map[string]string{"state": "used"})
	} else {
		done = a.shop.changeFrom("vouchers", o.number, "state", "good", "used")
	}
	if !done {
		a.refuse(w, r, s, http.StatusConflict, "This voucher is used already.")
		return
	}
	a.shop.addCredit(s.user, voucherWorth)
	http.Redirect(w, r, "/vouchers", http.StatusSeeOther)
}

func (a *App) deleteVoucher(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	a.shop.remove("vouchers", o.number)
	http.Redirect(w, r, "/vouchers", http.StatusSeeOther)
}
