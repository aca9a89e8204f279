package lab

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// An object belongs to one customer. Its number follows the one before, as such
// numbers do.
type object struct {
	number, owner string
	fields        map[string]string
}

// A shelf holds the objects of one kind.
type shelf struct {
	next    int
	objects map[string]object
}

// stocked are the shelves as they are at the beginning.
func stocked() map[string]*shelf {
	shelves := map[string]*shelf{}
	for i, kind := range []string{"addresses", "parcels", "receipts", "drafts", "reviews", "statements", "vouchers"} {
		shelves[kind] = &shelf{next: 1000*(i+1) + 1, objects: map[string]object{}}
	}
	for _, o := range []struct {
		kind, owner string
		fields      map[string]string
	}{
		{"addresses", "alice", map[string]string{"label": "Home of Alice", "street": "12 Lindenhof Lane"}},
		{"addresses", "alice", map[string]string{"label": "Alice's sister", "street": "4 Elmsworth Row"}},
		{"addresses", "bob", map[string]string{"label": "Home of Bob", "street": "77 Quarry Steps"}},
		{"parcels", "alice", map[string]string{"contents": "Sealing wax for Alice", "note": "Leave it with Mrs Penhallow"}},
		{"parcels", "bob", map[string]string{"contents": "Blotting paper for Bob", "note": "Ring twice at Quarry Steps"}},
		{"receipts", "alice", map[string]string{"item": "Envelopes, ordered by Alice", "paid": "12 EUR", "refund": "none"}},
		{"receipts", "bob", map[string]string{"item": "A brass nib, ordered by Bob", "paid": "31 EUR", "refund": "none"}},
		{"drafts", "alice", map[string]string{"text": "Dear Robin, about the house in Lindenhof"}},
		{"drafts", "bob", map[string]string{"text": "Dear Madam, about the quarry"}},
		{"reviews", "alice", map[string]string{"text": "The cream paper takes every ink"}},
		{"reviews", "bob", map[string]string{"text": "The blue envelopes arrive unbent"}},
		{"statements", "alice", map[string]string{"account": "Alice Marchbanks, 40-11-7731", "total": "211 EUR", "remark": "settled in May"}},
		{"statements", "bob", map[string]string{"account": "Bob Tarrant, 40-11-9020", "total": "87 EUR", "remark": "settled in June"}},
		{"vouchers", "alice", map[string]string{"from": "Robin, for Alice", "state": "good"}},
		{"vouchers", "bob", map[string]string{"from": "Ursula, for Bob", "state": "good"}},
	} {
		shelves[o.kind].put(o.owner, o.fields)
	}
	return shelves
}

func (s *shelf) put(owner string, fields map[string]string) string {
	number := strconv.Itoa(s.next)
	s.next++
	s.objects[number] = object{number, owner, fields}
	return number
}

// put stands a new object on a shelf and returns its number.
func (s *shop) put(kind, owner string, fields map[string]string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shelves[kind].put(owner, fields)
}

func (s *shop) look(kind, number string) (object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, found := s.shelves[kind].objects[number]
	o.fields = maps.Clone(o.fields)
	return o, found
}

// change writes the fields that an object of the kind has; others are passed over.
func (s *shop) change(kind, number string, fields map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, value := range fields {
		if _, known := s.shelves[kind].objects[number].fields[name]; known {
			s.shelves[kind].objects[number].fields[name] = value
		}
	}
}

// changeFrom writes a field only where it holds what it is to be changed from, in one step.
func (s *shop) changeFrom(kind, number, field, from, to string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, found := s.shelves[kind].objects[number]
	if !found || o.fields[field] != from {
		return false
	}
	o.fields[field] = to
	return true
}

func (s *shop) remove(kind, number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.shelves[kind].objects, number)
}

// belonging lists an owner's objects by number, everybody's if owner is empty.
func (s *shop) belonging(kind, owner string) []object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []object
	for _, number := range slices.Sorted(maps.Keys(s.shelves[kind].objects)) {
		o := s.shelves[kind].objects[number]
		if owner == "" || o.owner == owner {
			o.fields = maps.Clone(o.fields)
			list = append(list, o)
		}
	}
	return list
}

// An ownedHandler answers a request about one object.
type ownedHandler func(w http.ResponseWriter, r *http.Request, s *session, o object)

// owned finds the object that a request names. Unless ofAll is set, somebody
// else's is not there, in the same words as one that never was.
func (a *App) owned(kind string, ofAll bool, number func(*http.Request) string, next ownedHandler) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		o, found := a.shop.look(kind, number(r))
		if !found || !ofAll && o.owner != s.user {
			a.refuse(w, r, s, http.StatusNotFound, "There is no such thing here.")
			return
		}
		next(w, r, s, o)
	}
}

func inPath(r *http.Request) string  { return r.PathValue("id") }
func inQuery(r *http.Request) string { return r.URL.Query().Get("number") }
func inForm(r *http.Request) string  { return r.PostFormValue("number") }
