package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Schema is the version of the stream and of the JSON document, as in Run.Schema.
const Schema = "1"

// ErrTruncated means that a stream ended without an End: the scan that wrote it
// was cut off, and what it did not say is not known to be safe.
var ErrTruncated = errors.New("the stream has no end: the scan that wrote it was cut off")

// maxLine bounds one message. Screenshots are files beside the stream, so a longer
// line was not written by a scan.
const maxLine = 64 << 20

// A HandlerFunc is a function used as a finding.Handler.
type HandlerFunc func(finding.Message) error

// Handle calls f.
func (f HandlerFunc) Handle(m finding.Message) error { return f(m) }

// Tee hands every message to each of handlers, in order. The first error ends the
// message's way and is returned.
func Tee(handlers ...finding.Handler) finding.Handler {
	return HandlerFunc(func(m finding.Message) error {
		for _, h := range handlers {
			if err := h.Handle(m); err != nil {
				return err
			}
		}
		return nil
	})
}

// Encode writes every message to w as one line of JSON. It does not buffer, so that
// a reader of a pipe sees findings as they are made.
func Encode(w io.Writer) finding.Handler {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // the lines are read by programs and people, not by browsers
	return HandlerFunc(func(m finding.Message) error {
		if err := encoder.Encode(m); err != nil {
			return fmt.Errorf("write stream: %w", err)
		}
		return nil
	})
}

// Decode reads a stream of JSON Lines and hands its messages to h. Blank lines,
// unknown fields and kinds of message this version does not know are passed over;
// anything else that is not a message is an error naming its line. The first
// message must be a Run of this Schema, and nothing may follow the End. Without an
// End it returns an error that is ErrTruncated, after h has had all there was.
// An error of h ends the reading and is returned as it is.
func Decode(r io.Reader, h finding.Handler) error {
	d := decoder{lines: bufio.NewReader(r), handler: h}
	for {
		line, err := d.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read stream: line %d: %w", d.line, err)
		}
		last := err != nil
		if failed := d.take(line, last); failed != nil {
			return failed
		}
		if last {
			break
		}
	}
	if !d.ended {
		return fmt.Errorf("read stream: line %d: %w", d.line, ErrTruncated)
	}
	return nil
}

type decoder struct {
	lines          *bufio.Reader
	handler        finding.Handler
	line           int // number of the line read last, from 1
	started, ended bool
}

// next reads one line; with io.EOF comes what followed the last line feed.
func (d *decoder) next() ([]byte, error) {
	d.line++
	var line []byte
	for {
		part, err := d.lines.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSpace(line), err
		}
	}
}

func (d *decoder) take(line []byte, last bool) error {
	if len(line) == 0 {
		return nil
	}
	var m finding.Message
	if err := json.Unmarshal(line, &m); err != nil {
		// Only the last line can have been cut, and then it has no line feed.
		var syntax *json.SyntaxError
		if last && !d.ended && errors.As(err, &syntax) {
			return fmt.Errorf("read stream: line %d: %w", d.line, ErrTruncated)
		}
		return fmt.Errorf("read stream: line %d: %w", d.line, err)
	}
	if kinds(m) == 0 {
		return nil
	}
	if err := d.order(m); err != nil {
		return fmt.Errorf("read stream: line %d: %w", d.line, err)
	}
	return d.handler.Handle(m)
}

// order holds a message against those before it.
func (d *decoder) order(m finding.Message) error {
	switch {
	case kinds(m) > 1:
		return errors.New("a message of several kinds")
	case d.ended:
		return errors.New("a message after the end")
	case m.Run == nil && !d.started:
		return errors.New("not a scan's stream: it does not begin with a run")
	case m.Run != nil && d.started:
		return errors.New("a second run: one stream is one scan")
	case m.Run != nil && m.Run.Schema != Schema:
		return fmt.Errorf("the stream has format %q, this version of mantlet reads %q", clean(m.Run.Schema), Schema)
	}
	d.started = true
	d.ended = m.End != nil
	return nil
}

func kinds(m finding.Message) int {
	n := 0
	for _, set := range []bool{m.Run != nil, m.Progress != nil, m.Finding != nil, m.Skip != nil, m.Mutation != nil, m.End != nil} {
		if set {
			n++
		}
	}
	return n
}
