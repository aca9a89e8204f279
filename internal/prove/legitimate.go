package prove

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// legitimate does the action as the victim would: from the application's own
// page, with its genuine token. It returns the answer and the ledger's entry.
func (s *subject) legitimate(ctx context.Context, f finding.Finding, fill filling, purpose string) (answer, int, error) {
	sub := s.submission(fill)
	request, err := sub.request(ctx)
	if err != nil {
		return answer{}, 0, notTestable("the action cannot be written as a request: %v", err)
	}
	s.fromOwnPage(request, sub)
	entry, err := s.bench.Ledger.enter(f.ID, purpose, s.action.Endpoint())
	if err != nil {
		return answer{}, 0, err
	}
	s.remember(fill.marker)
	a, err := s.bench.do(s.victim, request)
	if err != nil {
		return answer{}, entry, err
	}
	if purpose == purposeLegitimate {
		s.story = []finding.Step{{
			Text:    fmt.Sprintf("As %q, on the application's own page, the action was done with the marker %s.", s.victim.Name(), fill.marker.name()),
			Request: s.bench.requestText(request, sub), Answer: s.bench.answerText(a),
		}}
	}
	return a, entry, nil
}

// remember keeps a marker that is about to be sent: from then on it may stand
// anywhere in the target, and what bears it is ours to remove.
func (s *subject) remember(m marker) {
	if m.text != "" && s.nursery == nil {
		s.marks = append(s.marks, m.text)
	}
}

// name is the marker as a reader is told of it.
func (m marker) name() string {
	switch {
	case m.text != "" && m.amount != "":
		return m.text + " and the amount " + m.amount
	case m.text != "":
		return m.text
	case m.amount != "":
		return "amount " + m.amount
	}
	return "none (the change itself is matched)"
}

// fromOwnPage adds what a browser says of a request from the target's own page.
func (s *subject) fromOwnPage(request *http.Request, sub submission) {
	own := s.target.String()
	referer := s.action.Page
	if referer == "" {
		referer = own + "/"
	}
	request.Header.Set("Referer", referer)
	if sub.method != http.MethodGet {
		request.Header.Set("Origin", own)
	}
	if sub.asJSON {
		request.Header.Set("Accept", "application/json, */*")
		if s.target.IsTrustworthy() {
			request.Header.Set("Sec-Fetch-Site", "same-origin")
			request.Header.Set("Sec-Fetch-Mode", "cors")
			request.Header.Set("Sec-Fetch-Dest", "empty")
		}
		return
	}
	request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	navigation(request, "same-origin")
}

// did enters what a request changed; what changed something is to be undone.
func (s *subject) did(entry int, changes []finding.Change) {
	s.bench.Ledger.changed(entry, changes)
	if len(changes) > 0 {
		s.pending = append(s.pending, entry)
	}
}

// longestText bounds what a step quotes of a request.
const longestText = 2000

// requestText is a request as it would be written down, redacted.
func (b *Bench) requestText(request *http.Request, sub submission) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s\r\nHost: %s\r\n", request.Method, request.URL.RequestURI(), request.URL.Host)
	shown := b.Grant.Redactor().Header(request.Header)
	for _, name := range []string{"Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Content-Type", "Cookie"} {
		for _, v := range shown.Values(name) {
			fmt.Fprintf(&text, "%s: %s\r\n", name, v)
		}
	}
	if body, _ := sub.body(); len(body) > 0 {
		text.WriteString("\r\n" + string(body))
	}
	return clip(b.redact(strings.ReplaceAll(text.String(), "\r\n", "\n")))
}

func (b *Bench) answerText(a answer) string {
	text := fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
	if a.location != "" {
		text += "\nLocation: " + a.location
	}
	return b.redact(text)
}

func clip(s string) string {
	if len(s) > longestText {
		return strings.ToValidUTF8(s[:longestText], "") + " …"
	}
	return s
}
