package websocket

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

// largestMessage bounds what one message may hold.
const largestMessage = 1 << 20

// errProtocol is wrapped by every violation of RFC 6455.
var errProtocol = errors.New("the other side breaks the WebSocket protocol")

// A frame is one frame as it came, unmasked.
type frame struct {
	final bool
	op    byte
	data  []byte
}

// readFrame reads one frame; clients mask theirs and servers never do (section 5.1).
func readFrame(r io.Reader, masked bool) (frame, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	f := frame{final: head[0]&0x80 != 0, op: head[0] & 0x0f}
	switch {
	case head[0]&0x70 != 0:
		return f, fmt.Errorf("%w: reserved bits are set without an extension", errProtocol)
	case (head[1]&0x80 != 0) != masked:
		return f, fmt.Errorf("%w: only a client masks its frames", errProtocol)
	case f.op > opBinary && f.op < opClose || f.op > opPong:
		return f, fmt.Errorf("%w: unknown opcode %d", errProtocol, f.op)
	}
	length, err := readLength(r, head[1]&0x7f)
	if err != nil {
		return f, err
	}
	if f.op >= opClose && (length > 125 || !f.final) {
		return f, fmt.Errorf("%w: a control frame is too long or in parts", errProtocol)
	}
	if length > largestMessage {
		return f, fmt.Errorf("a message of more than %d bytes is not read", largestMessage)
	}
	var mask [4]byte
	if masked {
		if _, err := io.ReadFull(r, mask[:]); err != nil {
			return f, err
		}
	}
	f.data = make([]byte, length)
	_, err = io.ReadFull(r, f.data)
	for i := range f.data {
		f.data[i] ^= mask[i%4]
	}
	return f, err
}

func readLength(r io.Reader, short byte) (uint64, error) {
	var long [8]byte
	switch short {
	case 126:
		_, err := io.ReadFull(r, long[6:])
		return binary.BigEndian.Uint64(long[:]), err
	case 127:
		_, err := io.ReadFull(r, long[:])
		return binary.BigEndian.Uint64(long[:]), err
	}
	return uint64(short), nil
}

// appendFrame writes a final frame.
func appendFrame(to []byte, op byte, data []byte, masked bool) []byte {
	to = append(to, 0x80|op)
	var flag byte
	if masked {
		flag = 0x80
	}
	switch n := len(data); {
	case n < 126:
		to = append(to, flag|byte(n))
	case n <= 0xffff:
		to = binary.BigEndian.AppendUint16(append(to, flag|126), uint16(n))
	default:
		to = binary.BigEndian.AppendUint64(append(to, flag|127), uint64(n))
	}
	if !masked {
		return append(to, data...)
	}
	var mask [4]byte
	rand.Read(mask[:]) // never fails (crypto/rand, Go 1.24)
	to = append(to, mask[:]...)
	for i, b := range data {
		to = append(to, b^mask[i%4])
	}
	return to
}

// text is a message as text; what is not UTF-8 is made so.
func text(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	return string([]rune(string(data)))
}
