package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// FromFile reads the saved stream at name and the evidence beside it, as FromJSONL.
func FromFile(name string) (Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return Report{}, err
	}
	defer file.Close()
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	return FromJSONL(file, root.FS())
}

// FromJSONL assembles a Report from a saved stream. The content of evidence files
// is read from beside, which may be nil; a file that is not there, or is no longer
// the one of the scan, is left out and its caption says so. With ErrTruncated comes
// what there was, as a report that calls itself incomplete; with any other error
// the report is not to be used.
func FromJSONL(r io.Reader, beside fs.FS) (Report, error) {
	var c Collector
	err := Decode(r, &c)
	if err != nil && !errors.Is(err, ErrTruncated) {
		return Report{}, err
	}
	report := c.Report()
	for _, list := range [][]finding.Finding{report.Findings, report.Refuted} {
		for _, f := range list {
			if f.Proof == nil {
				continue
			}
			for i := range f.Proof.Files {
				load(&f.Proof.Files[i], beside)
			}
		}
	}
	return report, err
}

// maxEvidence bounds one evidence file; a screenshot takes a few hundred kilobytes.
const maxEvidence = 32 << 20

// load fills in the content of a file, if it is what the scan recorded.
func load(f *finding.File, beside fs.FS) {
	data, err := content(f.Name, beside)
	if err != nil {
		f.Text += " (the file is missing)"
		return
	}
	// A picture that was exchanged after the scan is no evidence of it.
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != f.SHA256 {
		f.Text += " (the file is not the one of the scan)"
		return
	}
	f.Data = data
}

func content(name string, beside fs.FS) ([]byte, error) {
	if beside == nil || !fs.ValidPath(name) {
		return nil, fs.ErrNotExist
	}
	file, err := beside.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxEvidence+1))
	if err == nil && len(data) > maxEvidence {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxEvidence)
	}
	return data, err
}
