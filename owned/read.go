package owned

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Get reads the owner's item, strongly consistent.
func (h Handle) Get(ctx context.Context, id string) (Item, error) {
	found, err := h.get(ctx, id)
	if err != nil {
		return Item{}, err
	}
	return h.shown(found), nil
}

func (h Handle) get(ctx context.Context, id string) (found item, err error) {
	if err := h.ready(id); err != nil {
		return nil, err
	}
	err = h.table.call(ctx, "read item", func(ctx context.Context) error {
		if h.table.declared.inKey() {
			found, err = h.getByKey(ctx, id)
		} else {
			found, err = h.getByOwner(ctx, id)
		}
		if err == nil && len(found) == 0 {
			return ErrNotFound
		}
		return err
	})
	return found, err
}

func (h Handle) getByKey(ctx context.Context, id string) (item, error) {
	answer, err := h.table.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &h.table.declared.Table, Key: h.key(id), ConsistentRead: aws.Bool(true),
	}, h.table.bounded)
	if err != nil {
		return nil, err
	}
	return answer.Item, nil
}

// getByOwner lets DynamoDB compare the owner. Reading the item and comparing here
// would bring another's item into the process, and take longer than if there were
// none. A filter is safe on a query for one whole key: there are no pages to count.
func (h Handle) getByOwner(ctx context.Context, id string) (item, error) {
	var e expression
	where := e.name(h.table.declared.Partition) + " = " + e.value(text(id))
	answer, err := h.table.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &h.table.declared.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:   aws.String(where),
		FilterExpression:         aws.String(e.name(h.table.declared.Owner) + " = " + e.value(text(h.owner))),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}, h.table.bounded)
	if err != nil || len(answer.Items) == 0 {
		return nil, err
	}
	return answer.Items[0], nil
}

// mostListed is what a page may have: DynamoDB reads so many items at once.
const mostListed = 100

// A Page says which of the owner's items to list: at most Limit (0: 100, which is
// also the bound) after the one with the id After ("": from the beginning).
type Page struct {
	Limit int
	After string
}

// List is a page of the owner's items by id, and where the next one begins ("": there
// is none). A page can have fewer items than asked for. With the owner in an attribute
// it needs Declaration.Index; an item appears there a moment late, but is never shown
// to anybody but its owner.
func (h Handle) List(ctx context.Context, p Page) (items []Item, next string, err error) {
	if err := h.ready(cmp.Or(p.After, "any")); err != nil {
		return nil, "", err
	}
	if d := h.table.declared; !d.inKey() && d.Index == "" {
		return nil, "", errors.New("list items: the declaration names no index by owner")
	}
	if p.Limit <= 0 || p.Limit > mostListed {
		p.Limit = mostListed
	}
	err = h.table.call(ctx, "list items", func(ctx context.Context) error {
		page, err := h.table.client.Query(ctx, h.query(p), h.table.bounded)
		if err != nil {
			return err
		}
		found := page.Items
		if !h.table.declared.inKey() {
			if found, err = h.reread(ctx, found); err != nil {
				return err
			}
		}
		items, next = nil, ""
		for _, i := range found {
			items = append(items, h.shown(i))
		}
		if len(page.LastEvaluatedKey) > 0 {
			next = h.shown(page.LastEvaluatedKey).ID
		}
		return nil
	})
	return items, next, err
}

// query begins where the owner's items are, whatever id After names.
func (h Handle) query(p Page) *dynamodb.QueryInput {
	d := h.table.declared
	var e expression
	in := &dynamodb.QueryInput{TableName: &d.Table, Limit: aws.Int32(int32(p.Limit))}
	var where string
	if d.inKey() {
		where = e.name(d.Partition) + " = " + e.value(text(d.OwnerPrefix+h.owner)) +
			" AND begins_with(" + e.name(d.Sort) + ", " + e.value(text(d.Kind)) + ")"
		in.ConsistentRead = aws.Bool(true)
	} else {
		where = e.name(d.Owner) + " = " + e.value(text(h.owner))
		in.IndexName = &d.Index
	}
	if p.After != "" {
		in.ExclusiveStartKey = h.key(p.After)
		if !d.inKey() {
			in.ExclusiveStartKey[d.Owner] = text(h.owner)
		}
	}
	in.KeyConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues = &where, e.names, e.values
	return in
}

// reread reads what an index has listed from the table itself: an index lags behind,
// and would show items that were given away.
func (h Handle) reread(ctx context.Context, listed []item) ([]item, error) {
	if len(listed) == 0 {
		return nil, nil
	}
	d := h.table.declared
	order := make([]string, len(listed))
	var keys []map[string]types.AttributeValue
	for i, found := range listed {
		order[i] = textOf(found[d.Partition])
		keys = append(keys, item{d.Partition: found[d.Partition]})
	}
	byID := map[string]item{}
	for len(keys) > 0 {
		answer, err := h.table.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{d.Table: {Keys: keys, ConsistentRead: aws.Bool(true)}},
		}, h.table.bounded)
		if err != nil {
			return nil, err
		}
		for _, found := range answer.Responses[d.Table] {
			if textOf(found[d.Owner]) == h.owner {
				byID[textOf(found[d.Partition])] = found
			}
		}
		left := answer.UnprocessedKeys[d.Table].Keys
		if len(left) == len(keys) {
			return nil, errBusy // nothing went through: not now
		}
		keys = left
	}
	var mine []item
	for _, id := range order {
		if found, ok := byID[id]; ok {
			mine = append(mine, found)
		}
	}
	return mine, nil
}
