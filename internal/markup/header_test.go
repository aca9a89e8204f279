package markup

import "testing"

// A library that every script of a page sends through adds the token for all of them.
func TestTheHeaderThatALibraryAdds(t *testing.T) {
	for script, want := range map[string]string{
		`t.headers["Accept"]="application/json",t.headers["CSRF-Token"]=X.csrfNonce,send(e,t)`: "CSRF-Token",
		`xhr.setRequestHeader("X-CSRFToken", csrftoken);`:                                      "X-CSRFToken",
		`t.headers["X-Client"]="web"`:                                                          "",
		`const headers = response.headers["X-Count"];`:                                         "",
	} {
		if got := AddedHeader(script); got != want {
			t.Errorf("%s adds %q, want %q", script, got, want)
		}
	}
}
