// Package har reads recordings of what a browser or a proxy sent: files in the HTTP
// Archive format 1.2, as every browser's developer tools export them. A recording is
// foreign text full of secrets; the package hands on what the requests were and
// nothing of the answers but their kind and the names in them. It writes the same form.
package har

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	// Largest is the size up to which a file is a recording somebody made by hand.
	Largest = 128 << 20
	// mostEntries and longestBody bound what is taken of one.
	mostEntries = 50_000
	longestBody = 1 << 20
)

// A Recording is what was sent, in the order of the file.
type Recording struct {
	Entries []Entry
	// Left counts the entries that are no requests of the web, or cannot be read.
	Left int
}

// An Entry is one request, or one WebSocket and what was sent over it.
type Entry struct {
	Method string
	URL    string      // absolute, without a fragment
	Header http.Header // of the request
	Body   []byte
	Status int    // of the answer, 0 if there was none
	Type   string // media type of the answer, lower case, without parameters
	// Cookies are the names of cookies that the answer set.
	Cookies []string
	// Strings are JSON pointers to the strings of a JSON object that the answer to a
	// POST was; the strings themselves are left behind.
	Strings []string
	// Socket is set when the entry is a WebSocket; Sent are its messages.
	Socket bool
	Sent   []string
}

type file struct {
	Log *struct {
		Entries []json.RawMessage `json:"entries"`
	} `json:"log"`
}

type pair struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	FileName string `json:"fileName,omitempty"`
}

type entry struct {
	Request struct {
		Method   string `json:"method"`
		URL      string `json:"url"`
		Headers  []pair `json:"headers"`
		PostData *post  `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  float64 `json:"status"`
		Headers []pair  `json:"headers"`
		Content struct {
			MimeType string `json:"mimeType"`
			Text     string `json:"text"`
		} `json:"content"`
	} `json:"response"`
	ResourceType string `json:"_resourceType"`
	Messages     []struct {
		Type   string  `json:"type"`
		Opcode float64 `json:"opcode"`
		Data   string  `json:"data"`
	} `json:"_webSocketMessages"`
}

// Parse reads a recording. Entries that make no sense are counted and left out; an
// error means that the file is no recording at all.
func Parse(data []byte) (Recording, error) {
	if len(data) > Largest {
		return Recording{}, fmt.Errorf("read HAR: larger than %d MB; record less, or export without contents", Largest>>20)
	}
	var f file
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(data), "\ufeff")), &f); err != nil {
		return Recording{}, fmt.Errorf("read HAR: this is no JSON: %w", err)
	}
	if f.Log == nil || f.Log.Entries == nil {
		return Recording{}, errors.New("read HAR: there is no log.entries in it; export it from the network panel of a browser's developer tools")
	}
	var r Recording
	for _, raw := range f.Log.Entries {
		var e entry
		if len(r.Entries) == mostEntries || json.Unmarshal(raw, &e) != nil {
			r.Left++
			continue
		}
		if read, ok := e.read(); ok {
			r.Entries = append(r.Entries, read)
		} else {
			r.Left++
		}
	}
	return r, nil
}

func (e entry) read() (Entry, bool) {
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Host == "" || !isMethod(e.Request.Method) {
		return Entry{}, false
	}
	u.Fragment, u.RawFragment, u.User = "", "", nil
	out := Entry{Method: strings.ToUpper(e.Request.Method), Header: headers(e.Request.Headers), Status: int(e.Response.Status)}
	out.Socket = e.ResourceType == "websocket" || strings.EqualFold(out.Header.Get("Upgrade"), "websocket")
	switch u.Scheme {
	case "http", "https":
	case "ws", "wss":
		out.Socket = true
	default:
		return Entry{}, false
	}
	out.URL = u.String()
	out.Type = kind(e.Response.Content.MimeType)
	out.Cookies = cookiesSet(e.Response.Headers)
	if out.Method == http.MethodPost {
		out.Strings = pointers(e.Response.Content.Text)
	}
	if p := e.Request.PostData; p != nil {
		out.Body = p.body(out.Header)
	}
	for _, m := range e.Messages {
		if m.Type == "send" && m.Opcode == 1 && len(m.Data) <= longestBody {
			out.Sent = append(out.Sent, m.Data)
		}
	}
	return out, true
}

func isMethod(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(strings.ToUpper(s), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// headers leaves out the names that HTTP/2 made up for the request line.
func headers(list []pair) http.Header {
	h := http.Header{}
	for _, p := range list {
		if name := strings.TrimSpace(p.Name); name != "" && !strings.HasPrefix(name, ":") {
			h.Add(name, p.Value)
		}
	}
	return h
}

func cookiesSet(list []pair) []string {
	var names []string
	for _, p := range list {
		if !strings.EqualFold(p.Name, "Set-Cookie") {
			continue
		}
		// Several lines stand in one value, each on a line of its own.
		for line := range strings.Lines(p.Value) {
			name, _, found := strings.Cut(line, "=")
			if name = strings.TrimSpace(name); found && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func kind(mimeType string) string {
	k, _, _ := strings.Cut(mimeType, ";")
	return strings.ToLower(strings.TrimSpace(k))
}
