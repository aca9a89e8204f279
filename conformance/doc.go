// Package conformance holds the guard against other projects' protections, request
// by request. It is a module of its own so that nobody who uses Mantlet downloads
// them; run it with `go test ./...` in this directory.
package conformance
