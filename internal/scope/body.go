package scope

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// ErrBodyCut is how a body ends that was longer than the cap.
var ErrBodyCut = errors.New("body cut at the size limit")

// ReadBody reads and closes what the cap lets through of a response's body; cut
// says that there was more.
func ReadBody(resp *http.Response) (data []byte, cut bool, err error) {
	defer resp.Body.Close()
	data, err = io.ReadAll(resp.Body)
	if errors.Is(err, ErrBodyCut) {
		return data, true, nil
	}
	return data, false, err
}

// guardBody puts the cap on a response and gives the request's place back when
// the body ends, is closed, or its time is up.
func (g *Grant) guardBody(ctx context.Context, cancel context.CancelFunc, resp *http.Response) {
	var once sync.Once
	release := func() { once.Do(func() { <-g.slots }) }
	context.AfterFunc(ctx, release)
	resp.Body = &cappedBody{ctx: ctx, from: resp.Body, left: g.maxBody, done: func() { release(); cancel() }}
	if resp.ContentLength == 0 || resp.Request.Method == http.MethodHead {
		release()
	}
}

// cappedBody is a body with an end.
type cappedBody struct {
	ctx  context.Context
	from io.ReadCloser
	left int64
	done func()
	end  error // what every further Read answers
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if b.end != nil {
		return 0, b.end
	}
	if b.left == 0 {
		return 0, b.finish(b.beyond())
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	if err != nil {
		if err != io.EOF {
			err = explain(b.ctx, err)
		}
		return n, b.finish(err)
	}
	return n, nil
}

// beyond looks whether anything follows the last byte that may be read.
func (b *cappedBody) beyond() error {
	var one [1]byte
	for {
		n, err := b.from.Read(one[:])
		if n > 0 {
			return ErrBodyCut
		}
		if err != nil {
			return err
		}
	}
}

func (b *cappedBody) finish(err error) error {
	b.end = err
	b.from.Close()
	b.done()
	return err
}

// Close may be called at any time and more than once.
func (b *cappedBody) Close() error {
	if b.end == nil {
		b.finish(http.ErrBodyReadAfterClose)
	}
	return nil
}
