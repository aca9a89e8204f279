package report

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Names of the files that WriteDir writes.
const (
	HTMLFile  = "report.html"
	JSONFile  = "report.json"
	JSONLFile = "run.jsonl"
	TextFile  = "report.txt"
)

// evidenceDir holds one folder for each finding with screenshots or a proof page.
const evidenceDir = "evidence"

// formats are what WriteDir can write, by the names users give them.
var formats = map[string]struct {
	file  string
	write func(io.Writer, Report) error
}{
	"html":  {HTMLFile, HTML},
	"json":  {JSONFile, JSON},
	"jsonl": {JSONLFile, lines},
	"text":  {TextFile, func(w io.Writer, r Report) error { return Text(w, r, Options{Width: 100}) }},
}

// Formats lists what WriteDir knows.
func Formats() []string { return []string{"html", "json", "jsonl", "text"} }

// WriteDir writes r into dir in each of formats (none: html, json and jsonl) and
// the evidence below dir/evidence, and gives the paths of the reports in the order
// asked for. It makes dir if needed, readable by its owner only: a report says how
// to attack the site. Every file appears whole or not at all, evidence before the
// reports that name it. Files of an earlier run are replaced, others are left.
func WriteDir(dir string, r Report, names []string) ([]string, error) {
	if len(names) == 0 {
		names = []string{"html", "json", "jsonl"}
	}
	for _, name := range names {
		if _, ok := formats[name]; !ok {
			return nil, fmt.Errorf("write report: unknown format %q: it is one of %s", name, strings.Join(Formats(), ", "))
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	defer root.Close()
	r = named(r)
	if err := writeEvidence(root, r); err != nil {
		return nil, err
	}
	var written []string
	for _, name := range names {
		f := formats[name]
		var content bytes.Buffer
		if err := f.write(&content, r); err != nil {
			return written, err
		}
		if err := writeFile(root, f.file, content.Bytes()); err != nil {
			return written, err
		}
		written = append(written, filepath.Join(dir, f.file))
	}
	return written, nil
}

func lines(w io.Writer, r Report) error {
	encoder := Encode(w)
	for _, m := range r.Messages() {
		if err := encoder.Handle(m); err != nil {
			return err
		}
	}
	return nil
}

// named is r with a name and a digest for every file whose content is at hand. The
// names are made here, from letters that mean nothing to a file system, because
// ids and kinds of a saved stream may be anybody's.
func named(r Report) Report {
	r.Findings, r.Refuted = slices.Clone(r.Findings), slices.Clone(r.Refuted)
	for _, list := range [][]finding.Finding{r.Findings, r.Refuted} {
		for i, f := range list {
			if f.Proof == nil || len(f.Proof.Files) == 0 {
				continue
			}
			proof := *f.Proof
			proof.Files = slices.Clone(proof.Files)
			for j := range proof.Files {
				file := &proof.Files[j]
				if file.Data == nil {
					continue
				}
				sum := sha256.Sum256(file.Data)
				file.SHA256 = hex.EncodeToString(sum[:])
				file.Name = path.Join(evidenceDir, safe(f.ID), fmt.Sprintf("%d-%s%s", j+1, safe(file.Kind), extension(*file)))
			}
			list[i].Proof = &proof
		}
	}
	return r
}

// safe is s if it consists of lower-case letters, digits and hyphens, as ids of
// ours do, and else a digest of it.
func safe(s string) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
	if s != "" && len(s) <= 80 && strings.Trim(s, letters) == "" && strings.Trim(s, "-") == s {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return "x" + hex.EncodeToString(sum[:8])
}

func extension(f finding.File) string {
	switch {
	case imageType(f.Data) != "":
		return "." + strings.TrimPrefix(imageType(f.Data), "image/")
	case f.Kind == "proof-html":
		return ".html"
	}
	return ".bin"
}

// imageType is the media type of data if it is an image of a kind browsers take
// for screenshots, else "". The content decides, never the name.
func imageType(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	}
	return ""
}

func writeEvidence(root *os.Root, r Report) error {
	for _, list := range [][]finding.Finding{r.Findings, r.Refuted} {
		for _, f := range list {
			if f.Proof == nil {
				continue
			}
			for _, file := range f.Proof.Files {
				if file.Data == nil {
					continue
				}
				if err := root.MkdirAll(path.Dir(file.Name), 0o700); err != nil {
					return fmt.Errorf("write evidence: %w", err)
				}
				if err := writeFile(root, file.Name, file.Data); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// writeFile puts content under a name nobody knows and then renames it, so that
// name is never half written.
func writeFile(root *os.Root, name string, content []byte) error {
	draft := name + ".part-" + rand.Text()[:8]
	file, err := root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	_, writing := file.Write(content)
	err = cmp.Or(writing, file.Close())
	if err == nil {
		err = root.Rename(draft, name)
	}
	if err != nil {
		return fmt.Errorf("write report: %s: %w", name, errors.Join(err, root.Remove(draft)))
	}
	return nil
}
