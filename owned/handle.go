package owned

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A Handle reads and writes the items of one owner. The zero Handle does nothing but
// ErrNoPrincipal. It is a value and safe for concurrent use.
type Handle struct {
	table      *Table
	owner      string
	privileged bool
	requires   []Requirement
}

// A Requirement is about another item that says what the principal may do: its role,
// its membership. It is checked in the transaction of each write, so that a role taken
// away is gone at once.
type Requirement struct {
	Table           string
	Partition, Sort string // key attributes; Sort may be ""
	// The item's partition key is Prefix and the principal, its sort key SortValue.
	Prefix, SortValue string
	Attribute         string
	OneOf             []string // values that will do; without any nothing does
}

// Requiring is the handle whose writes need r as well. Reads do not.
func (h Handle) Requiring(r Requirement) Handle {
	h.requires = append(slices.Clone(h.requires), r)
	return h
}

type item = map[string]types.AttributeValue

// key is of the item that this owner knows as id.
func (h Handle) key(id string) item {
	d := h.table.declared
	if d.inKey() {
		return item{d.Partition: text(d.OwnerPrefix + h.owner), d.Sort: text(d.Kind + id)}
	}
	return item{d.Partition: text(id)}
}

// ready says why there is nothing to ask DynamoDB. An id that no item can have is
// not found like any other.
func (h Handle) ready(id string) error {
	if h.table == nil || h.owner == "" {
		return ErrNoPrincipal
	}
	if id == "" || len(id) > 1024-len(h.table.declared.Kind) || h.table.declared.inKey() && strings.Contains(id, "#") {
		return ErrNotFound
	}
	return nil
}

// mine is the condition of every update and deletion. It is positive: an item that
// is missing, or has no owner, fails it.
func (h Handle) mine(e *expression) string {
	exists := "attribute_exists(" + e.name(h.table.declared.Partition) + ")"
	if h.table.declared.inKey() {
		return exists
	}
	return exists + " AND " + e.name(h.table.declared.Owner) + " = " + e.value(text(h.owner))
}

// shown takes away what is not the owner's to see, and finds the id.
func (h Handle) shown(found item) Item {
	d := h.table.declared
	i := Item{ID: textOf(found[d.Partition]), Attributes: item{}}
	if d.inKey() {
		i.ID = strings.TrimPrefix(textOf(found[d.Sort]), d.Kind)
	}
	for name, value := range found {
		if name != d.Partition && name != d.Sort && name != d.Owner && !strings.HasPrefix(name, reserved) {
			i.Attributes[name] = value
		}
	}
	return i
}

// check is the requirement as part of a transaction.
func (r Requirement) check(owner string) *types.ConditionCheck {
	var e expression
	key := item{r.Partition: text(r.Prefix + owner)}
	if r.Sort != "" {
		key[r.Sort] = text(r.SortValue)
	}
	values := make([]string, len(r.OneOf))
	for i, v := range r.OneOf {
		values[i] = e.value(text(v))
	}
	return &types.ConditionCheck{
		TableName: &r.Table, Key: key,
		ConditionExpression:      aws.String(e.name(r.Attribute) + " IN (" + strings.Join(values, ", ") + ")"),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}
}
