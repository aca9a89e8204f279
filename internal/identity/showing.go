package identity

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

// TokenSlot stands in a JSONLogin's TokenAs where the token goes.
const TokenSlot = "{token}"

// ways are how applications want to be shown a token, the usual one first.
var ways = []string{"Authorization: Bearer " + TokenSlot, "Authorization: Token " + TokenSlot, "Authorization: JWT " + TokenSlot,
	"Authorization: " + TokenSlot, "X-Auth-Token: " + TokenSlot, "X-Access-Token: " + TokenSlot}

// IsTokenAs says whether a text is a header with a place for a token.
func IsTokenAs(text string) bool {
	name, value, found := strings.Cut(text, ":")
	return found && strings.Count(value, TokenSlot) == 1 && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == "" &&
		!strings.ContainsAny(value, "\r\n")
}

// show puts a token into the header that way names.
func show(h http.Header, way, token string) {
	name, value, _ := strings.Cut(way, ":")
	h.Set(strings.TrimSpace(name), strings.TrimSpace(strings.Replace(value, TokenSlot, token, 1)))
}

// Show puts a token into a request in the way in which this identity shows its own.
func (s *Session) Show(r *http.Request, token string) {
	s.mu.RLock()
	way := s.way
	s.mu.RUnlock()
	if way == "" {
		way = ways[0]
	}
	show(r.Header, way, token)
}

// Recognise finds out how the token of a login is to be shown, and an address that
// tells the session from a visitor, by asking for the addresses given, which may need
// a login. Further are headers that the application is known to take credentials in.
// It does nothing where an address is known already, or the token's way was told.
func (s *Session) Recognise(ctx context.Context, urls, further []string) error {
	s.login.Lock()
	defer s.login.Unlock()
	if s.Probe() != "" || s.spec.JSON == nil || s.token == "" || s.spec.JSON.TokenAs != "" {
		return nil
	}
	try := ways
	for _, name := range further {
		try = append(try[:len(try):len(try)], name+": "+TokenSlot)
	}
	for _, u := range urls {
		anon, err := look(ctx, u, nil, s.grant.Do)
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, scope.ErrBudget) || errors.Is(err, scope.ErrUnreachable) {
				return err
			}
			continue
		}
		if anon.status != http.StatusUnauthorized && anon.status != http.StatusForbidden {
			continue
		}
		for _, way := range try {
			h := http.Header{}
			show(h, way, s.token)
			mine, err := look(ctx, u, h, s.grant.Do)
			if err == nil && mine.status < 300 {
				s.takeWay(way, &probe{url: u, anon: anon, strong: true})
				return nil
			}
		}
	}
	return nil
}

func (s *Session) takeWay(way string, p *probe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, _, _ := strings.Cut(s.way, ":")
	s.header.Del(name)
	show(s.header, way, s.token)
	s.way, s.probe = way, p
	login := *s.spec.JSON
	login.TokenAs = way
	s.spec.JSON = &login // a login that is made again shows its token in the same way
}
