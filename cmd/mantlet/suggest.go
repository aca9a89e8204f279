package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/accuracy"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/scan"
	"github.com/mantlet-dev/mantlet/internal/suggest"
	"github.com/mantlet-dev/mantlet/policy"
)

// loopFlags lead from a scan to the guard and back: what would have stopped this
// scan's proofs, and what became of an earlier scan's.
type loopFlags struct {
	suggest string
	force   bool
	again   string
	earlier report.Report
}

func (l *loopFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.suggest, "suggest", "", "write guard rules that would have stopped what is proven to this `FILE`")
	cmd.Flags().BoolVar(&l.force, "force", false, "let --suggest replace a file that is there")
	cmd.Flags().StringVar(&l.again, "again", "", "attack again with what an earlier scan proved, as saved in `FILE` (run.jsonl)")
}

// prepare finds out before the scan what would spoil its end.
func (l *loopFlags) prepare(job *scan.Job) error {
	if l.suggest != "" && !l.force {
		if _, err := os.Lstat(l.suggest); err == nil {
			return alreadyThere(l.suggest)
		}
	}
	if l.suggest != "" && !isDir(filepath.Dir(l.suggest)) {
		return fmt.Errorf("--suggest: there is no folder %s", filepath.Dir(l.suggest))
	}
	if l.again == "" {
		return nil
	}
	if !job.Grant.Active() || !job.Proofs {
		return errors.New("--again attacks, and this scan would only look")
	}
	var err error
	if l.earlier, err = report.FromFile(l.again); err != nil && !errors.Is(err, report.ErrTruncated) {
		return fmt.Errorf("--again: %w", err)
	}
	job.Again = l.earlier.Findings
	return nil
}

func alreadyThere(path string) error {
	return fmt.Errorf("%s is there already and was not touched; name another file, or replace it with --force", path)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// finish writes and tells what follows from the scan.
func (l *loopFlags) finish(e *env, r report.Report, job scan.Job, saved string) error {
	if l.suggest != "" {
		if err := l.write(e.stderr, r, job, saved); err != nil {
			return exitError{exitIncomplete, err}
		}
	}
	if l.again == "" {
		return nil
	}
	closed := accuracy.Close(l.earlier.Findings, all(r))
	tellClosed(e.stderr, closed)
	if len(closed.Open) > 0 {
		return exitError{exitIncomplete, fmt.Errorf("%d of the earlier proofs could not be put to the test again", len(closed.Open))}
	}
	return nil
}

func tellClosed(w io.Writer, c accuracy.Closed) {
	fmt.Fprintf(w, "again: of %s in the earlier scan, %d refuted now\n", count(c.Proven, "proof"), c.Refuted)
	tellList(w, "  still proven: ", c.Still)
	tellList(w, "  not put to the test: ", c.Open)
}

func tellList(w io.Writer, before string, lines []string) {
	for _, line := range lines {
		fmt.Fprintln(w, before+line)
	}
}

func (l *loopFlags) write(w io.Writer, r report.Report, job scan.Job, saved string) error {
	s := suggest.From(r.Findings, job.Rules, job.Targets[0], r.End)
	if s.Stopped() == 0 && len(s.Beyond) == 0 {
		fmt.Fprintf(w, "%s was not written: nothing was proven, and the guard needs no file: mantlet guard --upstream %s\n", l.suggest, s.Upstream)
		return nil
	}
	text, err := s.File()
	if err != nil {
		return err
	}
	if err := writeWhole(l.suggest, text, l.force); err != nil {
		return err
	}
	tellSuggestion(w, l.suggest, s, job.Rules, saved)
	return nil
}

// writeWhole writes all of a file or nothing, and replaces one only with force.
func writeWhole(path string, text []byte, force bool) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".mantlet-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(text)
	if err = errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if force {
		err = os.Rename(temporary.Name(), path)
	} else if err = os.Link(temporary.Name(), path); errors.Is(err, fs.ErrExist) { // a rename would replace it
		return alreadyThere(path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func tellSuggestion(w io.Writer, path string, s suggest.Suggestion, declared policy.Rules, saved string) {
	fmt.Fprintf(w, "%s: stops %s\n", path, count(s.Stopped(), "proven finding"))
	unasked := 0
	for _, a := range s.Answers {
		if a.Key == "" {
			unasked += len(a.For)
		} else {
			fmt.Fprintf(w, "  %d by %s: %s\n", len(a.For), a.Key, a.Value)
		}
	}
	if unasked > 0 {
		fmt.Fprintf(w, "  %d by what the guard does unasked\n", unasked)
	}
	fmt.Fprintf(w, "  try it:\n    mantlet guard --config %s\n    mantlet scan http://127.0.0.1:8080%s\n", path, againFlag(saved))
	fmt.Fprintln(w, "  the guard cannot stop:")
	for _, l := range s.Beyond {
		fmt.Fprintf(w, "    %s: %s\n", suggest.Place(l.Finding), l.Why)
	}
	for _, limit := range limits(declared) {
		fmt.Fprintln(w, "    "+limit)
	}
	fmt.Fprintln(w, "  yours to decide:")
	for _, path := range slices.Sorted(maps.Keys(s.Partners)) {
		fmt.Fprintf(w, "    %-23s %s may frame %s, as the page says: remove whom you do not know\n", "policy.embedders", strings.Join(s.Partners[path], ", "), path)
	}
	if s.Share != nil {
		fmt.Fprintf(w, "    %-23s %s\n", "cors.origins", readersOf(s))
	}
	for _, choice := range choices(s.Rules) {
		fmt.Fprintln(w, "    "+choice)
	}
}

func readersOf(s suggest.Suggestion) string {
	if len(s.Share) == 0 {
		return "no answer names a partner: name yours, who go on reading what the application shares with them"
	}
	return strings.Join(s.Share, ", ") + " may read what the application shares with them, as its answers say: remove whom you do not know"
}

func againFlag(saved string) string {
	if saved == "" {
		return ""
	}
	return " --again " + filepath.Join(saved, savedStream) + " --output mantlet-behind-guard"
}

// limits hold wherever the guard stands.
func limits(declared policy.Rules) []string {
	list := []string{
		"whoever reaches the application past the guard: let it listen where only the guard gets to",
		"what a user may do who may not, and scripts inside the site's own pages: both come from the site itself",
		"cookies planted by a sibling host: over https, cookies.host_prefix keeps these out",
	}
	if len(declared.TrustedOrigins) > 0 {
		list = append(list, "what "+strings.Join(declared.TrustedOrigins, ", ")+" sends: you trust it to act for the user")
	}
	return list
}

// choices are what nobody can tell from outside.
func choices(declared policy.Rules) []string {
	say := func(key string, n int, none string) string {
		if n > 0 {
			none = "as the file says"
		}
		return fmt.Sprintf("%-23s %s", key, none)
	}
	return []string{
		say("policy.hosts", len(declared.Hosts), "none declared: any Host header is taken, also after DNS rebinding"),
		say("policy.embedders", len(declared.Embedders), "none declared: nobody may frame the site, no partner and no page of its own"),
		say("policy.trusted_origins", len(declared.TrustedOrigins), "none declared: no other origin of yours may send it requests"),
		say("policy.socket_origins", len(declared.SocketOrigins), "none declared: only its own pages open WebSockets"),
	}
}
