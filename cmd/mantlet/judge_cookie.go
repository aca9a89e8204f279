package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/corpus"
	"github.com/mantlet-dev/mantlet/policy"
)

func newJudgeCookieCommand(e *env) *cobra.Command {
	var contextFile string
	cmd := &cobra.Command{
		Use:   "cookie [FILE|-]",
		Short: "Say which cookies a browser stores and sends along",
		Long: `Reads JSON Lines of {"id", "set", "ctx"}: a Set-Cookie value and the name of a
context, which says how the cookie was set and how the request was made. For
each line, in order, it writes whether a browser stores the cookie and sends it,
with third-party cookies allowed and blocked, and why.

Strings are Latin-1 in disguise: a character from U+0000 to U+00FF is one byte.
The contexts of the recorded corpus are built in; --contexts reads others.`,
		Example: `  echo '{"id":"1","set":"k=1; SameSite=Lax","ctx":"cross-site-form-post"}' | mantlet judge cookie
  mantlet judge cookie --contexts contexts.jsonl cookies.jsonl`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			contexts, err := loadContexts(contextFile)
			if err != nil {
				return exitError{exitUsage, err}
			}
			return judgeCases(e, args, cookieJudge{contexts}.answer)
		},
	}
	cmd.Flags().StringVar(&contextFile, "contexts", "", "read the contexts from this JSON Lines `file`")
	return cmd
}

func loadContexts(file string) (map[string]corpus.Context, error) {
	if file == "" {
		return corpus.Contexts()
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	contexts, err := corpus.ReadContexts(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return contexts, nil
}

// A cookieAnswer is the line written for one cookie case. Verdict and Reason sum
// up the profile that allows third-party cookies.
type cookieAnswer struct {
	ID            json.RawMessage `json:"id"`
	Stored        bool            `json:"stored"`
	Sent          bool            `json:"sent"`
	SentBlocked   bool            `json:"sent_3pc_blocked"`
	StoredBlocked bool            `json:"stored_3pc_blocked"`
	Verdict       string          `json:"verdict"` // sent, stored (and not sent), refused
	Reason        policy.Reason   `json:"reason"`
}

// noRequest is the reason for not sending where the browser asks for nothing.
const noRequest policy.Reason = "no-request"

type cookieJudge struct{ contexts map[string]corpus.Context }

func (j cookieJudge) answer(line []byte) (any, error) {
	var row struct {
		Set *string `json:"set"`
		Ctx *string `json:"ctx"`
	}
	if err := json.Unmarshal(line, &row); err != nil {
		return nil, fmt.Errorf("read cookie case: %w", err)
	}
	if row.Set == nil || row.Ctx == nil {
		return nil, errors.New(`a cookie case needs "set" and "ctx"`)
	}
	context, ok := j.contexts[*row.Ctx]
	if !ok {
		return nil, fmt.Errorf("no context is called %q", *row.Ctx)
	}
	value, err := undisguise(*row.Set)
	if err != nil {
		return nil, fmt.Errorf("read set: %w", err)
	}
	return j.judge(caseID(line), policy.ParseSetCookie(value), context)
}

func (j cookieJudge) judge(id json.RawMessage, c policy.Cookie, context corpus.Context) (any, error) {
	set, trigger, err := cookieQuestion(context)
	requested := !errors.Is(err, corpus.ErrNoRequest)
	if err != nil && requested {
		return nil, err
	}
	ask := func(profile policy.ThirdParty) (stored, sent policy.Decision) {
		set.ThirdParty, trigger.ThirdParty = profile, profile
		trigger.Set = set
		stored = c.StoredBy(set)
		if sent = c.SentOn(trigger); stored.Allowed && !requested {
			sent = policy.Decision{Reason: noRequest}
		}
		return stored, sent
	}
	stored, sent := ask(policy.ThirdPartyAllowed)
	storedBlocked, sentBlocked := ask(policy.ThirdPartyBlocked)
	answer := cookieAnswer{
		ID: id, Stored: stored.Allowed, Sent: sent.Allowed,
		SentBlocked: sentBlocked.Allowed, StoredBlocked: storedBlocked.Allowed,
		Verdict: "refused", Reason: stored.Reason,
	}
	if stored.Allowed {
		answer.Verdict, answer.Reason = "stored", sent.Reason
	}
	if sent.Allowed {
		answer.Verdict = "sent"
	}
	return answer, nil
}
