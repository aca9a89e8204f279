package forminject

// A rewriter turns chunks of a page into chunks with fields inserted. Feeding it a
// page in one piece or byte by byte gives the same bytes.
type rewriter struct {
	scanner
	field []byte
	held  []byte // what cannot be judged before more has come
}

// feed appends to dst what chunk becomes.
func (w *rewriter) feed(dst, chunk []byte) []byte {
	data := chunk
	if len(w.held) > 0 {
		w.held = append(w.held, chunk...)
		data = w.held
	}
	for here := true; here; {
		var n int
		n, here = w.next(data)
		dst = append(dst, data[:n]...)
		if here {
			dst = append(dst, w.field...)
		}
		data = data[n:]
	}
	w.held = append(w.held[:0], data...)
	return dst
}

// end appends what is still held when the page is over.
func (w *rewriter) end(dst []byte) []byte {
	dst = append(dst, w.held...)
	w.held = w.held[:0]
	return dst
}
