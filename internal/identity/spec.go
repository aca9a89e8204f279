package identity

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// A Spec says who an identity is and how it gets its session. Secrets stand in it
// as values; where they come from is the caller's business. At most one of Form
// and JSON is set; Cookie, Bearer and Headers may join either or stand alone.
type Spec struct {
	Name    string
	Form    *FormLogin
	JSON    *JSONLogin
	Cookie  string            // as in a Cookie header: "sid=1; theme=dark"
	Bearer  string            // token only, without the word Bearer
	Headers map[string]string // sent with every request
}

// A FormLogin fills in and submits an HTML form.
type FormLogin struct {
	URL     string            // of the page with the form, absolute or relative to the target
	Fields  map[string]string // values by field name
	Secrets map[string]string // likewise, and never shown
	Browser bool              // the form needs a real browser
	// Submit is a CSS selector of the button to press; "" takes the form's first.
	Submit  string
	Success Success
}

// A JSONLogin posts an object to an API.
type JSONLogin struct {
	URL string
	// Fields and Secrets are by name, or by JSON pointer where they stand within objects:
	// "/user/email".
	Fields  map[string]string
	Secrets map[string]string
	// Token is a JSON pointer to the bearer token in the answer; "" if the session
	// is in a cookie.
	Token string
	// TokenAs is the header that shows it: "Authorization: Token {token}"; "" for a
	// bearer token, unless Session.Recognise finds that another way is asked for.
	TokenAs string
	// URLEncoded sends the fields as a form does, which is what OAuth's password
	// grant wants.
	URLEncoded bool
	Success    Success
}

// Success is how a login is known to have worked. What is set must hold; with
// nothing set, a session cookie or token must have been received and the answer
// must not be a login form again.
type Success struct {
	Path   string // of the page that the login leads to
	Status int    // of the last answer
	Text   string // in the last answer's body
	Cookie string // name of a cookie that was set
}

func (s Success) isZero() bool { return s == Success{} }

// A SetCookie is a cookie as it was set, for a browser to take over.
type SetCookie struct {
	Line   string    // value of the Set-Cookie header, secrets included
	URL    string    // of the response that set it
	Method string    // of the request it answered; "" if that is not known
	At     time.Time // when it was set
	// Handed is set if the line was made up around a value that the user gave: what
	// attributes the target sets is not known then.
	Handed bool
}

// A FormDriver logs in with a browser. Fields holds secrets too.
type FormDriver interface {
	Login(ctx context.Context, url string, fields map[string]string, submit string) ([]SetCookie, error)
}

// ErrLost is returned by Alive for a session that is answered as anonymous.
var ErrLost = errors.New("session lost: the target answers as it does without a login")

// ErrNoLogin is returned where a login would be needed and the identity only has
// credentials that were handed to it.
var ErrNoLogin = errors.New("identity has no login that could be repeated")

// A LoginError says what was seen when a login failed, and what to look at.
type LoginError struct {
	Identity string
	URL      string // where it ended
	Status   int    // 0 if there was no answer
	Location string // redirect target, if the last answer was one
	Title    string // of the last page
	Why      string
	Check    string // what the user should look at
	Err      error  // cause, may be nil
}

func (e *LoginError) Error() string {
	text := fmt.Sprintf("login of %q failed: %s", e.Identity, e.Why)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Status != 0 {
		text += fmt.Sprintf(" (seen: status %d at %s", e.Status, e.URL)
		if e.Location != "" {
			text += ", redirect to " + e.Location
		}
		if e.Title != "" {
			text += fmt.Sprintf(", title %q", e.Title)
		}
		text += ")"
	}
	if e.Check != "" {
		text += "; " + e.Check
	}
	return text
}

func (e *LoginError) Unwrap() error { return e.Err }

// within resolves a reference of a spec against the target.
func within(target, ref string) (*url.URL, error) {
	base, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	u, err := base.Parse(ref)
	if err != nil {
		return nil, err
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}
