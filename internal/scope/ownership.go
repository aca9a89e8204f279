package scope

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// verifiedFor is how long a shown ownership lasts.
const verifiedFor = 30 * 24 * time.Hour

const (
	challengeLabel = "_mantlet-challenge."
	challengePath  = "/.well-known/mantlet.txt"
	challengeKey   = "mantlet-verification="
)

// Ownership keeps what an owner has to publish to show that an origin is theirs,
// and when it was last seen. It is a file of the user's, read and written by each
// call; two processes at once may lose one of two new entries.
type Ownership struct {
	// LookupTXT and Now are replaced in tests.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
	Now       func() time.Time
	// Claim is what the well-known file is fetched with; only its version, hosts,
	// private ranges and limits are used.
	Claim Claim

	path string
}

// OwnershipFile is where a user's ownership records are kept by default.
func OwnershipFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the user's configuration folder: %w", err)
	}
	return filepath.Join(dir, "mantlet", "ownership.json"), nil
}

// OpenOwnership uses the records in the file at path, which need not exist yet.
func OpenOwnership(path string) *Ownership {
	return &Ownership{LookupTXT: net.DefaultResolver.LookupTXT, Now: time.Now, path: path}
}

// A Challenge is what to publish to show ownership of an origin; either the record
// or the file is enough.
type Challenge struct {
	Record string // name of the DNS TXT record, "" if the host is an address
	File   string // URL of the well-known file
	Text   string // content of both
}

type shown struct {
	Token    string    `json:"token"`
	How      string    `json:"how,omitempty"`
	Verified time.Time `json:"verified_at,omitzero"`
}

// Challenge is the challenge of an origin; it stays the same until the file is
// removed.
func (w *Ownership) Challenge(o policy.Origin) (Challenge, error) {
	entry, err := w.entry(o)
	if err != nil {
		return Challenge{}, err
	}
	c := Challenge{File: o.String() + challengePath, Text: challengeKey + entry.Token}
	if !o.IsAddress() {
		c.Record = challengeLabel + o.Host()
	}
	return c, nil
}

// Verify looks for the challenge of an origin, in DNS and then in the well-known
// file, and records what it found. How names the place.
func (w *Ownership) Verify(ctx context.Context, o policy.Origin) (how string, err error) {
	c, err := w.Challenge(o)
	if err != nil {
		return "", err
	}
	var dnsErr error
	if c.Record != "" {
		dnsErr = w.checkRecord(ctx, c)
		how = "DNS TXT record " + c.Record
	}
	if c.Record == "" || dnsErr != nil {
		if fileErr := w.checkFile(ctx, c); fileErr != nil {
			return "", fmt.Errorf("ownership of %s not shown: %w", o, errors.Join(dnsErr, fileErr))
		}
		how = "file " + c.File
	}
	all, err := w.load()
	if err != nil {
		return "", err
	}
	all[o.String()] = shown{strings.TrimPrefix(c.Text, challengeKey), how, w.Now().UTC()}
	return how, w.save(all)
}

// Verified says how and when ownership of an origin was last shown; an error if it
// was not, or too long ago. It sends nothing. It fits Claim.Verified.
func (w *Ownership) Verified(_ context.Context, o policy.Origin) (string, error) {
	all, err := w.load()
	if err != nil {
		return "", err
	}
	entry := all[o.String()]
	if entry.Verified.IsZero() {
		return "", errors.New("ownership was not shown")
	}
	if age := w.Now().Sub(entry.Verified); age > verifiedFor || age < -time.Hour {
		return "", fmt.Errorf("ownership was last shown on %s, more than 30 days ago", entry.Verified.Format(time.DateOnly))
	}
	return entry.How + " on " + entry.Verified.Format(time.DateOnly), nil
}

func (w *Ownership) checkRecord(ctx context.Context, c Challenge) error {
	texts, err := w.LookupTXT(ctx, c.Record)
	if err != nil {
		return fmt.Errorf("look up TXT record %s: %w", c.Record, err)
	}
	for _, text := range texts {
		if strings.TrimSpace(text) == c.Text {
			return nil
		}
	}
	return fmt.Errorf("TXT record %s: %d found, none with the text of the challenge", c.Record, len(texts))
}

// checkFile fetches the well-known file through a passive grant of its own, so no
// redirect can lead the proof elsewhere.
func (w *Ownership) checkFile(ctx context.Context, c Challenge) error {
	claim := w.Claim
	claim.Targets, claim.Origins, claim.Include, claim.Exclude = []string{c.File}, nil, nil, nil
	claim.Mode = Passive
	g, err := Open(ctx, claim)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.File, nil)
	if err != nil {
		return err
	}
	resp, err := g.Do(req)
	if err != nil {
		return err
	}
	body, _, err := ReadBody(resp)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered with status %d", c.File, resp.StatusCode)
	}
	for lines := bufio.NewScanner(bytes.NewReader(body)); lines.Scan(); {
		if strings.TrimSpace(lines.Text()) == c.Text {
			return nil
		}
	}
	return fmt.Errorf("%s has no line with the text of the challenge", c.File)
}

// entry is the record of an origin, made if there is none.
func (w *Ownership) entry(o policy.Origin) (shown, error) {
	all, err := w.load()
	if err != nil {
		return shown{}, err
	}
	entry, ok := all[o.String()]
	if ok && entry.Token != "" {
		return entry, nil
	}
	entry = shown{Token: rand.Text()}
	all[o.String()] = entry
	return entry, w.save(all)
}

func (w *Ownership) load() (map[string]shown, error) {
	data, err := os.ReadFile(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]shown{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read ownership records: %w", err)
	}
	all := map[string]shown{}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("read ownership records in %s: %w", w.path, err)
	}
	return all, nil
}

// save replaces the file as a whole, so that a crash leaves the old one.
func (w *Ownership) save(all map[string]shown) error {
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(w.path), 0o700); err != nil {
		return fmt.Errorf("save ownership records: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(w.path), "ownership-*")
	if err != nil {
		return fmt.Errorf("save ownership records: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(append(data, '\n'))
	if err := errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("save ownership records: %w", err)
	}
	return os.Rename(tmp.Name(), w.path)
}
