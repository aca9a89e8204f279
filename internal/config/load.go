package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
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
	if err := refuseAliases(text); err != nil {
		return File{}, err
	}
	return decode(text)
}

func decode(text []byte) (file File, err error) {
	// The parser is not ours; what makes it panic is still only a broken file.
	defer func() {
		if p := recover(); p != nil {
			file, err = File{}, fmt.Errorf("this is no YAML that can be read: %v", p)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) { // an empty file is all defaults
		return File{}, errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return File{}, errors.New("holds a second document after ---: only one is read")
	}
	if faults := file.faults(); len(faults) > 0 {
		return File{}, show(text, faults)
	}
	return file, nil
}

// refuseAliases keeps references within the file out: nothing here needs them, and
// a few lines of them can stand for gigabytes.
func refuseAliases(text []byte) error {
	for _, t := range lexer.Tokenize(string(text)) {
		if t.Type == token.AnchorType || t.Type == token.AliasType || t.Type == token.MergeKeyType {
			return fmt.Errorf("[%d:%d] anchors and aliases are not read: write the value out", t.Position.Line, t.Position.Column)
		}
	}
	return nil
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
