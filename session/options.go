package session

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Options configure a Manager. The zero value keeps sessions in this process.
type Options struct {
	// Store keeps the sessions; nil: a Memory.
	Store Store
	// SignedKeys keep sessions in the cookie instead, signed by the first key; the
	// others, earlier ones, verify. At least 32 bytes each. Not with Store.
	SignedKeys [][]byte

	// Idle ends a session that is not used: 30 minutes if zero. Absolute ends it
	// however much it is used: 12 hours if zero.
	Idle, Absolute time.Duration
	// MaxPerUser bounds a user's sessions, 20 if zero: the longest unused ends.
	MaxPerUser int

	// Name is the cookie's, without prefix: "session" if empty. It is sent as
	// __Host-session, which no sibling host can set.
	Name string
	// SameSite is Lax if zero; or Strict.
	SameSite http.SameSite
	// InsecureHTTP, the reason why, gives up Secure and the prefix, for a site that
	// is reached over plain http.
	InsecureHTTP string

	// Logger hears of stores that fail, with the reference that the client was given,
	// and of InsecureHTTP; nil: nobody.
	Logger *slog.Logger
	// Count hears each event that is worth counting; it must be quick. May be nil.
	Count func(Event)
	// Now is the clock; nil is time.Now. A Store has its own.
	Now func() time.Time
}

// An Event is something to count.
type Event string

// The events.
const (
	EventLogin       Event = "login"
	EventRotated     Event = "rotated"
	EventLogout      Event = "logout"
	EventRevoked     Event = "revoked"      // all sessions of a user
	EventRefused     Event = "refused"      // a cookie that opens no session
	EventUnavailable Event = "unavailable"  // the store failed somebody who waited for it
	EventTouched     Event = "touched"      // an idle deadline moved
	EventNotTouched  Event = "not_touched"  // it could not be moved; nobody was told
	EventTouchBusy   Event = "touch_busy"   // too many were under way already
	EventStale       Event = "stale_change" // somebody else had changed the session
)

const (
	defaultIdle     = 30 * time.Minute
	defaultAbsolute = 12 * time.Hour
	defaultMost     = 20
	defaultName     = "session"
)

func (o Options) withDefaults() Options {
	if o.Idle == 0 {
		o.Idle = defaultIdle
	}
	if o.Absolute == 0 {
		o.Absolute = defaultAbsolute
	}
	if o.MaxPerUser == 0 {
		o.MaxPerUser = defaultMost
	}
	if o.Name == "" {
		o.Name = defaultName
	}
	if o.SameSite == 0 {
		o.SameSite = http.SameSiteLaxMode
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Count == nil {
		o.Count = func(Event) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// validate is for options that have their defaults.
func (o Options) validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Idle < time.Second || o.Absolute < o.Idle {
		add("idle %v and absolute %v: idle is at least a second and not beyond absolute", o.Idle, o.Absolute)
	}
	if o.MaxPerUser < 1 {
		add("%d sessions per user leave nobody logged in", o.MaxPerUser)
	}
	if strings.ContainsAny(o.Name, "=;, \t\r\n\"") || strings.HasPrefix(o.Name, "__") {
		add("%q is no cookie's name; the prefix is added here", o.Name)
	}
	if o.SameSite != http.SameSiteLaxMode && o.SameSite != http.SameSiteStrictMode {
		add("same-site: lax or strict; a session cookie without is sent with every forged request")
	}
	if o.Store != nil && len(o.SignedKeys) > 0 {
		add("sessions are either in a store or in signed cookies")
	}
	for i, key := range o.SignedKeys {
		if len(key) < 32 {
			add("signed key %d has %d bytes, which is fewer than 32", i, len(key))
		}
	}
	if o.InsecureHTTP != "" && strings.TrimSpace(o.InsecureHTTP) == "" {
		add("insecure http needs a reason")
	}
	return errors.Join(errs...)
}
