package session

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// secretSize is twice what ASVS 5.0 7.2.3 asks for.
const secretSize = 32

// cookieVersion leads the cookie's value, so that another layout can be told apart.
const cookieVersion = "1"

// maxCookie bounds what is looked at; browsers send no more either.
const maxCookie = 4096

// A ticket is what the browser holds: whose session, and the secret that opens it.
type ticket struct {
	ref    string
	secret [secretSize]byte
}

func newTicket(user string) ticket {
	t := ticket{ref: RefOf(user)}
	rand.Read(t.secret[:]) // never fails (crypto/rand)
	return t
}

func (t ticket) key() Key {
	return Key{Ref: t.ref, ID: sha256.Sum256(t.secret[:])}
}

// String is the cookie's value: version, ref and secret.
func (t ticket) String() string {
	return cookieVersion + "." + t.ref + "." + encoding.EncodeToString(t.secret[:])
}

// parseTicket reads a cookie's value. There is exactly one spelling of each ticket;
// everything else is none, and is never looked up.
func parseTicket(value string) (t ticket, ok bool) {
	if len(value) > maxCookie {
		return t, false
	}
	parts := strings.Split(value, ".")
	if len(parts) != 3 || parts[0] != cookieVersion || !isRef(parts[1]) {
		return t, false
	}
	if len(parts[2]) != encoding.EncodedLen(secretSize) {
		return t, false
	}
	if _, err := encoding.Decode(t.secret[:], []byte(parts[2])); err != nil {
		return ticket{}, false
	}
	t.ref = parts[1]
	return t, true
}

func isRef(text string) bool {
	if text == "" {
		return true
	}
	if len(text) != encoding.EncodedLen(refSize) || strings.ContainsAny(text, "\r\n") {
		return false
	}
	_, err := encoding.DecodeString(text)
	return err == nil
}

func randomSecret() (secret [sha256.Size]byte) {
	rand.Read(secret[:])
	return secret
}
