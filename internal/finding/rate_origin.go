package finding

import "slices"

// isOrigin holds for what takes a foreign page for one of the application's own
// and lets it read, and for what such a page reaches in two steps.
func isOrigin(w Weakness) bool {
	return slices.Contains([]Weakness{CSWSH, CORSRead, PostMessageOrigin, Chain}, w)
}

// originVector is the base vector where a foreign page may read as well as change:
// each impact only as far as the proof shows it.
func originVector(f Finding) string {
	c := circumstance{special: true, click: f.Plan != nil && len(f.Plan.Clicks) > 0, read: "N", change: "N"}
	switch {
	case f.nothingAtStake():
	case f.State != Proven && f.Weakness == PostMessageOrigin:
		c.change = "L" // what the handler does is seen, what it leads to is not
	case f.State != Proven:
		c.read = "L"
	default:
		c.special = f.onlySpecialPositions()
		if f.Proof != nil && len(f.Proof.Reads) > 0 {
			c.read = "H"
		}
		if f.Proof != nil && len(f.Proof.Changes) > 0 {
			c.change = "L"
		}
		if c.change == "L" && (f.Weakness == Chain || f.changesMuch()) {
			c.change = "H" // nobody could have meant what a chain reaches
		}
	}
	return c.String()
}
