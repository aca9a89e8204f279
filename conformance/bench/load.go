package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// connections is how many requests are under way at once.
const connections = 64

// load sends the same request over and over for a while and counts the answers. It
// speaks just enough HTTP to cost little itself.
func load(addr, path string, wants []byte, d time.Duration) (requests int64, took time.Duration, err error) {
	var (
		done  atomic.Bool
		count atomic.Int64
		group sync.WaitGroup
		once  sync.Once
	)
	begin := time.Now()
	for range connections {
		group.Go(func() {
			n, failed := drive(addr, path, wants, &done)
			count.Add(n)
			if failed != nil {
				once.Do(func() { err = failed })
				done.Store(true)
			}
		})
	}
	timer := time.AfterFunc(d, func() { done.Store(true) })
	group.Wait()
	timer.Stop()
	return count.Load(), time.Since(begin), err
}

func drive(addr, path string, wants []byte, done *atomic.Bool) (n int64, err error) {
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
		"Accept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n" +
		"Cookie: theme=dark; session=0123456789abcdef0123456789abcdef\r\n\r\n")
	r := bufio.NewReaderSize(conn, 32<<10)
	for !done.Load() {
		conn.SetDeadline(time.Now().Add(30 * time.Second)) // fails only if the connection is gone
		if _, err := conn.Write(request); err != nil {
			return n, err
		}
		if err := skipResponse(r, wants); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

var errNot200 = errors.New("the answer is not 200")

// skipResponse reads one response, which must be 200 and have a header line that
// starts with wants.
func skipResponse(r *bufio.Reader, wants []byte) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("%w: %s", errNot200, bytes.TrimSpace(line))
	}
	length, chunked, found := 0, false, len(wants) == 0
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		found = found || bytes.HasPrefix(line, wants)
		switch name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(": ")); {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if !found {
		return fmt.Errorf("the answer has no header %q", wants)
	}
	if chunked {
		return skipChunks(r)
	}
	_, err = r.Discard(length)
	return err
}

func skipChunks(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, r, int64(n)+2); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
}
