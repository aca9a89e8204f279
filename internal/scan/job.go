package scan

import (
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// A Job is everything one scan needs to know.
type Job struct {
	Grant      *scope.Grant
	Targets    []string
	Identities []identity.Spec
	Rules      policy.Rules
	OpenAPI    []string         // further documents to read, paths or URLs
	Recorded   []har.Entry      // requests that somebody was recorded to send
	Seeds      []string         // further pages to start from
	Sockets    []observe.Socket // WebSockets that no page shows
	Pages      int              // pages per identity; 0: observe's default
	Browser    Browser
	Tables     Tables
	Mutations  int  // changes the scan may make; 0: prove's default
	Deletes    bool // aim delete-like actions at objects the scan did not create
	// Proofs false leaves every suspicion as it is, even in active mode.
	Proofs bool
	// DryRun hands every suspicion on with its plan, and carries none out.
	DryRun bool
	// Replay is a finding of an earlier scan to put to the test again, instead of
	// what the checks suspect; nil scans.
	Replay *finding.Finding
	// Again is what an earlier scan of the same application proved. Where an active
	// scan does not suspect it by itself it is put to the test all the same, so that
	// it is seen to be refuted and not merely missed.
	Again []finding.Finding
	Tool  string // name and version, for the stream
}

// Browser says which browser to use and how.
type Browser struct {
	Path string // "": find one
	Off  bool   // use none
}

// Tables are DynamoDB tables whose items show state changes; no Names: none.
type Tables struct {
	Endpoint, Region string
	Names            []string
}
