package dynamotest

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Fault is one way for a request to go wrong.
type Fault int

// The faults.
const (
	None     Fault = iota
	Throttle       // refused: too many requests
	Fail           // an internal error, before anything was done
	Reset          // the connection is cut before the request is passed on
	Lost           // the request is carried out and the connection cut: nobody hears the answer
	Slow           // nothing comes for Delay, then the connection is cut
)

// Faults is a proxy in front of a DynamoDB that fails requests on demand.
type Faults struct {
	Endpoint string
	Delay    time.Duration // of Slow requests; set it before they come

	handler http.Handler
	server  *http.Server // nil while down

	mu    sync.Mutex
	plan  func(operation string, n int) Fault
	calls map[string]int // by operation, since Plan
}

// NewFaults starts a proxy that passes everything on, for the time of the test.
func NewFaults(t testing.TB, endpoint string) *Faults {
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	f := &Faults{Delay: 10 * time.Second}
	f.Plan(nil)
	quiet := log.New(io.Discard, "", 0)
	forward := &httputil.ReverseProxy{ErrorLog: quiet, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	f.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(w, r, forward) })
	f.listen(t, "127.0.0.1:0")
	t.Cleanup(f.Down)
	return f
}

func (f *Faults) listen(t testing.TB, addr string) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	f.Endpoint = "http://" + l.Addr().String()
	// What it would log is the panics that cut connections.
	f.server = &http.Server{Handler: f.handler, ErrorLog: log.New(io.Discard, "", 0)}
	go f.server.Serve(l)
}

// Down cuts all connections and takes no new ones, until Up. Neither may be called
// while another is.
func (f *Faults) Down() {
	if f.server != nil {
		f.server.Close()
		f.server = nil
	}
}

// Up listens again where it did before.
func (f *Faults) Up(t testing.TB) {
	t.Helper()
	if f.server == nil {
		f.listen(t, strings.TrimPrefix(f.Endpoint, "http://"))
	}
}

// Plan says what happens to requests from now on: plan is asked with the operation,
// such as GetItem, and how many of these came before. nil: nothing happens.
func (f *Faults) Plan(plan func(operation string, n int) Fault) {
	if plan == nil {
		plan = func(string, int) Fault { return None }
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan, f.calls = plan, map[string]int{}
}

// Always is a Plan for every request.
func Always(fault Fault) func(string, int) Fault {
	return func(string, int) Fault { return fault }
}

// First is a Plan for the first n requests of an operation.
func First(fault Fault, operation string, n int) func(string, int) Fault {
	return func(asked string, before int) Fault {
		if asked == operation && before < n {
			return fault
		}
		return None
	}
}

// Calls is how many requests came since Plan, of one operation or, for "", of all.
func (f *Faults) Calls(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if operation != "" {
		return f.calls[operation]
	}
	all := 0
	for _, n := range f.calls {
		all += n
	}
	return all
}

func (f *Faults) next(operation string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.calls[operation]
	f.calls[operation]++
	return f.plan(operation, n)
}

func (f *Faults) serve(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch f.next(operation) {
	case Throttle:
		refuse(w, http.StatusBadRequest, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
	case Fail:
		refuse(w, http.StatusInternalServerError, "com.amazonaws.dynamodb.v20120810#InternalServerError")
	case Reset:
		panic(http.ErrAbortHandler)
	case Lost:
		forward.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case Slow:
		io.Copy(io.Discard, r.Body) // so that the end of the connection is noticed
		select {
		case <-r.Context().Done():
		case <-time.After(f.Delay):
		}
		panic(http.ErrAbortHandler)
	default:
		forward.ServeHTTP(w, r)
	}
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	io.WriteString(w, `{"__type":"`+kind+`","message":"made up by a test"}`)
}
