package owned

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// A Declaration says how a table tells owners, and what they may write. Either Kind is
// set, with the owner in the partition key:
//
//	Partition = OwnerPrefix + owner, Sort = Kind + id
//
// or Owner, for a table whose partition key is the id and which has no sort key.
type Declaration struct {
	Table     string
	Partition string // the partition key attribute
	Sort      string `json:",omitempty"` // the sort key attribute, with Kind

	OwnerPrefix string `json:",omitempty"` // such as "u#"
	Kind        string `json:",omitempty"` // such as "note#": ends in # and has no other

	Owner string `json:",omitempty"` // the attribute that holds the owner
	// Index has Owner as its partition key, and no sort key or Partition: for List.
	Index string `json:",omitempty"`

	// Writable attributes are set by the owner. All others are not.
	Writable []string
	// Privileged attributes say what somebody may do, or agreed to. They may not be
	// writable; naming them lets Policy deny them to the application's role.
	Privileged []string `json:",omitempty"`
	// Initial is what new items begin with, of attributes that are not writable.
	Initial map[string]any `json:",omitempty"`
}

// attributeName is narrower than DynamoDB's rule: what has dots or quotes in its name
// reads as a path in some tool. A leading underscore is for our own.
var attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,254}$`)

// The attributes that are written beside those declared. Reading leaves them out.
const (
	reserved        = "_"
	attributeRev    = "_rev"      // counts writes, with the owner in the key
	attributeOrigin = "_transfer" // from whom an item came, and when
)

// ReadDeclaration reads a declaration as JSON, so that a program and the command that
// prints policies share one. Unknown fields are errors.
func ReadDeclaration(r io.Reader) (Declaration, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	var d Declaration
	if err := decoder.Decode(&d); err != nil {
		return Declaration{}, fmt.Errorf("read declaration: %w", err)
	}
	if decoder.More() {
		return Declaration{}, errors.New("read declaration: there is more than one")
	}
	return d, d.validate()
}

// inKey says that the owner is part of the key.
func (d Declaration) inKey() bool { return d.Kind != "" }

func (d Declaration) validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if d.Table == "" || d.Partition == "" {
		add("table and partition are required")
	}
	switch {
	case d.inKey() == (d.Owner != ""):
		add("either kind (owner in the key) or owner (owner in an attribute), and not both")
	case d.inKey() && (d.Sort == "" || d.OwnerPrefix == ""):
		add("kind needs sort and owner_prefix")
	case d.inKey() && (d.Index != ""):
		add("index is for owners in an attribute")
	case !d.inKey() && (d.Sort != "" || d.OwnerPrefix != ""):
		add("sort and owner_prefix are for owners in the key")
	}
	// Otherwise an id could be written that reaches items of another kind.
	if d.inKey() && (strings.Count(d.Kind, "#") != 1 || !strings.HasSuffix(d.Kind, "#") || len(d.Kind) < 2) {
		add("kind %q: it has to end in #, and to have no other", d.Kind)
	}
	return errors.Join(append(errs, d.validateAttributes())...)
}

func (d Declaration) validateAttributes() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	keys := []string{d.Partition, d.Sort, d.Owner}
	for _, name := range slices.Concat(d.Writable, d.Privileged) {
		if !attributeName.MatchString(name) {
			add("attribute %q: letters, digits, _ and -, beginning with a letter", name)
		}
		if slices.Contains(keys, name) {
			add("attribute %q says whose an item is: it can be neither written nor granted", name)
		}
	}
	for _, name := range d.Privileged {
		if slices.Contains(d.Writable, name) {
			add("attribute %q is both privileged and writable", name)
		}
	}
	for name, value := range d.Initial {
		if !attributeName.MatchString(name) || slices.Contains(keys, name) || slices.Contains(d.Writable, name) {
			add("initial %q: needs to be an attribute that the owner does not write", name)
		}
		if _, err := encode(value); err != nil {
			add("initial %q: %v", name, err)
		}
	}
	return errors.Join(errs...)
}

// writes says whether a handle may write the attribute.
func (d Declaration) writes(name string, privileged bool) bool {
	return slices.Contains(d.Writable, name) || privileged && slices.Contains(d.Privileged, name)
}
