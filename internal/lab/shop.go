package lab

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// people are the shop's customers, carol of the staff, and their throw-away passwords.
var people = map[string]string{"alice": "alice-lab-password", "bob": "bob-lab-password", "carol": "carol-lab-password"}

// A shop is the memory of one application.
type shop struct {
	mu       sync.Mutex
	accounts map[string]*account
	sessions map[string]*session
	shelves  map[string]*shelf
}

type account struct {
	settings map[string]string
	notes    map[string]string // id to text
	orders   []string
	credit   int // in euros
	record   record
}

// A session belongs to a customer, or to a visitor while user is empty. Kind
// tells apart the cookies the weak shop hands out; role is the user's at login.
type session struct {
	id, kind, user, role, token string
}

func newShop() *shop {
	s := &shop{accounts: map[string]*account{}, sessions: map[string]*session{}, shelves: stocked()}
	for name := range people {
		s.accounts[name] = &account{
			settings: map[string]string{
				"email": name + "@stationer.example", "address": "3 Paper Street", "name": name, "phone": "555-0200",
				"newsletter": "off", "membership": "off", "currency": "EUR", "delivery": "mornings", "paper": "laid",
				"wish": "a brass ruler", "gift_message": "With love", "reminder": "weekly",
				"history_kept": "off", "offer_taken": "off", "points_donated": "off", "letters_express": "off",
				"samples_monthly": "off", "terms_renewed": "off",
				"wrapping": "brown", "ribbon": "red", "loyalty_gift": "a stamp",
			},
			notes: map[string]string{
				name + "-ink":  "Order more ink before Friday",
				name + "-card": "Birthday card for Robin",
			},
			orders: []string{"1 × Envelopes (the blue ones)"},
			record: newRecord(name, "customer"),
		}
	}
	s.accounts["carol"].record["role"] = "admin"
	s.accounts[house] = &account{settings: map[string]string{"banner": "Welcome", "discount": "none", "opening": "open", "stock": "plenty"}}
	return s
}

// begin starts a session. An id the shop did not issue never becomes one, except
// through chosen: where that is an id nobody has, it is taken.
func (s *shop) begin(kind, user, chosen string) *session {
	begun := &session{id: rand.Text(), kind: kind, user: user, token: rand.Text()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.sessions[chosen]; chosen != "" && !taken {
		begun.id = chosen
	}
	if a := s.accounts[user]; a != nil {
		begun.role = fmt.Sprint(a.record["role"])
	}
	s.sessions[begun.id] = begun
	return begun
}

// find returns the session of that kind, or nil.
func (s *shop) find(id, kind string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.sessions[id]; found != nil && found.kind == kind {
		return found
	}
	return nil
}

func (s *shop) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, id)
}

// of runs f with the customer's account; f must not keep it.
func (s *shop) of(user string, f func(*account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.accounts[user])
}

func (s *shop) set(user, setting, value string) {
	s.of(user, func(a *account) { a.settings[setting] = value })
}

func (s *shop) settings(user string) (settings map[string]string) {
	s.of(user, func(a *account) { settings = maps.Clone(a.settings) })
	return settings
}

func (s *shop) order(user, item, quantity, note string) {
	s.of(user, func(a *account) { a.orders = append(a.orders, fmt.Sprintf("%s × %s (%s)", quantity, item, note)) })
}

func (s *shop) addCredit(user string, amount int) {
	s.of(user, func(a *account) { a.credit += amount })
}

func (s *shop) credit(user string) (credit int) {
	s.of(user, func(a *account) { credit = a.credit })
	return credit
}

func (s *shop) orders(user string) (orders []string) {
	s.of(user, func(a *account) { orders = slices.Clone(a.orders) })
	return orders
}

func (s *shop) addNote(user, text string) string {
	id := rand.Text()[:8]
	s.of(user, func(a *account) { a.notes[id] = text })
	return id
}

func (s *shop) notes(user string) (notes map[string]string) {
	s.of(user, func(a *account) { notes = maps.Clone(a.notes) })
	return notes
}

func (s *shop) deleteNote(user, id string) {
	s.of(user, func(a *account) { delete(a.notes, id) })
}

func (s *shop) state() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := map[string]string{}
	for user, a := range s.accounts {
		for name, value := range a.settings {
			state[user+"."+name] = value
		}
		for id, text := range a.notes {
			state[user+".notes."+id] = text
		}
		state[user+".credit"] = fmt.Sprint(a.credit)
		for i, order := range a.orders {
			state[fmt.Sprintf("%s.orders.%d", user, i+1)] = order
		}
		for name, value := range a.record {
			state[user+".record."+name] = fmt.Sprint(value)
		}
	}
	for kind, shelf := range s.shelves {
		for _, o := range shelf.objects {
			for name, value := range o.fields {
				state[o.owner+"."+kind+"."+o.number+"."+name] = value
			}
		}
	}
	return state
}
