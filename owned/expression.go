package owned

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// An expression collects placeholders: no name and no value is ever part of the text
// that DynamoDB parses.
type expression struct {
	names  map[string]string
	values item
	used   []string // names in order
}

func (e *expression) name(attribute string) string {
	i := slices.Index(e.used, attribute)
	if i < 0 {
		i = len(e.used)
		e.used = append(e.used, attribute)
		if e.names == nil {
			e.names = map[string]string{}
		}
		e.names["#n"+strconv.Itoa(i)] = attribute
	}
	return "#n" + strconv.Itoa(i)
}

func (e *expression) value(v types.AttributeValue) string {
	if e.values == nil {
		e.values = item{}
	}
	placeholder := ":v" + strconv.Itoa(len(e.values))
	e.values[placeholder] = v
	return placeholder
}

// update is the expression of an update of allowed attributes.
func (h Handle) update(e *expression, changes []Change) (string, error) {
	if err := h.allowed(changes); err != nil {
		return "", err
	}
	var set, remove []string
	for _, c := range changes {
		if c.remove {
			remove = append(remove, e.name(c.name))
			continue
		}
		v, err := encode(c.value)
		if err != nil {
			return "", fmt.Errorf("attribute %q: %w", c.name, err)
		}
		set = append(set, e.name(c.name)+" = "+e.value(v))
	}
	var clauses []string
	if len(set) > 0 {
		clauses = append(clauses, "SET "+strings.Join(set, ", "))
	}
	if len(remove) > 0 {
		clauses = append(clauses, "REMOVE "+strings.Join(remove, ", "))
	}
	if h.table.declared.inKey() { // a transfer moves the item, and must not lose a write
		clauses = append(clauses, "ADD "+e.name(attributeRev)+" "+e.value(number(1)))
	}
	return strings.Join(clauses, " "), nil
}

// allowed refuses attributes that the handle may not write, before anything is built.
func (h Handle) allowed(changes []Change) error {
	if len(changes) == 0 {
		return errors.New("no change was given")
	}
	seen := map[string]bool{}
	for _, c := range changes {
		if !h.table.declared.writes(c.name, h.privileged) {
			return fmt.Errorf("attribute %q: %w", c.name, ErrNotWritable)
		}
		if seen[c.name] {
			return fmt.Errorf("attribute %q is changed twice", c.name)
		}
		seen[c.name] = true
	}
	return nil
}
