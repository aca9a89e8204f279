// Package config reads mantlet.yaml. It is strict: a key it does not know is an
// error with its line, a secret is always the name of an environment variable and
// never a value, and nothing is half read. The package decides nothing; whoever
// calls it takes the File apart.
package config

import (
	"fmt"
	"net/netip"

	"github.com/mantlet-dev/mantlet/policy"
)

// Name is the file that commands read when none is named.
const Name = "mantlet.yaml"

// A File is mantlet.yaml as written, the zero value of each key meaning its
// default. The comments of the example, see Example, are its manual.
type File struct {
	Targets    []string     `yaml:"targets" json:"targets"`
	Mode       string       `yaml:"mode" json:"mode"` // passive, active, or "" for what the target allows
	Scope      Scope        `yaml:"scope" json:"scope"`
	Budget     Budget       `yaml:"budget" json:"budget"`
	Identities []Identity   `yaml:"identities" json:"identities"`
	OpenAPI    []string     `yaml:"openapi" json:"openapi"`
	HAR        []string     `yaml:"har" json:"har"` // files
	Seeds      []string     `yaml:"seeds" json:"seeds"`
	Sockets    []Socket     `yaml:"sockets" json:"sockets"`
	DynamoDB   DynamoDB     `yaml:"dynamodb" json:"dynamodb"`
	Policy     policy.Rules `yaml:"policy" json:"policy"`
	FailOn     string       `yaml:"fail_on" json:"fail_on"`
	Browser    Browser      `yaml:"browser" json:"browser"`
	Output     Output       `yaml:"output" json:"output"`
}

// Scope bounds where a scan goes; the targets' own origins are always in it.
type Scope struct {
	Origins []string `yaml:"origins" json:"origins"`
	Include []string `yaml:"include" json:"include"`
	Exclude []string `yaml:"exclude" json:"exclude"`
	// Private are address ranges that are not public and that the targets' names may
	// lead to all the same: "10.0.0.0/8".
	Private []string `yaml:"private" json:"private"`
}

// Ranges are the private ranges, read.
func (s Scope) Ranges() ([]netip.Prefix, error) {
	var ranges []netip.Prefix
	for _, text := range s.Private {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no address range like 10.0.0.0/8", text)
		}
		ranges = append(ranges, p)
	}
	return ranges, nil
}

// Budget bounds what a scan sends and changes; 0 is the default.
type Budget struct {
	Requests    int     `yaml:"requests" json:"requests"`
	Rate        float64 `yaml:"rate" json:"rate"` // requests a second
	Concurrency int     `yaml:"concurrency" json:"concurrency"`
	Timeout     string  `yaml:"timeout" json:"timeout"` // of one request, "10s"
	Pages       int     `yaml:"pages" json:"pages"`     // per identity
	Mutations   int     `yaml:"mutations" json:"mutations"`
	// Deletes lets delete-like actions be tried on objects the scan did not make.
	Deletes bool `yaml:"deletes" json:"deletes"`
}

// An Identity is somebody to log in as. Secrets are names of environment variables.
type Identity struct {
	Name    string            `yaml:"name" json:"name"`
	Login   *Login            `yaml:"login" json:"login"`
	Cookie  string            `yaml:"cookie" json:"cookie"`
	Bearer  string            `yaml:"bearer" json:"bearer"`
	Headers map[string]string `yaml:"headers" json:"headers"`
}

// A Login is one way to get a session.
type Login struct {
	Form *Form `yaml:"form" json:"form"`
	JSON *JSON `yaml:"json" json:"json"`
}

// A Form is a login form, filled in over HTTP or in the browser.
type Form struct {
	URL     string            `yaml:"url" json:"url"`
	Fields  map[string]string `yaml:"fields" json:"fields"`
	Secrets map[string]string `yaml:"secrets" json:"secrets"`
	Browser bool              `yaml:"browser" json:"browser"`
	Submit  string            `yaml:"submit" json:"submit"` // CSS selector
	Success Success           `yaml:"success" json:"success"`
}

// JSON is a login by posting an object.
type JSON struct {
	URL        string            `yaml:"url" json:"url"`
	Fields     map[string]string `yaml:"fields" json:"fields"`
	Secrets    map[string]string `yaml:"secrets" json:"secrets"`
	Token      string            `yaml:"token" json:"token"`       // JSON pointer to a bearer token
	TokenAs    string            `yaml:"token_as" json:"token_as"` // header with {token} in it
	URLEncoded bool              `yaml:"urlencoded" json:"urlencoded"`
	Success    Success           `yaml:"success" json:"success"`
}

// Success is how a login is known to have worked.
type Success struct {
	Path   string `yaml:"path" json:"path"`
	Status int    `yaml:"status" json:"status"`
	Text   string `yaml:"text" json:"text"`
	Cookie string `yaml:"cookie" json:"cookie"`
}

// A Socket is a WebSocket that no page shows, and what to send over it; {marker} in
// a message is where a value goes that can be found again.
type Socket struct {
	URL      string   `yaml:"url" json:"url"`
	Messages []string `yaml:"messages" json:"messages"`
}

// DynamoDB names tables that show state changes. They are only ever read.
type DynamoDB struct {
	Endpoint string   `yaml:"endpoint" json:"endpoint"`
	Region   string   `yaml:"region" json:"region"`
	Tables   []string `yaml:"tables" json:"tables"`
}

// Browser says which browser to use. Both settings for third-party cookies are tried.
type Browser struct {
	Path string `yaml:"path" json:"path"`
}

// Output says where the report goes.
type Output struct {
	Dir     string   `yaml:"dir" json:"dir"`
	Formats []string `yaml:"formats" json:"formats"`
}
