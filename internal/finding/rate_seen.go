package finding

import "strings"

// isSeen holds for what was read in answers and is not attacked.
func isSeen(w Weakness) bool {
	family, _, _ := strings.Cut(string(w), "-")
	switch family {
	case "exposed", "debug", "transport", "header", "rate", "inventory":
		return true
	}
	return false
}

// givenAway are the weaknesses by which whoever gets the answer holds something that
// is worth having by itself.
var givenAway = map[Weakness]bool{ExposedFile: true, ExposedSecret: true, ExposedCard: true, DebugConsole: true}

// seenVector is the base vector of what was seen: what is given away counts as read
// by whoever was answered; what only helps another attack is a little of that, hard
// to get at; the rest is knowledge.
func seenVector(f Finding) string {
	known := intrusion{read: "N", change: "N", stop: "N"}
	switch {
	case f.State == Refuted || f.State == NotTestable:
		return known.String()
	case givenAway[f.Weakness]:
		return intrusion{account: f.Identity != "", read: "L", change: "N", stop: "N"}.String()
	}
	switch f.Weakness {
	case ExposedHash, DebugTrace, DebugEndpoint:
		return intrusion{hard: true, special: true, account: true, read: "L", change: "N", stop: "N"}.String()
	case TransportPlain, TransportHSTS, TransportOutdated, TransportCertificate, HeaderType, HeaderReferrer:
		return circumstance{special: true, read: "L", change: "N"}.String()
	}
	return known.String()
}
