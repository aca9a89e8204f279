package state

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Query is a request with a body that reads.
type Query struct {
	URL    string
	Body   []byte // JSON
	Source string // what the places of its facts begin with
}

// QueryReader reads the state of a target by queries, as somebody who may see what
// they ask for.
type QueryReader struct {
	Session Session
	Queries []Query
	// Redact takes secrets out of facts; nil keeps them.
	Redact func(string) string
}

// Name is "http".
func (r QueryReader) Name() string { return "http" }

// Read sends every query once.
func (r QueryReader) Read(ctx context.Context) (Snapshot, error) {
	var all []Snapshot
	for _, q := range r.Queries {
		facts, err := r.ask(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("read back %s: %w", q.Source, err)
		}
		all = append(all, facts)
	}
	merged := Merge(all...)
	if r.Redact != nil {
		merged = merged.Map(r.Redact)
	}
	return merged, nil
}

func (r QueryReader) ask(ctx context.Context, q Query) (Snapshot, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, q.URL, bytes.NewReader(q.Body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"Content-Type": finding.EncodingJSON, "Accept": finding.EncodingJSON, "Cache-Control": "no-cache",
		"Origin": request.URL.Scheme + "://" + request.URL.Host, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"} {
		request.Header.Set(name, value)
	}
	response, err := r.Session.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return nil, err
	}
	return Flatten(q.Source, response.Header.Get("Content-Type"), body), nil
}

// Narrow keeps the first query that shows one of the changes; nil if none does.
func (r QueryReader) Narrow(changes []finding.Change) Reader {
	for _, q := range r.Queries {
		for _, c := range changes {
			if c.Where == q.Source || strings.HasPrefix(c.Where, q.Source+" ") {
				r.Queries = []Query{q}
				return r
			}
		}
	}
	return nil
}
