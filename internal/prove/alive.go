package prove

import (
	"context"
	"net/http"
	"strconv"

	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// isAlive is the session's Alive, which is not asked again as long as nothing was
// sent that could have ended the session, nor in a quiet time.
func (b *Bench) isAlive(ctx context.Context, s *identity.Session) error {
	if b.trusted[s] {
		return nil
	}
	if at, seen := b.alive[s]; seen && at == b.sent() {
		return nil
	}
	err := s.Alive(ctx)
	if delete(b.alive, s); err == nil {
		b.alive[s] = b.sent()
	}
	return err
}

// sent counts all that was sent to the target: requests, and what else the ledger
// knows of, such as messages over a socket.
func (b *Bench) sent() int { return b.Grant.Requests() + b.Ledger.Len() }

// hasRead makes now the latest reading of the state. Where it shows a page that is
// only shown to whoever is logged in, the victim still is.
func (s *subject) hasRead(now state.Snapshot) {
	s.latest, s.readAt = now, s.bench.sent()
	if s.bench.showsLife(s.victim, s.oracle, now) {
		s.bench.alive[s.victim] = s.readAt
	}
}

// isRead says whether nothing was sent since the state was last read.
func (s *subject) isRead() bool { return s.latest != nil && s.readAt == s.bench.sent() }

// showsLife says whether a reading holds a page that who was answered with 200, and
// visitors otherwise.
func (b *Bench) showsLife(who *identity.Session, o oracle, now state.Snapshot) bool {
	if b.personal == nil {
		b.personal = map[string]bool{}
		for _, x := range b.Site.Exchanges {
			if x.Authenticated != nil && *x.Authenticated && x.Status == http.StatusOK && x.Method == http.MethodGet {
				b.personal[x.Identity+" "+x.URL] = true
			}
		}
	}
	for _, r := range o.readers {
		pages, ok := r.(state.HTTPReader)
		if !ok || pages.Session != state.Session(who) {
			continue
		}
		for _, address := range pages.URLs {
			if b.personal[who.Name()+" "+address] && now[state.Source(address)+" status"] == strconv.Itoa(http.StatusOK) {
				return true
			}
		}
	}
	return false
}
