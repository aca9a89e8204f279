package lab

import (
	"strings"
	"sync"
	"testing"
)

// One voucher gives credit once where it is looked at and marked in one step, and in
// turn everywhere.
func TestHowOftenAVoucherGivesCredit(t *testing.T) {
	eachWhole(t, func(t *testing.T, shop *Instance, alice, _, _ *visitor) {
		credit := func() string { return shop.Embedded.State()["alice.credit"] }
		at := alice.submit("/vouchers", "/vouchers", "from", "a friend").header.Get("Location")
		shown := alice.get(at)
		alice.submit(at, at+"/redeem")
		if second := alice.replay(at, at+"/redeem", at+"/redeem").status; second != 409 || credit() != "10" {
			t.Errorf("redeemed twice in turn: answered %d, the credit is %s", second, credit())
		}
		alice.submit(at, at+"/delete")

		next := alice.submit("/vouchers", "/vouchers", "from", "another").header.Get("Location")
		_, fields := alice.form(shown, at+"/redeem")
		headers := alice.own(urlencoded)
		for name, value := range extras(shown) {
			headers[name] = value
		}
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() { alice.send("POST", next+"/redeem", fields.Encode(), headers) })
		}
		wait.Wait()
		if credit() == "10" || !strings.HasSuffix(credit(), "0") {
			t.Errorf("the credit is %s", credit())
		}
		held(t, shop, "POST /vouchers/{id}/redeem", "race-condition", credit() != "20")
		alice.submit(next, next+"/delete")
	})
}
