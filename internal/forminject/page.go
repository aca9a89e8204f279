package forminject

import (
	"io"
	"slices"
	"sync"
)

// A page is one that was read to its end before any of it is sent, so that its new
// length is known. Fields are put in as it is handed on: the page itself stays as it
// came, and a page without a place for one leaves as it came.
type page struct {
	io.Closer
	*pageBuffers
	err error // how reading it ended

	field string
	at    int    // how much of text is handed on
	cut   int    // how many of cuts are behind that
	rest  string // of a field that did not fit
}

type pageBuffers struct {
	text []byte
	cuts []int // where in text fields go, in order
}

var pages = sync.Pool{New: func() any { return new(pageBuffers) }}

// readPage reads a body of the given length and finds out where fields go. A body that
// breaks off is as long as what came of it, and is read with the error at its end.
func readPage(body io.ReadCloser, length int, self string) *page {
	p := &page{Closer: body, err: io.EOF, pageBuffers: pages.Get().(*pageBuffers)}
	p.text = slices.Grow(p.text[:0], length)[:length]
	n, err := io.ReadFull(body, p.text)
	if err != nil {
		p.err = err
		if err == io.EOF {
			p.err = io.ErrUnexpectedEOF
		}
	}
	p.text = p.text[:n]
	p.find(self)
	return p
}

// find notes where fields go.
func (b *pageBuffers) find(self string) {
	b.cuts = b.cuts[:0]
	s := scanner{self: self}
	for at := 0; ; {
		n, here := s.next(b.text[at:])
		if !here {
			return
		}
		at += n
		b.cuts = append(b.cuts, at)
	}
}

func (p *page) Read(to []byte) (n int, err error) {
	if p.pageBuffers == nil {
		return 0, p.err
	}
	for n < len(to) {
		if p.rest != "" {
			done := copy(to[n:], p.rest)
			p.rest = p.rest[done:]
			n += done
			continue
		}
		end := len(p.text)
		if p.cut < len(p.cuts) {
			end = p.cuts[p.cut]
		}
		done := copy(to[n:], p.text[p.at:end])
		p.at += done
		n += done
		switch {
		case p.at < end: // to is full
		case p.cut < len(p.cuts):
			p.rest = p.field
			p.cut++
		default:
			pages.Put(p.pageBuffers)
			p.pageBuffers = nil
			return n, p.err
		}
	}
	return n, nil
}
