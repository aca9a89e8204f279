package main

import (
	"io"
	"os"
	"strconv"
)

// isTerminal says whether w is a terminal: there colour and a live line help, in a
// file or a CI log they are noise.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// useColor decides by the flag (auto, always, never), and for auto by the terminal
// and the NO_COLOR convention.
func (e *env) useColor(flag string, w io.Writer) bool {
	switch flag {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && e.getenv("NO_COLOR") == "" && e.getenv("TERM") != "dumb"
}

// width is the terminal's width as the shell tells it, or 0 for "not known".
func (e *env) width() int {
	n, _ := strconv.Atoi(e.getenv("COLUMNS"))
	return n
}
