package session

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What is read as a ticket is written as the very same text, so that no two cookies
// open one session; and nothing is read that is not of full length.
func FuzzTicket(f *testing.F) {
	f.Add(newTicket("alice").String())
	f.Add(newTicket("").String())
	f.Add("1..")
	f.Add("1." + strings.Repeat("A", 22) + "." + strings.Repeat("A", 42) + "B")
	f.Fuzz(func(t *testing.T, value string) {
		if ticket, ok := parseTicket(value); ok && ticket.String() != value {
			t.Errorf("%q reads as %q", value, ticket)
		}
	})
}

// Nothing that we did not sign is a session.
func FuzzSigned(f *testing.F) {
	now := func() time.Time { return time.UnixMilli(1_000_000) }
	b := signed{keys: [][]byte{make([]byte, 32)}, name: "__Host-session", now: now}
	good, err := b.write(Record{User: "alice", IdleUntil: now().Add(1e9), Until: now().Add(1e9)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good + ".")
	f.Add(strings.Replace(good, "s1", "s2", 1))
	f.Add("s1..")
	f.Fuzz(func(t *testing.T, value string) {
		r, err := b.load(context.Background(), value)
		if err == nil && value != good {
			t.Errorf("%q is a session of %q", value, r.User)
		}
	})
}

// However the header is spelled, what is looked at is the value of a cookie of our name.
func FuzzCookieHeader(f *testing.F) {
	f.Add("__Host-session=1..x")
	f.Add("__Host-session=a; __Host-session=b")
	f.Add(`a=";__Host-session=b"`)
	o := Options{}.withDefaults()
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{Header: http.Header{"Cookie": {header}}}
		value := o.cookieValue(r)
		if !strings.Contains(header, value) || value != "" && !strings.Contains(header, "__Host-session=") {
			t.Errorf("%q gives %q", header, value)
		}
	})
}
