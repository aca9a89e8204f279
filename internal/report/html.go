package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/*.tmpl"))

// HTML writes r as one file that needs nothing else: style and screenshots are in
// it, it has no script, and its own policy forbids the browser to load or run
// anything. Links to attack pages work where WriteDir put those beside it.
func HTML(w io.Writer, r Report) error {
	style, err := pageFiles.ReadFile("page/report.css")
	if err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	v := viewOf(r)
	v.Style = template.CSS(style)
	v.Policy = policyFor(style)
	var out bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&out, "report.tmpl", v); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	if _, err := w.Write(bytes.Map(visible, out.Bytes())); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return nil
}

// policyFor allows the one style sheet by its digest, pictures that are in the
// file, and nothing else.
func policyFor(style []byte) string {
	sum := sha256.Sum256(style)
	return "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}

// visible drops from the finished page what printable drops from text: the
// template has escaped markup, but a character that turns the direction of writing
// is none. Line ends and tabs are layout.
func visible(r rune) rune {
	if r == '\n' || r == '\t' {
		return r
	}
	return printable(r)
}
