package browser

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// answerTime bounds every command: the browser answers in milliseconds, on a machine
// with too much to do in seconds, or it or the page it asks hangs.
const answerTime = 30 * time.Second

var errGone = errors.New("the page is closed or has crashed")

// A wire is the DevTools connection. The driver's own contexts are not used on
// top of it: they do not listen to frames of other sites, whose first requests
// are what we are after.
type wire struct {
	conn *chromedp.PipeConn
	root *session

	mu       sync.Mutex
	next     int64
	replies  map[int64]func(*cdproto.Message)
	sessions map[target.SessionID]*session

	lost chan struct{} // closed when the browser no longer speaks
}

// A session is one target as seen over the wire.
type session struct {
	wire   *wire
	id     target.SessionID
	parent *session // nil for those that go only when they say so
	// on gets every event of the session, in order, on the goroutine that reads
	// the wire: it must neither block nor send.
	on   func(s *session, ev any)
	gone chan struct{} // closed when the target has detached
}

func newWire(p *process) *wire {
	w := &wire{
		conn:     chromedp.NewPipeConn(p.out, p.in),
		replies:  map[int64]func(*cdproto.Message){},
		sessions: map[target.SessionID]*session{},
		lost:     make(chan struct{}),
	}
	w.root = w.session("", nil, func(*session, any) {})
	go w.read()
	return w
}

// session makes the wire deliver the events of id. It must be called before the
// first event can come.
func (w *wire) session(id target.SessionID, parent *session, on func(*session, any)) *session {
	s := &session{wire: w, id: id, parent: parent, on: on, gone: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions[id] = s
	return s
}

func (s *session) ended() bool {
	select {
	case <-s.gone:
		return true
	case <-s.wire.lost:
		return true
	default:
		return false
	}
}

func (w *wire) read() {
	defer close(w.lost)
	for {
		msg := new(cdproto.Message)
		if err := w.conn.Read(context.Background(), msg); err != nil {
			return
		}
		if msg.ID != 0 {
			w.reply(msg)
			continue
		}
		w.event(msg)
	}
}

func (w *wire) reply(msg *cdproto.Message) {
	w.mu.Lock()
	take := w.replies[msg.ID]
	delete(w.replies, msg.ID)
	w.mu.Unlock()
	if take != nil {
		take(msg)
	}
}

func (w *wire) event(msg *cdproto.Message) {
	w.mu.Lock()
	s := w.sessions[msg.SessionID]
	w.mu.Unlock()
	// Data events are as many as there are packets and tell us nothing.
	if s == nil || msg.Method == "Network.dataReceived" {
		return
	}
	ev, err := cdproto.UnmarshalMessage(msg, chromedp.DefaultUnmarshalOptions)
	if err != nil {
		return // an event this protocol version does not know
	}
	if ev, ok := ev.(*target.EventDetachedFromTarget); ok {
		w.detach(ev.SessionID)
	}
	s.on(s, ev)
}

// detach forgets a session and those inside it: nobody would hear of their end.
func (w *wire) detach(id target.SessionID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(id)
}

func (w *wire) forget(id target.SessionID) {
	s := w.sessions[id]
	if s == nil {
		return
	}
	delete(w.sessions, id)
	close(s.gone)
	for inner, other := range w.sessions {
		if other.parent == s {
			w.forget(inner)
		}
	}
}

// post sends a command. take gets the reply, on the goroutine that reads the wire
// and so in order with the events: it must neither block nor send.
func (s *session) post(method string, params any, take func(*cdproto.Message)) (id int64, err error) {
	text, err := jsonv2.Marshal(params, chromedp.DefaultMarshalOptions)
	if err != nil {
		return 0, err
	}
	w := s.wire
	w.mu.Lock()
	w.next++
	id = w.next
	w.replies[id] = take
	w.mu.Unlock()
	return id, w.conn.Write(context.Background(), &cdproto.Message{
		ID: id, SessionID: s.id, Method: cdproto.MethodType(method), Params: text,
	})
}

// A pending command has been sent and not been waited for.
type pending[R any] struct {
	s      *session
	method string
	id     int64
	reply  chan *cdproto.Message
	err    error
}

// send sends a command and does not wait: commands of one session are carried out
// in order, so that many can be under way at once.
func send[P, R any](s *session, cmd cdp.Command[P, R], params P) pending[R] {
	p := pending[R]{s: s, method: cmd.Method, reply: make(chan *cdproto.Message, 1)}
	p.id, p.err = s.post(cmd.Method, params, func(msg *cdproto.Message) { p.reply <- msg })
	return p
}

// sendThen is send for those who act on the result in order with the events; take
// does not hear of failures.
func sendThen[P, R any](s *session, cmd cdp.Command[P, R], params P, take func(R)) {
	_, _ = s.post(cmd.Method, params, func(msg *cdproto.Message) {
		var result R
		if msg.Error == nil && jsonv2.Unmarshal(msg.Result, &result, chromedp.DefaultUnmarshalOptions) == nil {
			take(result)
		}
	})
}

// wait returns the command's result. It gives up when ctx does, when the target
// or the browser is gone, or after answerTime.
func (p pending[R]) wait(ctx context.Context) (R, error) {
	var result R
	msg, err := p.await(ctx)
	if err == nil && msg.Error != nil {
		err = msg.Error
	}
	if err == nil {
		err = jsonv2.Unmarshal(msg.Result, &result, chromedp.DefaultUnmarshalOptions)
	}
	if err != nil {
		return result, fmt.Errorf("browser command %s: %w", p.method, err)
	}
	return result, nil
}

func (p pending[R]) await(ctx context.Context) (*cdproto.Message, error) {
	if p.err != nil {
		return nil, p.err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, errors.New("no answer in time"))
	defer cancel()
	var err error
	select {
	case msg := <-p.reply:
		return msg, nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-p.s.gone:
		err = errGone
	case <-p.s.wire.lost:
		err = errors.New("the browser has ended")
	}
	p.s.wire.mu.Lock()
	delete(p.s.wire.replies, p.id)
	p.s.wire.mu.Unlock()
	select {
	case msg := <-p.reply: // it came at the same moment
		return msg, nil
	default:
		return nil, err
	}
}

// call sends a command and waits for its result.
func call[P, R any](ctx context.Context, s *session, cmd cdp.Command[P, R], params P) (R, error) {
	return send(s, cmd, params).wait(ctx)
}

func ptr[T any](v T) *T { return &v }
