package finding

import "time"

// A Message is one line of a scan's stream; exactly one field is set. The first
// message is a Run, the last an End: a stream without End was cut off.
type Message struct {
	Run      *Run      `json:"run,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
	Finding  *Finding  `json:"finding,omitempty"`
	Skip     *Skip     `json:"skip,omitempty"`
	Mutation *Mutation `json:"mutation,omitempty"`
	End      *End      `json:"end,omitempty"`
}

// A Handler consumes a stream. Handle is called from one goroutine at a time; an
// error stops the scan.
type Handler interface{ Handle(Message) error }

// Run opens a stream.
type Run struct {
	Schema  string   `json:"schema"` // version of this format, "1"
	Tool    string   `json:"tool"`   // "mantlet 0.1.0"
	ID      string   `json:"id"`
	Targets []string `json:"targets"`
	Mode    string   `json:"mode"` // passive, active
	// Consent says why active testing was allowed: loopback, verified, insecure flag and its reason.
	Consent    string    `json:"consent,omitempty"`
	Identities []string  `json:"identities,omitempty"`
	Browser    string    `json:"browser,omitempty"` // product and version, "" if none was found
	Started    time.Time `json:"started"`
}

// Progress may be dropped without changing what a stream means.
type Progress struct {
	Phase    string `json:"phase"` // discover, check, prove, restore, report
	Text     string `json:"text"`
	Done     int    `json:"done"`
	Total    int    `json:"total"` // 0: unknown
	Requests int    `json:"requests"`
}

// A Skip says what was not looked at, so that silence is never mistaken for safety.
type Skip struct {
	What string `json:"what"` // a check's id, a URL, an identity
	Why  string `json:"why"`
	// Incomplete is set when the user should treat the whole scan as incomplete.
	Incomplete bool `json:"incomplete,omitempty"`
}

// End closes a stream.
type End struct {
	// Complete is false when the scan could not look at what it set out to look at.
	Complete bool      `json:"complete"`
	Why      []string  `json:"why,omitempty"` // reasons for Complete being false
	Score    Score     `json:"score"`
	Coverage Coverage  `json:"coverage"`
	Finished time.Time `json:"finished"`
	// Embedders are the foreign origins that pages themselves name as those who may
	// frame them, by route; only of pages that keep all others out.
	Embedders map[string][]string `json:"embedders,omitempty"`
	// Readers are those whom answers themselves name, unasked, as who may read them
	// across origins: origins that read with the user's cookies, and "*" if visitors'
	// answers are shared with everybody.
	Readers []string `json:"readers,omitempty"`
}

// Score is the verdict in numbers; the formula belongs to internal/report.
type Score struct {
	Value   int    `json:"value"`   // 0 to 100
	Grade   string `json:"grade"`   // A to F
	Formula string `json:"formula"` // version of the published formula
}

// Coverage counts what was looked at.
type Coverage struct {
	Requests   int `json:"requests"`
	Routes     int `json:"routes"`
	Pages      int `json:"pages"`
	Actions    int `json:"actions"`   // state-changing requests found
	Tested     int `json:"tested"`    // of those, put to the test
	Proofs     int `json:"proofs"`    // browser proofs run
	Mutations  int `json:"mutations"` // changes made to the target
	Remaining  int `json:"remaining"` // of those, not undone
	Identities int `json:"identities"`
	// Documented counts the operations that OpenAPI documents describe, Reached those
	// of them that answered an identity or were put to the test; Missed are the others,
	// as "METHOD /route".
	Documented int      `json:"documented,omitempty"`
	Reached    int      `json:"reached,omitempty"`
	Missed     []string `json:"missed,omitempty"`
}
