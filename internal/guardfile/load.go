package guardfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
)

const maxSize = 1 << 20

// Load reads the file at path.
func Load(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("read guard configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return File{}, fmt.Errorf("read guard configuration: %w", err)
	}
	file, err := Parse(text)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// Parse is Load on text already read. Its errors show the line, with a caret.
func Parse(text []byte) (File, error) {
	if len(text) > maxSize {
		return File{}, fmt.Errorf("larger than %d bytes, which no configuration is", maxSize)
	}
	if bytes.ContainsRune(text, 0) {
		return File{}, errors.New("holds a NUL byte: is this a text file?")
	}
	var file File
	err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&file)
	if err != nil && !errors.Is(err, io.EOF) { // an empty file is all defaults
		return File{}, errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return file, nil
}

// Options are the guard's part of the file. Whether they make sense together is
// guard.New's question. getenv resolves the names of secrets.
func (f File) Options(getenv func(string) string) (guard.Options, error) {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	o := guard.Options{
		Framing: guard.WriteMode(f.Framing), StripFrames: f.StripFrames, SessionCookies: f.Cookies.Session,
		Cookies:        guard.Cookies{CrossSite: f.Cookies.CrossSite, Readable: f.Cookies.Readable, HostPrefix: f.Cookies.HostPrefix},
		Tokens:         guard.Tokens{Headers: f.Tokens.Headers, Field: f.Tokens.Field},
		Transport:      guard.Transport{Redirect: f.HTTPS.Redirect, HSTSSubdomains: f.HTTPS.Subdomains},
		ReferrerPolicy: f.ReferrerPolicy, JSONPaths: f.JSONPaths,
	}
	switch strings.ToLower(f.Cookies.SameSite) {
	case "", "lax":
	case "strict":
		o.Cookies.SameSite = policy.SameSiteStrict
	default:
		note(fmt.Errorf("cookies.same_site: %q is neither lax nor strict", f.Cookies.SameSite))
	}
	o.Tokens.Keys = secrets(f.Tokens.Keys, "tokens.keys", getenv, note)
	o.Principals.PrincipalHeader = f.Principal.header(getenv, note)
	for _, text := range f.HTTPS.TrustedProxies {
		prefix, err := parsePrefix(text)
		note(err)
		o.Transport.TrustedProxies = append(o.Transport.TrustedProxies, prefix)
	}
	if f.HTTPS.HSTS == "off" {
		o.Transport.HSTS = -1
	} else {
		o.Transport.HSTS = Duration(f.HTTPS.HSTS, "https.hsts", note)
	}
	for _, rule := range f.ReportOnly {
		o.ReportOnly = append(o.ReportOnly, guard.Rule(rule))
	}
	o.CORS, o.InsecureOff = f.cors(note), rulesOff(f.InsecureOff)
	return o, errors.Join(errs...)
}

// secrets are the values of environment variables.
func secrets(names []string, key string, getenv func(string) string, note func(error)) (keys [][]byte) {
	for _, name := range names {
		value := getenv(name)
		if len(value) < 32 {
			note(fmt.Errorf("%s: the environment variable %s holds no key of at least 32 characters", key, name))
		}
		keys = append(keys, []byte(value))
	}
	return keys
}

func (f File) cors(note func(error)) *guard.CORS {
	if f.CORS == nil {
		return nil
	}
	return &guard.CORS{Origins: f.CORS.Origins, Methods: f.CORS.Methods, Headers: f.CORS.Headers, Expose: f.CORS.Expose,
		Credentials: f.CORS.Credentials, MaxAge: Duration(f.CORS.MaxAge, "cors.max_age", note), Tighten: f.CORS.Tighten}
}

func rulesOff(off map[string]string) map[guard.Rule]string {
	rules := map[guard.Rule]string{}
	for rule, reason := range off {
		rules[guard.Rule(rule)] = reason
	}
	return rules
}

func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return prefix, fmt.Errorf("https.trusted_proxies: %q is no address or network", text)
	}
	return prefix.Masked(), nil
}

// Duration reads a time such as 10s, 0 for "". What is none is noted under its key.
func Duration(text, key string, note func(error)) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		note(fmt.Errorf("%s: %q is no time like 10s or 24h", key, text))
		return 0
	}
	return d
}
