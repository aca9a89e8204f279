package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// longestCase is more than any row that was ever recorded, and keeps a file
// without line ends from filling the memory.
const longestCase = 64 << 20

// A refusedCase stands in the output for a line that is no case, so that answers
// stay in step with questions.
type refusedCase struct {
	ID      json.RawMessage `json:"id"`
	Verdict string          `json:"verdict"`
	Reason  string          `json:"reason"`
}

// judgeCases answers every line of the file named by args ("-" or nothing: the
// standard input) with one line of JSON. Lines that judge refuses are also named
// on the standard error, and make the whole run end with exitUsage.
func judgeCases(e *env, args []string, judge func(line []byte) (any, error)) error {
	in := e.stdin
	if len(args) > 0 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return exitError{exitUsage, err}
		}
		defer f.Close()
		in = f
	}
	out := bufio.NewWriter(e.stdout)
	refused, err := answerLines(in, out, e.stderr, judge)
	if flushErr := out.Flush(); flushErr != nil {
		return exitError{exitIncomplete, fmt.Errorf("write answers: %w", flushErr)}
	}
	if err != nil {
		return exitError{exitUsage, err}
	}
	if refused > 0 {
		return exitError{code: exitUsage}
	}
	return nil
}

func answerLines(in io.Reader, out, complain io.Writer, judge func([]byte) (any, error)) (refused int, err error) {
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), longestCase)
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if isBlankLine(line) {
			continue
		}
		answer, err := judge(line)
		if err != nil {
			refused++
			fmt.Fprintf(complain, "line %d: %v\n", n, err)
			answer = refusedCase{caseID(line), "error", err.Error()}
		}
		if err := answers.Encode(answer); err != nil {
			return refused, fmt.Errorf("write answer to line %d: %w", n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return refused, fmt.Errorf("a line is longer than %d MB", longestCase>>20)
	} else if err != nil {
		return refused, fmt.Errorf("read cases: %w", err)
	}
	return refused, nil
}

func isBlankLine(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// caseID is the id as it was given, of whatever type, or an empty string.
func caseID(line []byte) json.RawMessage {
	var row struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(line, &row); err != nil || len(row.ID) == 0 {
		return json.RawMessage(`""`)
	}
	return row.ID
}
