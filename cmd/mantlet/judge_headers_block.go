package main

import (
	"errors"
	"strconv"
	"strings"
)

var errNoHeaders = errors.New(`no header line found: paste lines like "X-Frame-Options: DENY"`)

// parseHeaderBlock finds the last response in pasted text and gives its status, 0
// if there is no status line, and its header lines as sent. Responses before it
// (100 Continue, redirects followed by curl -L) and bodies are passed over, as is
// the noise of curl -v. Folded lines stay folded.
func parseHeaderBlock(text string) (status int, lines []string, err error) {
	pasted := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	pasted = withoutCurlMarks(pasted)
	inHeaders, seen := true, false
	for _, line := range pasted {
		if code, isStatus := parseStatusLine(line); isStatus {
			status, lines, inHeaders, seen = code, nil, true, true
			continue
		}
		switch {
		case strings.TrimSpace(line) != "":
			if inHeaders {
				lines = append(lines, line)
			}
		case len(lines) > 0 || seen:
			inHeaders = false // what follows an empty line is the body
		}
	}
	if !anyHeader(lines) && !seen {
		return 0, nil, errNoHeaders
	}
	return status, lines, nil
}

// withoutCurlMarks keeps the received lines of curl -v, which start with "< ".
func withoutCurlMarks(pasted []string) []string {
	var received []string
	marked := false
	for _, line := range pasted {
		rest, found := strings.CutPrefix(line, "<")
		if !found {
			continue
		}
		rest = strings.TrimPrefix(rest, " ")
		if _, isStatus := parseStatusLine(rest); isStatus {
			marked = true
		}
		received = append(received, rest)
	}
	if !marked {
		return pasted
	}
	return received
}

func parseStatusLine(line string) (code int, ok bool) {
	version, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !strings.HasPrefix(strings.ToUpper(version), "HTTP/") {
		return 0, false
	}
	digits, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	code, err := strconv.Atoi(digits)
	return code, err == nil
}

func anyHeader(lines []string) bool {
	for _, line := range lines {
		if strings.IndexByte(line, ':') > 0 {
			return true
		}
	}
	return false
}
