package browser

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
)

// A traffic is the record of a page's requests. The browser tells of a request in
// two voices that are not in step: the page that asks, and the network stack that
// knows what was really sent and received. The nth word of the stack about an id
// belongs to the nth hop of its redirects that touched the network.
type traffic struct {
	top     cdp.FrameID
	all     []*Request
	byID    map[network.RequestID]*exchange
	sockets []*Socket
}

// An exchange is what is known of one id.
type exchange struct {
	hops   []*Request
	silent map[int]bool // hops of which the network stack does not speak
	sent   []*network.EventRequestWillBeSentExtraInfo
	got    []*network.EventResponseReceivedExtraInfo
}

func newTraffic(top cdp.FrameID) traffic {
	return traffic{top: top, byID: map[network.RequestID]*exchange{}}
}

func (t *traffic) exchange(id network.RequestID) *exchange {
	x := t.byID[id]
	if x == nil {
		x = &exchange{silent: map[int]bool{}}
		t.byID[id] = x
	}
	return x
}

func (t *traffic) note(ev any) {
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		t.asked(ev)
	case *network.EventRequestWillBeSentExtraInfo:
		x := t.exchange(ev.RequestID)
		x.sent = append(x.sent, ev)
		x.merge()
	case *network.EventResponseReceived:
		x := t.exchange(ev.RequestID)
		x.answered(ev.Response, ev.HasExtraInfo)
		x.merge()
	case *network.EventResponseReceivedExtraInfo:
		x := t.exchange(ev.RequestID)
		x.got = append(x.got, ev)
		x.merge()
	case *network.EventLoadingFailed:
		if r := t.exchange(ev.RequestID).last(); r != nil {
			r.Failure, r.Blocked, r.Done = ev.ErrorText, string(ev.BlockedReason), true
			if ev.CorsErrorStatus != nil {
				r.Blocked = string(ev.CorsErrorStatus.CorsError)
			}
		}
	case *network.EventLoadingFinished:
		if r := t.exchange(ev.RequestID).last(); r != nil {
			r.Done = true
		}
	default:
		t.noteSocket(ev)
	}
}

func (t *traffic) asked(ev *network.EventRequestWillBeSent) {
	if strings.HasPrefix(ev.Request.URL, "data:") {
		return // never leaves the page
	}
	x := t.exchange(ev.RequestID)
	if ev.RedirectResponse != nil {
		x.answered(ev.RedirectResponse, ev.RedirectHasExtraInfo)
		if r := x.last(); r != nil {
			r.Done = true
		}
	}
	r := &Request{
		ID: string(ev.RequestID), Method: ev.Request.Method, URL: ev.Request.URL, Kind: string(ev.Type),
		Document: ev.DocumentURL, Frame: string(ev.FrameID), Top: ev.FrameID == t.top,
		Gesture: ev.HasUserGesture, Headers: headers(ev.Request.Headers),
	}
	if ev.Request.HasPostData {
		var body bytes.Buffer
		for _, e := range ev.Request.PostDataEntries {
			body.Write(e.Bytes)
		}
		r.Body = body.Bytes()
	}
	x.hops = append(x.hops, r)
	t.all = append(t.all, r)
	x.merge()
}

func (x *exchange) last() *Request {
	if len(x.hops) == 0 {
		return nil
	}
	return x.hops[len(x.hops)-1]
}

// answered records what the page was told; the stack's own words replace it.
func (x *exchange) answered(res *network.Response, spoken bool) {
	r := x.last()
	if r == nil {
		return
	}
	x.silent[len(x.hops)-1] = !spoken
	if r.Status == 0 {
		r.Status, r.Response = int(res.Status), headers(res.Headers)
	}
}

// merge gives every hop the words of the network stack that belong to it.
func (x *exchange) merge() {
	n := 0
	for i, r := range x.hops {
		if x.silent[i] {
			continue
		}
		if n < len(x.sent) && !r.Sent {
			r.sent(x.sent[n])
		}
		if n < len(x.got) {
			r.got(x.got[n])
		}
		n++
	}
}

func (r *Request) sent(ev *network.EventRequestWillBeSentExtraInfo) {
	r.Sent, r.Headers = true, headers(ev.Headers)
	for _, k := range ev.AssociatedCookies {
		if len(k.BlockedReasons) > 0 {
			r.Withheld = append(r.Withheld, Withheld{Cookie: k.Cookie.Name, Reasons: words(k.BlockedReasons)})
		}
	}
}

func (r *Request) got(ev *network.EventResponseReceivedExtraInfo) {
	r.Status, r.Response = int(ev.StatusCode), headers(ev.Headers)
	if ev.HeadersText != "" {
		r.Response = lines(ev.HeadersText)
	}
	r.Refused = nil
	for _, k := range ev.BlockedCookies {
		name := k.CookieLine
		if k.Cookie != nil {
			name = k.Cookie.Name
		}
		r.Refused = append(r.Refused, Withheld{Cookie: name, Reasons: words(k.BlockedReasons)})
	}
}

func words[T ~string](in []T) []string {
	var out []string
	for _, w := range in {
		out = append(out, string(w))
	}
	return out
}

// headers turns the protocol's map, in which a line break separates repeated
// headers, into lines sorted by name.
func headers(h network.Headers) []Header {
	var out []Header
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for v := range strings.SplitSeq(fmt.Sprint(h[name]), "\n") {
			out = append(out, Header{Name: name, Value: v})
		}
	}
	return out
}

// lines reads a response head as it came, status line left out.
func lines(head string) []Header {
	var out []Header
	_, rest, _ := strings.Cut(head, "\n")
	for l := range strings.Lines(rest) {
		name, value, ok := strings.Cut(strings.TrimRight(l, "\r\n"), ":")
		if ok {
			out = append(out, Header{Name: name, Value: strings.Trim(value, " \t")})
		}
	}
	return out
}

// running counts the requests that have not ended; streams of events never do.
func (t *traffic) running() int {
	n := 0
	for _, r := range t.all {
		if !r.Done && r.Kind != string(network.ResourceTypeEventSource) {
			n++
		}
	}
	return n
}

// Requests is everything the page and its frames asked for so far, in order.
func (p *Page) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traffic.requests()
}

func (t *traffic) requests() []Request {
	out := make([]Request, len(t.all))
	for i, r := range t.all {
		out[i] = *r
	}
	return out
}

// WaitRequest returns the first request, made already or still to come, for which
// match is true. match is asked again whenever something about a request changes,
// and must not call the Page.
func (p *Page) WaitRequest(ctx context.Context, match func(Request) bool) (Request, error) {
	var found Request
	err := p.wait(ctx, func() bool {
		for _, r := range p.traffic.all {
			if match(*r) {
				found = *r
				return true
			}
		}
		return false
	})
	return found, err
}
