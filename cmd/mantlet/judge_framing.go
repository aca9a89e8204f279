package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
	"github.com/spf13/cobra"
)

func newJudgeFramingCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "framing [FILE|-]",
		Short: "Judge recorded responses: framed or blocked",
		Long: `Reads JSON Lines, one response with its ancestor chain each:

  {"id":"1","headers":["X-Frame-Options: DENY"],
   "target":"https://victim.example","ancestors":["https://attacker.example"]}

and writes, in the same order, one line each:

  {"id":"1","verdict":"blocked","reason":"frame-xfo-deny"}

In headers, one character U+0000 to U+00FF stands for one byte. Ancestors go from
the embedder to the top-level page. The verdict is framed, blocked or none: none
if no document of the target's would be shown, or if that depends on something
the case does not say. Further fields that are understood: status, status_line,
hops, docs, embed.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return judgeCases(e, args, judgeFramingCase)
		},
	}
}

// A framingCase is one response, and where it is framed.
type framingCase struct {
	ID         json.RawMessage `json:"id"`
	Headers    []string        `json:"headers"`
	Status     int             `json:"status"`
	StatusLine string          `json:"status_line"`
	Ancestors  []string        `json:"ancestors"`
	Target     string          `json:"target"`
	Embed      string          `json:"embed"`
	Docs       []string        `json:"docs"`
	Hops       []framingHop    `json:"hops"`
}

// A framingHop is a response before the final one. Then is how a page that is not
// a redirect goes on; such a page has to be shown before it can.
type framingHop struct {
	Origin  string   `json:"origin"`
	Headers []string `json:"headers"`
	Then    string   `json:"then"`
}

type framingVerdict struct {
	ID      json.RawMessage `json:"id"`
	Verdict string          `json:"verdict"`
	Reason  policy.Reason   `json:"reason"`
}

// embedderDecides is the reason for none where the embedder has a say that the
// response does not settle and the case does not tell.
const embedderDecides policy.Reason = "embedder-decides"

func judgeFramingCase(line []byte) (any, error) {
	var c framingCase
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	if c.ID == nil {
		c.ID = json.RawMessage(`""`)
	}
	verdict, why, err := c.judge()
	return framingVerdict{c.ID, verdict, why}, err
}

func (c framingCase) judge() (verdict string, why policy.Reason, err error) {
	target, ancestors, err := c.place()
	if err != nil {
		return "", "", err
	}
	lines, err := undisguiseAll(c.Headers)
	if err != nil {
		return "", "", fmt.Errorf("headers: %w", err)
	}
	redirected, stopped, err := c.followHops(ancestors)
	switch {
	case err != nil:
		return "", "", err
	case stopped != "":
		return "blocked", stopped, nil
	case policy.MixedContent(target, ancestors...):
		return "blocked", policy.FrameMixedContent, nil
	}
	if why := policy.NoDocument(c.status(), lines); why != "" {
		return "none", why, nil
	}
	framing := policy.ParseFraming(lines)
	if redirected {
		framing = framing.AfterRedirect()
	}
	d := framing.Allows(target, ancestors...)
	switch {
	case !d.Allowed:
		return "blocked", d.Reason, nil
	case c.embedderDecides(lines):
		return "none", embedderDecides, nil
	}
	return "framed", d.Reason, nil
}

// place is who is framed and by whom, the embedder first.
func (c framingCase) place() (target policy.Origin, ancestors []policy.Origin, err error) {
	target, err = policy.ParseOrigin(c.Target)
	if err != nil {
		return target, nil, fmt.Errorf("target: %w", err)
	}
	ancestors = make([]policy.Origin, len(c.Ancestors))
	for i, a := range c.Ancestors {
		if ancestors[i], err = policy.ParseOrigin(a); err != nil {
			return target, nil, fmt.Errorf("ancestor %d: %w", i+1, err)
		}
	}
	return target, ancestors, nil
}

// followHops goes through the responses before the final one. redirected tells
// whether the last step was a redirect; stopped is why the frame got no further.
func (c framingCase) followHops(ancestors []policy.Origin) (redirected bool, stopped policy.Reason, err error) {
	for i, hop := range c.Hops {
		origin, err := policy.ParseOrigin(hop.Origin)
		if err != nil {
			return false, "", fmt.Errorf("hop %d: %w", i+1, err)
		}
		lines, err := undisguiseAll(hop.Headers)
		if err != nil {
			return false, "", fmt.Errorf("hop %d: %w", i+1, err)
		}
		if policy.MixedContent(origin, ancestors...) {
			return false, policy.FrameMixedContent, nil
		}
		redirected = hop.Then == ""
		if redirected {
			continue // framing headers of a redirect are not looked at
		}
		if d := policy.ParseFraming(lines).Allows(origin, ancestors...); !d.Allowed {
			return false, d.Reason, nil
		}
	}
	return redirected, "", nil
}

// status is the response's status code; a case without one is a plain 200.
func (c framingCase) status() int {
	if c.Status != 0 {
		return c.Status
	}
	if fields := strings.Fields(c.StatusLine); len(fields) > 1 {
		if code, err := strconv.Atoi(fields[1]); err == nil {
			return code
		}
	}
	return 200
}

// embedderDecides says whether a frame that the response permits may still be
// refused by the page around it: through the csp attribute, whose value no case
// tells, a Cross-Origin-Embedder-Policy, or the page's own frame-src.
func (c framingCase) embedderDecides(lines []string) bool {
	if c.Embed == "iframe-csp" {
		return true
	}
	for _, doc := range c.Docs {
		doc = strings.ToLower(doc)
		if strings.Contains(doc, "frame-src") || strings.Contains(doc, "child-src") || strings.Contains(doc, "default-src") {
			return true
		}
		if strings.Contains(doc, "cross-origin-embedder-policy:") && !optsIntoEmbedding(lines) {
			return true
		}
	}
	return false
}

// optsIntoEmbedding says whether a response carries both headers that a page with
// a Cross-Origin-Embedder-Policy asks of what it frames.
func optsIntoEmbedding(lines []string) bool {
	embedder, resource := false, false
	for _, line := range lines {
		name, value, _ := strings.Cut(strings.ToLower(line), ":")
		switch value = strings.TrimSpace(value); strings.TrimSpace(name) {
		case "cross-origin-embedder-policy":
			embedder = value == "require-corp" || value == "credentialless"
		case "cross-origin-resource-policy":
			resource = value == "cross-origin"
		}
	}
	return embedder && resource
}

func undisguiseAll(disguised []string) ([]string, error) {
	lines := make([]string, len(disguised))
	for i, line := range disguised {
		var err error
		if lines[i], err = undisguise(line); err != nil {
			return nil, err
		}
	}
	return lines, nil
}
