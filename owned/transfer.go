package owned

import (
	"context"
	"errors"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TransferAction is the name of the action that approves a transfer.
const TransferAction = "owned.transfer"

// An Approve uses up a single-use token that its user was given for exactly this
// action with these parameters, or says why it does not count. Package guard's
// TakeAction is made for it.
type Approve func(ctx context.Context, action string, params map[string]string) error

// TransferParams are the parameters of a transfer, to make a token for it.
func (t *Table) TransferParams(id, to string) map[string]string {
	return map[string]string{"table": t.declared.Table, "item": id, "to": to}
}

// Transfer gives the owner's item to another user. It is the one operation that a
// forged request would gain most by, so it wants a token for exactly this transfer;
// the token is used up as soon as the item was found, even if the transfer then fails.
// ErrChanged if somebody wrote to the item meanwhile.
//
// With the owner in the key the item moves, which whoever else writes to the table
// must respect by counting up its _rev, as Update does.
func (h Handle) Transfer(ctx context.Context, id, to string, approve Approve) error {
	if err := h.ready(id); err != nil {
		return err
	}
	if to == "" || to == h.owner {
		return errors.New("transfer: there is no other user to give it to")
	}
	if approve == nil {
		return errors.New("transfer: needs an approval")
	}
	found, err := h.get(ctx, id)
	if err != nil {
		return err
	}
	if err := approve(ctx, TransferAction, h.table.TransferParams(id, to)); err != nil {
		return err
	}
	if h.table.declared.inKey() {
		return h.move(ctx, id, to, found)
	}
	var e expression
	set := "SET " + e.name(h.table.declared.Owner) + " = " + e.value(text(to)) + ", " + e.name(attributeOrigin) + " = " + e.value(h.origin())
	condition := h.mine(&e)
	return h.write(ctx, "transfer item", id, types.TransactWriteItem{Update: &types.Update{
		TableName: &h.table.declared.Table, Key: h.key(id), UpdateExpression: &set, ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		ReturnValuesOnConditionCheckFailure: h.table.image(),
	}})
}

// origin remembers whose the item was, by digest.
func (h Handle) origin() types.AttributeValue {
	return &types.AttributeValueMemberM{Value: item{"from": text(digest(h.owner)), "at": number(h.table.options.Now().Unix())}}
}

// move writes the item under the other owner's key and deletes it here, if nobody
// has written to it since it was read.
func (h Handle) move(ctx context.Context, id, to string, found item) error {
	var e expression
	gone := &types.Delete{TableName: &h.table.declared.Table, Key: h.key(id)}
	condition := h.mine(&e) + " AND "
	if rev, ok := found[attributeRev]; ok {
		condition += e.name(attributeRev) + " = " + e.value(rev)
	} else {
		condition += "attribute_not_exists(" + e.name(attributeRev) + ")"
	}
	gone.ConditionExpression, gone.ExpressionAttributeNames, gone.ExpressionAttributeValues = &condition, e.names, e.values

	other := h
	other.owner = to
	moved := maps.Clone(found)
	maps.Copy(moved, other.key(id))
	moved[attributeOrigin] = h.origin()
	var there expression
	put := &types.Put{
		TableName: &h.table.declared.Table, Item: moved,
		ConditionExpression:      aws.String("attribute_not_exists(" + there.name(h.table.declared.Partition) + ")"),
		ExpressionAttributeNames: there.names,
	}
	writes := []types.TransactWriteItem{{Delete: gone}, {Put: put}}
	for _, r := range h.requires {
		if len(r.OneOf) == 0 {
			return ErrForbidden
		}
		writes = append(writes, types.TransactWriteItem{ConditionCheck: r.check(h.owner)})
	}
	return h.table.call(ctx, "transfer item", func(ctx context.Context) error {
		_, err := h.table.together(ctx, writes)
		if err == ErrNotFound { // it was there a moment ago
			return ErrChanged
		}
		return err
	})
}
