package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/gate"
	"github.com/mantlet-dev/mantlet/policy"
)

// The servers that this program also is, each in a process of its own so that its
// CPU time can be told.
const (
	roleUpstream = "upstream" // the application behind all proxies
	rolePlain    = "plain"    // the guard's proxy without the guard
	roleGuarded  = "guarded"  // the guard's proxy
)

// serve plays a role at addr until the process is told to end.
func serve(role, addr, upstream string) error {
	to, err := url.Parse(upstream)
	if err != nil {
		return err
	}
	var h http.Handler
	switch role {
	case roleUpstream:
		h = upstreamPages()
	case rolePlain:
		h = plainProxy(to)
	case roleGuarded:
		g, err := guard.New(policy.Rules{}, guard.Options{})
		if err != nil {
			return err
		}
		if h, err = g.Proxy(to, guard.ProxyOptions{}); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no server is called %q", role)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return gate.Serve(ctx, l, h, nil, gate.Limits{}, slog.New(slog.DiscardHandler))
}

// upstreamPages is as cheap as net/http goes: a page of a kilobyte, and one of a
// hundred with forms in it.
func upstreamPages() http.Handler {
	small := bytes.Repeat([]byte("<p>0123456789abcdef</p>\n"), 1024/24)
	big := []byte(bigPage())
	page := func(body []byte) http.HandlerFunc {
		length := []string{strconv.Itoa(len(body))}
		return func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h["Content-Type"], h["Content-Length"] = []string{"text/html; charset=utf-8"}, length
			w.Write(body) // a proxy that went away is none of our errors
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/", page(small))
	mux.Handle("/big", page(big))
	return mux
}

func bigPage() string {
	var b strings.Builder
	b.WriteString("<!doctype html><title>big</title>")
	for i := range 20 {
		fmt.Fprintf(&b, "<form method=post action=/a%d><input name=x></form><form action=/s></form><!-- <form> --><script>if (a<b) '<form method=post>'</script><p title='a>b'>%s</p>", i, strings.Repeat("some text ", 480))
	}
	return b.String()
}

// plainProxy does what guard.Proxy does for the proxying and nothing for the guarding.
func plainProxy(to *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.Out.URL.Scheme, pr.Out.URL.Host = to.Scheme, to.Host
			pr.Out.Host = pr.In.Host
			pr.SetXForwarded()
		},
		Transport:  guard.NewTransport(0),
		BufferPool: copyBuffers{},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "upstream failed\n")
		},
	}
}

type copyBuffers struct{}

var copyPool = sync.Pool{New: func() any { return new([32 << 10]byte) }}

func (copyBuffers) Get() []byte  { return copyPool.Get().(*[32 << 10]byte)[:] }
func (copyBuffers) Put(b []byte) { copyPool.Put((*[32 << 10]byte)(b)) }
