// Package report presents a scan. What the engine says arrives as a stream of
// finding.Messages; a Collector assembles them into a Report, and every format is
// a function of that Report: text for a terminal, one HTML file, one JSON
// document, or the stream again as JSON Lines. A saved stream therefore gives the
// same report as the scan that wrote it.
//
// Two things are decided here and nowhere else: the score (score.go, published in
// docs/score.md) and the order in which findings are shown. Whether something was
// proven is decided by the engine and only repeated here; so is the exit status,
// which belongs to the command.
//
// Every string of a finding may have been chosen by the target. Control characters
// are dropped before anything is printed, and HTML is written by html/template.
package report
