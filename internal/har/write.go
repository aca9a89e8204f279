package har

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Write is r as a HAR file: what Parse reads of it is r again, but for bodies that are
// neither text nor a form, which the format has no place for.
func Write(r Recording, creator, version string, began time.Time) ([]byte, error) {
	entries := []written{}
	for _, e := range r.Entries {
		entries = append(entries, e.written(began))
	}
	text, err := json.MarshalIndent(map[string]any{"log": map[string]any{
		"version": "1.2", "creator": map[string]string{"name": creator, "version": version}, "entries": entries,
	}}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write HAR: %w", err)
	}
	return append(text, '\n'), nil
}

// written is an entry with every member that the format demands.
type written struct {
	Started  string          `json:"startedDateTime"`
	Time     int             `json:"time"`
	Request  writtenRequest  `json:"request"`
	Response writtenResponse `json:"response"`
	Cache    struct{}        `json:"cache"`
	Timings  map[string]int  `json:"timings"`
	Resource string          `json:"_resourceType,omitempty"`
	Messages []writtenFrame  `json:"_webSocketMessages,omitempty"`
}

type writtenRequest struct {
	Method      string `json:"method"`
	URL         string `json:"url"`
	HTTPVersion string `json:"httpVersion"`
	Cookies     []pair `json:"cookies"`
	Headers     []pair `json:"headers"`
	Query       []pair `json:"queryString"`
	PostData    *post  `json:"postData,omitempty"`
	HeadersSize int    `json:"headersSize"`
	BodySize    int    `json:"bodySize"`
}

type writtenResponse struct {
	Status      int            `json:"status"`
	StatusText  string         `json:"statusText"`
	HTTPVersion string         `json:"httpVersion"`
	Cookies     []pair         `json:"cookies"`
	Headers     []pair         `json:"headers"`
	Content     writtenContent `json:"content"`
	RedirectURL string         `json:"redirectURL"`
	HeadersSize int            `json:"headersSize"`
	BodySize    int            `json:"bodySize"`
}

type writtenContent struct {
	Size     int    `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
}

type writtenFrame struct {
	Type   string `json:"type"`
	Opcode int    `json:"opcode"`
	Data   string `json:"data"`
	Time   int    `json:"time"`
}

func (e Entry) written(began time.Time) written {
	w := written{Started: began.UTC().Format(time.RFC3339), Timings: map[string]int{"send": 0, "wait": 0, "receive": 0}}
	w.Request = writtenRequest{Method: e.Method, URL: e.URL, HTTPVersion: "HTTP/1.1", Cookies: []pair{}, Headers: headerPairs(e.Header),
		Query: queryPairs(e.URL), PostData: e.posted(), HeadersSize: -1, BodySize: len(e.Body)}
	w.Response = writtenResponse{Status: e.Status, StatusText: http.StatusText(e.Status), HTTPVersion: "HTTP/1.1", Cookies: []pair{}, Headers: []pair{},
		Content: writtenContent{MimeType: e.Type, Text: skeleton(e.Strings)}, HeadersSize: -1, BodySize: -1}
	for _, name := range e.Cookies {
		w.Response.Headers = append(w.Response.Headers, pair{Name: "Set-Cookie", Value: name + "="})
	}
	if e.Socket {
		w.Resource = "websocket"
	}
	for _, text := range e.Sent {
		w.Messages = append(w.Messages, writtenFrame{Type: "send", Opcode: 1, Data: text})
	}
	return w
}

func headerPairs(h http.Header) []pair {
	list := []pair{}
	for _, name := range sortedNames(h) {
		for _, value := range h[name] {
			list = append(list, pair{Name: name, Value: value})
		}
	}
	return list
}

func queryPairs(raw string) []pair {
	list := []pair{}
	if u, err := url.Parse(raw); err == nil {
		query := u.Query()
		for _, name := range sortedNames(query) {
			for _, value := range query[name] {
				list = append(list, pair{Name: name, Value: value})
			}
		}
	}
	return list
}

// posted is the body: a form of parts by its fields, as files in it may be no text.
func (e Entry) posted() *post {
	if len(e.Body) == 0 {
		return nil
	}
	p := &post{MimeType: e.Header.Get("Content-Type")}
	switch {
	case e.Encoding() == "multipart/form-data":
		for _, f := range e.Fields() {
			part := pair{Name: f.Name, Value: fmt.Sprint(f.Value)}
			if f.File {
				part.FileName, part.Value = part.Value, ""
			}
			p.Params = append(p.Params, part)
		}
	case utf8.Valid(e.Body):
		p.Text = string(e.Body)
	}
	return p
}

// skeleton is an object that has a string at each pointer, and says nothing.
func skeleton(pointers []string) string {
	object := map[string]any{}
	for _, p := range pointers {
		at, parts := object, strings.Split(strings.TrimPrefix(p, "/"), "/")
		for i, part := range parts {
			name := strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
			if i == len(parts)-1 {
				at[name] = ""
				continue
			}
			inner, ok := at[name].(map[string]any)
			if !ok {
				inner = map[string]any{}
				at[name] = inner
			}
			at = inner
		}
	}
	if len(object) == 0 {
		return ""
	}
	text, _ := json.Marshal(object) // strings in objects always have a JSON form
	return string(text)
}

// Strings are JSON pointers to the strings of a JSON answer, for an Entry's Strings.
func Strings(answer string) []string { return pointers(answer) }
