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
	parts := strings.Split(value, ".")
	if len(value) > maxCookie || len(parts) != 3 || parts[0] != cookieVersion {
		return t, false
	}
	t.ref = parts[1]
	if t.ref != "" && !decodes(parts[1], refSize) || !decodes(parts[2], secretSize) {
		return ticket{}, false
	}
	encoding.Decode(t.secret[:], []byte(parts[2]))
	return t, true
}

// decodes says whether text is size bytes in the one spelling we write: the decoder
// alone would skip line breaks.
func decodes(text string, size int) bool {
	if len(text) != encoding.EncodedLen(size) || strings.ContainsAny(text, "\r\n") {
		return false
	}
	_, err := encoding.DecodeString(text)
	return err == nil
}

func randomSecret() (secret [sha256.Size]byte) {
	rand.Read(secret[:])
	return secret
}
