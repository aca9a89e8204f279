package state

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// maxBody bounds what is read of one answer.
const maxBody = 2 << 20

// readsAtOnce bounds how many pages one reading fetches side by side.
const readsAtOnce = 4

// A Session is whoever may look: it sends requests with a login and follows no
// redirects. identity.Session is one.
type Session interface {
	Do(*http.Request) (*http.Response, error)
}

// HTTPReader reads the state of a target by fetching pages as somebody who may
// see them.
type HTTPReader struct {
	Session Session
	URLs    []string
	// Recipient says that somebody else reads than who acts.
	Recipient bool
	// Redact takes secrets out of facts; nil keeps them.
	Redact func(string) string
}

// Name is "http", or finding.OracleRecipient.
func (r HTTPReader) Name() string {
	if r.Recipient {
		return finding.OracleRecipient
	}
	return "http"
}

// Read fetches every URL once. A page that cannot be fetched at all is an error;
// one that answers with another status is a fact.
func (r HTTPReader) Read(ctx context.Context) (Snapshot, error) {
	snapshots, failures := make([]Snapshot, len(r.URLs)), make([]error, len(r.URLs))
	var wait sync.WaitGroup
	slots := make(chan struct{}, readsAtOnce)
	for i, address := range r.URLs {
		wait.Add(1)
		go func() {
			defer wait.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			snapshots[i], failures[i] = r.fetch(ctx, address)
		}()
	}
	wait.Wait()
	for i, err := range failures {
		if err != nil {
			return nil, fmt.Errorf("read back %s: %w", r.URLs[i], err)
		}
	}
	all := Merge(snapshots...)
	if r.Redact != nil {
		all = all.Map(r.Redact)
	}
	return all, nil
}

func (r HTTPReader) fetch(ctx context.Context, address string) (Snapshot, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "text/html,application/json;q=0.9,*/*;q=0.8")
	// A cached page would show the state of before.
	request.Header.Set("Cache-Control", "no-cache")
	response, err := r.Session.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return nil, err
	}
	source := Source(address)
	facts := Flatten(source, response.Header.Get("Content-Type"), body)
	facts.set(source+" status", strconv.Itoa(response.StatusCode))
	if location := response.Header.Get("Location"); location != "" {
		facts.set(source+" redirect", location)
	}
	return facts, nil
}

// Source names a page in the places of its facts: method, path and query.
func Source(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "GET " + address
	}
	return "GET " + u.RequestURI()
}

// Flatten gives the facts of an answer by its media type: JSON by path, HTML as a
// reader sees it, anything else as the lines of its text. What claims to be JSON
// and is not is text.
func Flatten(source, contentType string, body []byte) Snapshot {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media = http.DetectContentType(body)
	}
	trimmed := bytes.TrimSpace(body)
	looksJSON := len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
	if looksJSON && media != "text/html" {
		if facts, err := FlattenJSON(source, body); err == nil {
			return facts
		}
	}
	if media == "text/html" || media == "application/xhtml+xml" || bytes.HasPrefix(trimmed, []byte("<")) {
		return FlattenHTML(source, body)
	}
	facts := Snapshot{}
	for _, line := range bytes.Split(trimmed, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			facts.add(source+" line", string(line))
		}
	}
	return facts
}
