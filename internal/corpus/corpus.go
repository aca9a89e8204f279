// Package corpus reads the rows in which a real browser's answers are recorded:
// cookie rows with the context each was tried in, and rows of requests with how
// they were made. It turns the words of a context ("this page held this HTML")
// into an Act: who asked for what, from inside which documents.
//
// It knows the recording's own conventions and nothing about what a browser
// decides; comparing is left to whoever asks the policy package. It does not
// promise to read HTML or script other than the recording's.
package corpus

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
)

// A CookieRow asks about one Set-Cookie value in one context. The answers are
// present in recorded rows only.
type CookieRow struct {
	ID  string `json:"id"`
	Set string `json:"set"` // Latin-1 in disguise: one character is one byte
	Ctx string `json:"ctx"`

	Stored           bool  `json:"stored"`
	Sent             bool  `json:"sent"`
	SentBlocked      bool  `json:"sent_3pc_blocked"`
	StoredBlockedRow *bool `json:"stored_3pc_blocked"` // only where it differs from Stored
}

// StoredBlocked is the recorded answer of the profile that blocks third-party cookies.
func (r CookieRow) StoredBlocked() bool {
	if r.StoredBlockedRow != nil {
		return *r.StoredBlockedRow
	}
	return r.Stored
}

// A Context is how a cookie was set and how the request was made that might
// have carried it.
type Context struct {
	Name        string `json:"ctx"`
	RequestSeen bool   `json:"request_seen"`
	Method      string `json:"method"`
	Page        string `json:"page"`
	Target      string `json:"target"`
	SetBy       string `json:"cookies_set_by"`
	AgeSeconds  int    `json:"age_s"`
	How         string `json:"how"`
}

//go:embed cookies-contexts.jsonl
var embeddedContexts []byte

// Contexts are the recording's own, by name.
func Contexts() (map[string]Context, error) {
	return ReadContexts(bytes.NewReader(embeddedContexts))
}

// ReadContexts reads contexts in JSON Lines.
func ReadContexts(r io.Reader) (map[string]Context, error) {
	contexts := map[string]Context{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 4<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var c Context
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if c.Name == "" {
			return nil, fmt.Errorf("line %d: a context needs a name in \"ctx\"", n)
		}
		contexts[c.Name] = c
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read contexts: %w", err)
	}
	return contexts, nil
}
