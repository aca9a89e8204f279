package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// maxSize bounds the file: a configuration is written by hand, and YAML aliases
// make a small file large.
const maxSize = 1 << 20

// Load reads and validates the file at path.
func Load(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return File{}, fmt.Errorf("read configuration: %w", err)
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
	return file, file.validate()
}

func (f File) validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	oneOf := func(key, value string, words ...string) {
		if value != "" && !slices.Contains(words, value) {
			add("%s: %q is not one of %s", key, value, strings.Join(words, ", "))
		}
	}
	oneOf("mode", f.Mode, "passive", "active")
	oneOf("fail_on", f.FailOn, "critical", "high", "medium", "low", "info", "none")
	oneOf("browser.third_party_cookies", f.Browser.ThirdPartyCookies, "both", "allowed", "blocked")
	if _, err := f.Budget.RequestTimeout(); err != nil {
		add("budget.timeout: %w", err)
	}
	if f.Budget.Requests < 0 || f.Budget.Rate < 0 || f.Budget.Concurrency < 0 || f.Budget.Pages < 0 || f.Budget.Mutations < 0 {
		add("budget: a limit cannot be below zero")
	}
	if err := f.Policy.Validate(); err != nil {
		add("policy: %w", err)
	}
	errs = append(errs, validateIdentities(f.Identities)...)
	return errors.Join(errs...)
}

func validateIdentities(identities []Identity) []error {
	var errs []error
	seen := map[string]bool{}
	for i, id := range identities {
		name := fmt.Sprintf("identities[%d] (%s)", i, id.Name)
		switch {
		case id.Name == "":
			errs = append(errs, fmt.Errorf("identities[%d]: needs a name", i))
		case seen[id.Name]:
			errs = append(errs, fmt.Errorf("%s: the name is taken", name))
		}
		seen[id.Name] = true
		if id.Login == nil && id.Cookie == "" && id.Bearer == "" && len(id.Headers) == 0 {
			errs = append(errs, fmt.Errorf("%s: needs a login, cookie, bearer or headers", name))
		}
		if id.Login != nil && (id.Login.Form == nil) == (id.Login.JSON == nil) {
			errs = append(errs, fmt.Errorf("%s: login needs either form or json", name))
		}
		if id.Login != nil && id.Login.url() == "" {
			errs = append(errs, fmt.Errorf("%s: login needs a url", name))
		}
	}
	return errs
}

func (l Login) url() string {
	switch {
	case l.Form != nil:
		return l.Form.URL
	case l.JSON != nil:
		return l.JSON.URL
	}
	return ""
}

// RequestTimeout is the time one request may take, 0 for the default.
func (b Budget) RequestTimeout() (time.Duration, error) {
	if b.Timeout == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(b.Timeout)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no time like 10s or 1m", b.Timeout)
	}
	return d, nil
}
