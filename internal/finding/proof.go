package finding

import "time"

// OracleLogin is the oracle of what shows only when somebody logs in.
const OracleLogin = "login"

// OracleRecipient is the oracle of what shows to another identity than who did it: a
// message stands in the inbox of whom it was sent to.
const OracleRecipient = "http-recipient"

// A Proof is what was done and what changed. It is present on every finding that
// was put to the test, whatever came out.
type Proof struct {
	// Oracle names what re-read the state: "http", "dynamodb" (strongly consistent
	// reads of tables), "dynamodb-streams", OracleLogin or OracleRecipient; several are joined by "+".
	Oracle string `json:"oracle"`
	// Marker is the fresh value the forged change carried, "" if the change could
	// not carry one (then the transition itself was matched, see Why of the finding).
	Marker string `json:"marker,omitempty"`
	// Profile names the browser profile that showed it: "third-party cookies
	// allowed" or "third-party cookies blocked"; "" if no browser took part.
	Profile string `json:"profile,omitempty"`
	Browser string `json:"browser,omitempty"` // product and version
	// Disguise is how the frame was hidden: opacity, overlay, off-screen.
	Disguise string `json:"disguise,omitempty"`
	Steps    []Step `json:"steps"`
	// Before and After are the facts of the state that the attack changed.
	Changes []Change `json:"changes,omitempty"`
	// Reads are what of the victim's the attacker's page could read.
	Reads    []Read    `json:"reads,omitempty"`
	Controls []Control `json:"controls"`
	// Attempts lists every forgery variant tried and whether it was accepted.
	Attempts []Attempt `json:"attempts,omitempty"`
	Files    []File    `json:"files,omitempty"`
	At       time.Time `json:"at"`
}

// A Step is one thing done, in order, told so that a person can follow it.
type Step struct {
	Text    string `json:"text"`
	Request string `json:"request,omitempty"`  // request head and body, redacted
	Answer  string `json:"response,omitempty"` // status line and what mattered of it
}

// A Change is one fact of the target's state before and after.
type Change struct {
	Where  string `json:"where"` // "GET /api/me $.email", "dynamodb users[alice].email"
	Before string `json:"before"`
	After  string `json:"after"`
}

// A Read is one private value that reached the attacker.
type Read struct {
	Where string `json:"where"` // "GET /api/me $.email", "socket /chat, message 1"
	// Value is the value by its digest; equal values have equal digests in one scan.
	Value string `json:"value"`
}

// A Control is a run that rules out another explanation.
type Control struct {
	// Name is idle, legitimate or broken-session.
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Text   string `json:"text"`
}

// An Attempt is one forgery variant and its outcome.
type Attempt struct {
	Variant  string `json:"variant"`
	Accepted bool   `json:"accepted"`
	// By is "replay" (our HTTP client, as a browser would have sent it) or "browser".
	By     string `json:"by"`
	Status int    `json:"status,omitempty"`
	Why    string `json:"why"`
}

// A File is evidence too large for the stream: a screenshot, the HTML proof.
type File struct {
	Name   string `json:"name"` // relative to the report's folder, or "" if inlined
	Kind   string `json:"kind"` // screenshot-victim, screenshot-revealed, screenshot-before, screenshot-after, proof-html
	SHA256 string `json:"sha256"`
	Text   string `json:"text"` // caption
	// Data is the content; kept out of JSON streams, written to files by reporters.
	Data []byte `json:"-"`
}

// A Mutation is one change the scanner made to the target.
type Mutation struct {
	Finding  string   `json:"finding,omitempty"`
	Endpoint Endpoint `json:"endpoint"`
	Purpose  string   `json:"purpose"` // legitimate control, forged request, canary, restore
	Changes  []Change `json:"changes,omitempty"`
	Undone   bool     `json:"undone"`
	// Note says how it was undone, or why it remains and what to do about it.
	Note string    `json:"note"`
	At   time.Time `json:"at"`
}
