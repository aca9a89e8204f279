package guard

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Principals tells the application who is logged in, if the guard can know: Of finds
// it, and the signed header carries it. With Name alone the header is only taken from
// requests, under every spelling. The zero value does nothing.
type Principals struct {
	PrincipalHeader
	// Of is who is logged in, "" for nobody. An error means that nobody can say: the
	// request is answered 503, never forwarded as a stranger's. It is asked after all
	// rules have let the request through, once, and must be safe for concurrent use.
	Of func(*http.Request) (user string, err error)
}

// A PrincipalHeader is what a guard and an application agree on, so that an
// application that cannot verify sessions verifies a signature instead:
//
//	Mantlet-Principal: 1.ISSUED.EXPIRES.USER.SIGNATURE
//
// Times are in seconds since 1970, USER and SIGNATURE in base64url without padding.
// What is signed, by HMAC-SHA-256, are the bytes mantlet/principal/1 followed by
// audience, method, and all of the value before the last dot, each after its length
// in two bytes, high byte first.
type PrincipalHeader struct {
	Name     string        // "" is Mantlet-Principal
	Audience string        // which application it is for: worth nothing to another one with the same keys
	Keys     [][]byte      // the first signs, all verify; at least 32 bytes each, used for nothing else
	Life     time.Duration // a minute if 0; longer where servers read large uploads before they call the application
}

// ErrPrincipal is what Verify says of a header that is not the guard's word: forged,
// expired, for another application or method, or given twice. Whoever sent it came
// past the guard, or the keys or clocks of the two differ.
var ErrPrincipal = errors.New("guard: the principal's header does not verify")

const (
	defaultPrincipalName = "Mantlet-Principal"
	defaultPrincipalLife = time.Minute
	principalVersion     = "1"
	labelPrincipal       = "mantlet/principal/1"

	maxPrincipal     = 1024 // bytes of a user's id
	maxPrincipalLine = 2048 // of the header
	// principalSkew is how far the guard's clock may be ahead of the application's.
	principalSkew = 10 * time.Second
)

// Verify is who the guard says is logged in: "" for nobody, when there is no header.
// Every other header than the guard's is ErrPrincipal.
func (h PrincipalHeader) Verify(r *http.Request) (user string, err error) {
	h = h.withDefaults()
	if err := h.validate(); err != nil {
		return "", fmt.Errorf("verify principal: %w", err)
	}
	var lines []string
	for name, values := range r.Header {
		if sameHeader(name, h.Name) {
			lines = append(lines, values...)
		}
	}
	switch len(lines) {
	case 0:
		return "", nil
	case 1:
		return h.read(labelPrincipal, lines[0], r.Method, time.Now())
	}
	return "", ErrPrincipal
}

// read verifies before it parses. Only one spelling of a signature is equal to ours.
func (h PrincipalHeader) read(label, line, method string, now time.Time) (user string, err error) {
	dot := strings.LastIndexByte(line, '.')
	if dot < 0 || len(line) > maxPrincipalLine || !h.signedBy(label, line[:dot], line[dot+1:], method) {
		return "", ErrPrincipal
	}
	parts := strings.Split(line[:dot], ".")
	if len(parts) != 4 || parts[0] != principalVersion {
		return "", ErrPrincipal
	}
	issued, err1 := strconv.ParseInt(parts[1], 10, 64)
	expires, err2 := strconv.ParseInt(parts[2], 10, 64)
	raw, err3 := encoding.DecodeString(parts[3])
	if errors.Join(err1, err2, err3) != nil || len(raw) == 0 && label == labelPrincipal || !utf8.Valid(raw) {
		return "", ErrPrincipal
	}
	if now.Unix() >= expires || now.Add(principalSkew).Unix() < issued {
		return "", ErrPrincipal
	}
	return string(raw), nil
}

func (h PrincipalHeader) signedBy(label, signed, signature, method string) bool {
	for _, secret := range h.Keys {
		if hmac.Equal([]byte(h.sign(label, newKey(secret), signed, method)), []byte(signature)) {
			return true
		}
	}
	return false
}

// write is the header's value for a user.
func (h PrincipalHeader) write(label string, k *key, user, method string, now time.Time) string {
	signed := principalVersion + "." + strconv.FormatInt(now.Unix(), 10) + "." +
		strconv.FormatInt(now.Add(h.Life).Unix(), 10) + "." + encoding.EncodeToString([]byte(user))
	return signed + "." + h.sign(label, k, signed, method)
}

func (h PrincipalHeader) sign(label string, k *key, signed, method string) string {
	s := k.signer()
	defer k.release(s)
	s.compose(label, []byte(h.Audience), []byte(method), []byte(signed))
	return encoding.EncodeToString(s.sign())
}

func (h PrincipalHeader) withDefaults() PrincipalHeader {
	if h.Name == "" {
		h.Name = defaultPrincipalName
	}
	if h.Life == 0 {
		h.Life = defaultPrincipalLife
	}
	return h
}

// validate is for headers that have their defaults.
func (h PrincipalHeader) validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf("principal: "+format, args...)) }
	if err := validPrincipalName(h.Name); err != nil {
		errs = append(errs, err)
	}
	if h.Audience == "" || len(h.Audience) > 256 {
		add("needs an audience, the name of the application that the header is for")
	}
	if len(h.Keys) == 0 {
		add("needs a key that the application has as well")
	}
	for i, key := range h.Keys {
		if len(key) < 32 {
			add("key %d has %d bytes, which is fewer than 32", i, len(key))
		}
	}
	if h.Life < time.Second || h.Life > time.Hour {
		add("a life of %v is not between a second and an hour", h.Life)
	}
	return errors.Join(errs...)
}

// taken are headers that mean something already.
var taken = []string{"Host", "Cookie", "Authorization", "Origin", "Referer", "Connection", "Upgrade", "Te", "Trailer", "Transfer-Encoding",
	"Content-Length", "Content-Type", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

func validPrincipalName(name string) error {
	isToken := !strings.ContainsFunc(name, func(c rune) bool { return !isAlphanumeric(c) && c != '-' })
	if !isToken || name[0] == '-' || slices.ContainsFunc(taken, func(t string) bool { return sameHeader(t, name) }) {
		return fmt.Errorf("principal: %q is no name for a header of its own", name)
	}
	return nil
}

func isAlphanumeric(c rune) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
