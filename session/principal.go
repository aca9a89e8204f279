package session

import "strings"

// A Principal is a user whose identity was verified. The zero Principal is nobody.
// It comes from a session and not from a parameter: package owned takes nothing else
// for an owner.
type Principal struct {
	user    string
	vouched string
}

// User is the user's id as it was given to Manager.Login; "" for nobody.
func (p Principal) User() string { return p.user }

// Vouched is the reason given to InsecurePrincipal; "" for one from a session.
func (p Principal) Vouched() string { return p.vouched }

// InsecurePrincipal takes the caller's word that user was verified in another way,
// such as a signed header that a proxy has set. The reason says which, and is logged
// by those who use it. Without a user or a reason it is nobody.
func InsecurePrincipal(user, reason string) Principal {
	if user == "" || strings.TrimSpace(reason) == "" {
		return Principal{}
	}
	return Principal{user: user, vouched: reason}
}
