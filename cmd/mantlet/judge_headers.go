package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
	"github.com/spf13/cobra"
)

const (
	headersTimeout = 10 * time.Second
	// longestHeaders is more than any browser accepts in a header block.
	longestHeaders = 1 << 20
	// assumedTarget is the page's origin where nothing tells it.
	assumedTarget = "https://victim.example"
)

func newJudgeHeadersCommand(e *env) *cobra.Command {
	var target string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "headers [FILE|-|URL]",
		Short: "Explain who may frame a page, and what each header does",
		Long: `Reads a pasted header block, with or without a status line, as "curl -i" and
"curl -v" print it, or asks a URL for its headers (one GET, redirects followed,
the body left unread). It then says who may show the page in a frame and what
each header that has to do with framing contributes.`,
		Example: `  mantlet judge headers https://example.org/login
  curl -si https://example.org/login | mantlet judge headers --target https://example.org
  pbpaste | mantlet judge headers --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			page, err := pageOf(cmd.Context(), e, args, target)
			if err != nil {
				return err
			}
			report := explainPage(page)
			if asJSON {
				out := json.NewEncoder(e.stdout)
				out.SetEscapeHTML(false)
				out.SetIndent("", "  ")
				return out.Encode(report)
			}
			_, err = io.WriteString(e.stdout, report.text())
			return err
		},
	}
	cmd.Flags().StringVar(&target, "target", "", "origin or URL of the page that sent a pasted block (default "+assumedTarget+")")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the answer as JSON")
	return cmd
}

// A headerPage is a page's last response, and where it came from.
type headerPage struct {
	origin  policy.Origin
	assumed bool     // origin is a stand-in, nothing told it
	via     []string // the URLs asked, the page's own last; none for a pasted block
	status  int      // 0 if the block had no status line
	lines   []string
}

func pageOf(ctx context.Context, e *env, args []string, target string) (headerPage, error) {
	if len(args) == 1 && isURL(args[0]) {
		if target != "" {
			return headerPage{}, exitError{exitUsage, fmt.Errorf("--target is for pasted headers: %s tells its origin itself", args[0])}
		}
		return fetchPage(ctx, args[0])
	}
	page := headerPage{assumed: target == ""}
	if page.assumed {
		target = assumedTarget
	}
	origin, err := policy.OriginOfURL(target)
	if err != nil {
		return headerPage{}, exitError{exitUsage, fmt.Errorf("--target: %w", err)}
	}
	page.origin = origin
	text, err := readPaste(e, args)
	if err != nil {
		return headerPage{}, exitError{exitUsage, err}
	}
	page.status, page.lines, err = parseHeaderBlock(text)
	if err != nil {
		return headerPage{}, exitError{exitUsage, err}
	}
	return page, nil
}

func isURL(arg string) bool {
	lower := strings.ToLower(arg)
	return strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")
}

func readPaste(e *env, args []string) (string, error) {
	in := e.stdin
	if len(args) == 1 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return "", fmt.Errorf("%w (a URL starts with https:// or http://)", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, longestHeaders))
	if err != nil {
		return "", fmt.Errorf("read headers: %w", err)
	}
	return string(text), nil
}

// fetchPage asks for url as an ordinary client. What a redirect says about framing
// is of no account, so only the last response is kept.
func fetchPage(ctx context.Context, url string) (headerPage, error) {
	page := headerPage{via: []string{url}}
	client := http.Client{
		Timeout: headersTimeout,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) >= 10 {
				return fmt.Errorf("stopped after %d redirects", len(via))
			}
			page.via = append(page.via, next.URL.String())
			return nil
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return headerPage{}, exitError{exitUsage, err}
	}
	request.Header.Set("User-Agent", "Mantlet/"+version)
	response, err := client.Do(request)
	if err != nil {
		return headerPage{}, exitError{exitIncomplete, err}
	}
	response.Body.Close()
	page.origin, err = policy.OriginOfURL(response.Request.URL.String())
	if err != nil {
		return headerPage{}, exitError{exitUsage, err}
	}
	page.status = response.StatusCode
	for name, values := range response.Header {
		for _, value := range values {
			page.lines = append(page.lines, name+": "+value)
		}
	}
	return page, nil
}
