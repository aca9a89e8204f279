package finding

import "testing"

// What a foreign page may read is rated by what was read, not by what it might be.
func TestRateOfForeignPages(t *testing.T) {
	read := &Proof{Reads: []Read{{Where: "GET /api/me $.email", Value: "«private:1»"}}}
	both := &Proof{Reads: read.Reads, Changes: []Change{{Where: "GET /api/me $.theme", After: "x"}}}
	changed := &Proof{Changes: both.Changes}
	role := &Proof{Changes: []Change{{Where: "GET /api/me $.role", Before: "member", After: "admin"}}}
	for _, row := range []struct {
		name     string
		f        Finding
		severity Severity
		score    float64
	}{
		{"read by any site", Finding{Weakness: CORSRead, State: Proven, Vector: anywhere, Proof: read}, High, 7.1},
		{"read by neighbours", Finding{Weakness: CORSRead, State: Proven, Vector: neighbours, Proof: read}, Medium, 6.0},
		{"a socket that is read and written", Finding{Weakness: CSWSH, State: Proven, Vector: anywhere, Proof: both}, High, 7.1},
		{"a socket that takes orders", Finding{Weakness: CSWSH, State: Proven, Vector: anywhere, Proof: changed}, Medium, 5.3},
		{"a socket that takes grave orders", Finding{Weakness: CSWSH, State: Proven, Vector: anywhere, Proof: role}, High, 7.1},
		{"a socket that may serve the session", Finding{Weakness: CSWSH, State: Suspected, Vector: suspected}, Low, 2.3},
		{"a handler that asks nobody", Finding{Weakness: PostMessageOrigin, State: Suspected, Vector: suspected}, Low, 2.3},
		{"a chain", Finding{Weakness: Chain, State: Proven, Vector: anywhere, Proof: changed}, High, 7.1},
		{"refused", Finding{Weakness: CSWSH, State: Refuted, Vector: closed}, Info, 0},
	} {
		severity, cvss := Rate(row.f)
		if severity != row.severity || cvss.Score != row.score {
			t.Errorf("%s: got %s %.1f (%s), want %s %.1f", row.name, severity, cvss.Score, cvss.Vector, row.severity, row.score)
		}
	}
}
