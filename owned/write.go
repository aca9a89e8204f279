package owned

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Create makes an item of the owner and gives its id, which nobody can guess and no
// request can choose: ids that are chosen tell which ones are taken.
func (h Handle) Create(ctx context.Context, changes ...Change) (id string, err error) {
	if err := h.ready("new"); err != nil {
		return "", err
	}
	id = rand.Text()
	made := h.key(id)
	if h.table.declared.inKey() {
		made[attributeRev] = number(1)
	} else {
		made[h.table.declared.Owner] = text(h.owner)
	}
	for name, value := range h.table.declared.Initial {
		if made[name], err = encode(value); err != nil {
			return "", err
		}
	}
	if len(changes) > 0 {
		if err := h.allowed(changes); err != nil {
			return "", err
		}
	}
	for _, c := range changes {
		if c.remove {
			return "", fmt.Errorf("attribute %q: a new item has none to remove", c.name)
		}
		if made[c.name], err = encode(c.value); err != nil {
			return "", fmt.Errorf("attribute %q: %w", c.name, err)
		}
	}
	var e expression
	put := &types.Put{
		TableName: &h.table.declared.Table, Item: made,
		ConditionExpression:      aws.String("attribute_not_exists(" + e.name(h.table.declared.Partition) + ")"),
		ExpressionAttributeNames: e.names,
	}
	if err = h.write(ctx, "create item", id, types.TransactWriteItem{Put: put}); errors.Is(err, ErrNotFound) {
		err = nil // a random id is taken by ourselves only: the answer was lost and the call sent again
	}
	return id, err
}

// Update changes attributes of the owner's item. ErrNotFound also if it was the
// owner's a moment ago; nothing is ever created.
func (h Handle) Update(ctx context.Context, id string, changes ...Change) error {
	if err := h.ready(id); err != nil {
		return err
	}
	var e expression
	set, err := h.update(&e, changes)
	if err != nil {
		return err
	}
	condition := h.mine(&e)
	return h.write(ctx, "update item", id, types.TransactWriteItem{Update: &types.Update{
		TableName: &h.table.declared.Table, Key: h.key(id), UpdateExpression: &set, ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		ReturnValuesOnConditionCheckFailure: h.table.image(),
	}})
}

// Delete removes the owner's item. Where an answer is lost on the way and the call
// sent again, what it has removed is ErrNotFound.
func (h Handle) Delete(ctx context.Context, id string) error {
	if err := h.ready(id); err != nil {
		return err
	}
	var e expression
	condition := h.mine(&e)
	return h.write(ctx, "delete item", id, types.TransactWriteItem{Delete: &types.Delete{
		TableName: &h.table.declared.Table, Key: h.key(id), ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		ReturnValuesOnConditionCheckFailure: h.table.image(),
	}})
}

// image is whether DynamoDB sends the item that made a condition fail.
func (t *Table) image() types.ReturnValuesOnConditionCheckFailure {
	if t.options.OnForeign == nil {
		return types.ReturnValuesOnConditionCheckFailureNone
	}
	return types.ReturnValuesOnConditionCheckFailureAllOld
}

// write sends one write: by itself, or with its requirements as a transaction.
func (h Handle) write(ctx context.Context, what, id string, w types.TransactWriteItem) error {
	return h.table.call(ctx, what, func(ctx context.Context) error {
		if len(h.requires) == 0 {
			found, err := h.table.single(ctx, w)
			return h.judged(ctx, id, found, err)
		}
		writes := []types.TransactWriteItem{w}
		for _, r := range h.requires {
			if len(r.OneOf) == 0 {
				return ErrForbidden
			}
			writes = append(writes, types.TransactWriteItem{ConditionCheck: r.check(h.owner)})
		}
		found, err := h.table.together(ctx, writes)
		return h.judged(ctx, id, found, err)
	})
}

// judged tells OnForeign of an item that was there, and hides whether it was.
func (h Handle) judged(ctx context.Context, id string, found item, err error) error {
	if err == ErrNotFound && len(found) > 0 && h.table.options.OnForeign != nil {
		h.table.options.OnForeign(ctx, Foreign{
			Table: h.table.declared.Table, Principal: digest(h.owner), Item: digest(id), Owner: digest(textOf(found[h.table.declared.Owner])),
		})
	}
	return err
}
