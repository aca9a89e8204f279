package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// State is how far a finding has been shown.
type State string

const (
	// Suspected: seen, and not yet or not at all put to the test.
	Suspected State = "suspected"
	// Proven: an attack was carried out and its change of state was re-read.
	Proven State = "proven"
	// Refuted: the attack was carried out and had no effect. Refuted findings are
	// reported as protection that was tested, never as weaknesses.
	Refuted State = "refuted"
	// NotTestable: the attack could not be tried or its effect could not be read.
	NotTestable State = "not-testable"
)

// Severity is derived from the CVSS score of the weakness as it stands here.
type Severity string

const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Severities lists them from worst to mildest.
var Severities = []Severity{Critical, High, Medium, Low, Info}

// AtLeast says whether s is as bad as limit or worse. Unknown severities are Info.
func (s Severity) AtLeast(limit Severity) bool { return s.rank() <= limit.rank() }

func (s Severity) rank() int {
	for i, v := range Severities {
		if v == s {
			return i
		}
	}
	return len(Severities) - 1
}

// A Finding is one weakness at one place of the target.
type Finding struct {
	// ID is the same in every scan of the same place: see MakeID.
	ID       string   `json:"id"`
	Weakness Weakness `json:"weakness"`
	Title    string   `json:"title"`
	// Endpoint is where the weakness stands. Routes are further places with the
	// same weakness and the same cause, grouped so that one cause is one finding.
	Endpoint Endpoint   `json:"endpoint"`
	Routes   []Endpoint `json:"routes,omitempty"`
	State    State      `json:"state"`
	// Why says in one or two sentences what makes the State what it is.
	Why      string   `json:"why"`
	Severity Severity `json:"severity"`
	CVSS     CVSS     `json:"cvss"`
	// Identity is the name of the identity as whom the place was seen, "" for anonymous.
	Identity  string `json:"identity,omitempty"`
	Framework string `json:"framework,omitempty"`
	// Vector is the verdict for each position an attacker may stand in.
	Vector   []Cell     `json:"vector,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Plan     *Plan      `json:"plan,omitempty"`
	Proof    *Proof     `json:"proof,omitempty"`
}

// An Endpoint is a method and a route template; URL is one real address of it.
type Endpoint struct {
	Method string `json:"method"`
	Route  string `json:"route"` // path with {placeholders}, no query
	URL    string `json:"url"`
}

// String is "METHOD /route", the form used in reports and truth files.
func (e Endpoint) String() string { return e.Method + " " + e.Route }

// CVSS is a version 4.0 base vector and its score.
type CVSS struct {
	Vector string  `json:"vector"`
	Score  float64 `json:"score"`
}

// MakeID derives the stable id of a weakness at a place: the first twelve hex
// digits of a hash, behind the weakness's name. Identity, values and order of
// discovery do not enter.
func MakeID(w Weakness, e Endpoint) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(w), e.Method, e.Route}, "\x00")))
	return string(w) + "-" + hex.EncodeToString(sum[:6])
}

// Evidence is one thing that was seen, redacted when it was collected.
type Evidence struct {
	// Kind names the sort: header, cookie, form, exchange, note.
	Kind string `json:"kind"`
	// Source is where it was seen: a URL, an exchange id.
	Source string `json:"source,omitempty"`
	// Text is the excerpt, as it would be quoted to a developer.
	Text string `json:"text"`
	// Reason is a policy.Reason when the policy engine judged it, else "".
	Reason string `json:"reason,omitempty"`
}
