// Package guardfile reads guard.yaml. It is strict: a key it does not know is an
// error with its line, a secret is the name of an environment variable and never a
// value. The package decides nothing; whoever calls it takes the File apart.
package guardfile

import (
	_ "embed"

	"github.com/mantlet-dev/mantlet/policy"
)

// Schema is the JSON Schema of the file, for editors.
//
//go:embed guard.schema.json
var Schema []byte

// Example is a commented guard.yaml with every key.
//
//go:embed example.yaml
var Example []byte

// A File is guard.yaml as written, the zero value of each key meaning its default.
// The comments of Example are its manual.
type File struct {
	Upstream string `yaml:"upstream" json:"upstream"`
	Listen   string `yaml:"listen" json:"listen"`
	Admin    string `yaml:"admin" json:"admin"`
	TLS      TLS    `yaml:"tls" json:"tls"`
	Limits   Limits `yaml:"limits" json:"limits"`

	Policy         policy.Rules      `yaml:"policy" json:"policy"` // the same section as in mantlet.yaml
	Framing        string            `yaml:"framing" json:"framing"`
	StripFrames    bool              `yaml:"strip_frames" json:"strip_frames"`
	Cookies        Cookies           `yaml:"cookies" json:"cookies"`
	Tokens         Tokens            `yaml:"tokens" json:"tokens"`
	Principal      Principal         `yaml:"principal" json:"principal"`
	HTTPS          HTTPS             `yaml:"https" json:"https"`
	ReferrerPolicy string            `yaml:"referrer_policy" json:"referrer_policy"`
	CORS           *CORS             `yaml:"cors" json:"cors"`
	JSONPaths      []string          `yaml:"json_paths" json:"json_paths"`
	ReportOnly     []string          `yaml:"report_only" json:"report_only"`
	InsecureOff    map[string]string `yaml:"insecure_off" json:"insecure_off"`
}

// TLS names files in PEM form.
type TLS struct {
	Cert string `yaml:"cert" json:"cert"`
	Key  string `yaml:"key" json:"key"`
}

// Limits bound what clients may take; 0 and "" are the defaults.
type Limits struct {
	Connections   int    `yaml:"connections" json:"connections"`
	HeaderBytes   int    `yaml:"header_bytes" json:"header_bytes"`
	HeaderTimeout string `yaml:"header_timeout" json:"header_timeout"`
	StallTimeout  string `yaml:"stall_timeout" json:"stall_timeout"`
	AnswerTimeout string `yaml:"answer_timeout" json:"answer_timeout"`
}

// Cookies is guard.Cookies, and the names of session cookies.
type Cookies struct {
	Session    []string `yaml:"session" json:"session"`
	SameSite   string   `yaml:"same_site" json:"same_site"`
	CrossSite  []string `yaml:"cross_site" json:"cross_site"`
	Readable   []string `yaml:"readable" json:"readable"`
	HostPrefix []string `yaml:"host_prefix" json:"host_prefix"`
}

// Tokens: Keys are names of environment variables.
type Tokens struct {
	Keys    []string `yaml:"keys" json:"keys"`
	Headers []string `yaml:"headers" json:"headers"`
	Field   string   `yaml:"field" json:"field"`
	Inject  bool     `yaml:"inject" json:"inject"`
}

// Principal is guard.PrincipalHeader: Keys are names of environment variables.
type Principal struct {
	Keys     []string  `yaml:"keys" json:"keys"`
	Audience string    `yaml:"audience" json:"audience"`
	Header   string    `yaml:"header" json:"header"`
	Life     string    `yaml:"life" json:"life"`
	Sessions *Sessions `yaml:"sessions" json:"sessions"`
}

// Sessions are kept by the guard: in a DynamoDB table, in the cookie itself if
// SignedKeys names environment variables, else in the process.
type Sessions struct {
	Table        string   `yaml:"table" json:"table"`
	Region       string   `yaml:"region" json:"region"`
	Endpoint     string   `yaml:"endpoint" json:"endpoint"`
	SignedKeys   []string `yaml:"signed_keys" json:"signed_keys"`
	Cookie       string   `yaml:"cookie" json:"cookie"`
	Idle         string   `yaml:"idle" json:"idle"`
	Absolute     string   `yaml:"absolute" json:"absolute"`
	InsecureHTTP string   `yaml:"insecure_http" json:"insecure_http"`
	Logins       bool     `yaml:"logins" json:"logins"`
}

// HTTPS is guard.Transport.
type HTTPS struct {
	Redirect       bool     `yaml:"redirect" json:"redirect"`
	HSTS           string   `yaml:"hsts" json:"hsts"`
	Subdomains     bool     `yaml:"subdomains" json:"subdomains"`
	TrustedProxies []string `yaml:"trusted_proxies" json:"trusted_proxies"`
}

// CORS is guard.CORS.
type CORS struct {
	Origins     []string `yaml:"origins" json:"origins"`
	Methods     []string `yaml:"methods" json:"methods"`
	Headers     []string `yaml:"headers" json:"headers"`
	Expose      []string `yaml:"expose" json:"expose"`
	Credentials bool     `yaml:"credentials" json:"credentials"`
	MaxAge      string   `yaml:"max_age" json:"max_age"`
	Tighten     bool     `yaml:"tighten" json:"tighten"`
}
