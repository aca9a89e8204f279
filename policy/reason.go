package policy

// A Reason says why a browser, or a guard, decided as it did. It is a stable,
// kebab-case identifier: the same constant is the metric label of the guard,
// the word in a scanner's evidence and the line of an audit. Reasons are never
// renamed; a new cause gets a new Reason.
type Reason string

// A Decision is the answer to one question asked of this package. The zero
// value refuses without a reason and is never returned.
type Decision struct {
	Allowed bool
	Reason  Reason
}

// Explain gives one sentence in plain words for r, without a full stop, or ""
// if r is not a reason of this package.
func (r Reason) Explain() string {
	for _, table := range []map[Reason]string{framingReasons, cookieReasons, requestReasons, guardReasons, corsReasons} {
		if text, ok := table[r]; ok {
			return text
		}
	}
	return ""
}

func allow(r Reason) Decision { return Decision{Allowed: true, Reason: r} }
func deny(r Reason) Decision  { return Decision{Allowed: false, Reason: r} }
