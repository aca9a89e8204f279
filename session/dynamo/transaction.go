package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/session"
)

// mostActions is DynamoDB's bound on one transaction.
const mostActions = 100

// A transaction is a list of writes, each with what it means if its condition fails
// on the item that is there (nil if there is none).
type transaction struct {
	writes []types.TransactWriteItem
	judges []func(item) error
}

func (t *transaction) add(w types.TransactWriteItem, judge func(item) error) {
	t.writes = append(t.writes, w)
	t.judges = append(t.judges, judge)
}

// remove deletes whatever is there under the keys.
func (t *transaction) remove(table string, keys ...session.Key) {
	for _, k := range keys {
		t.add(types.TransactWriteItem{Delete: &types.Delete{TableName: &table, Key: keyOf(k)}}, nil)
	}
}

// run carries out the transaction, or gives what the first failed condition means.
// The SDK marks the call, so that one sent twice is carried out once.
func (s *Store) run(ctx context.Context, t transaction) error {
	answer, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: t.writes, ReturnConsumedCapacity: s.counting(),
	}, s.bounded)
	if err == nil {
		s.count("TransactWriteItems", answer.ConsumedCapacity...)
		return nil
	}
	var cancelled *types.TransactionCanceledException
	var progress *types.TransactionInProgressException
	switch {
	case errors.As(err, &progress):
		return errAgain
	case !errors.As(err, &cancelled):
		return err
	}
	return t.judge(cancelled.CancellationReasons, err)
}

// judge finds out why a transaction was cancelled. One that met another transaction
// has seen nothing that counts.
func (t *transaction) judge(reasons []types.CancellationReason, err error) error {
	for _, r := range reasons {
		switch aws.ToString(r.Code) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			return errAgain
		}
	}
	for i, r := range reasons {
		if aws.ToString(r.Code) != "ConditionalCheckFailed" {
			continue
		}
		if i < len(t.judges) && t.judges[i] != nil {
			if meaning := t.judges[i](r.Item); meaning != nil {
				return meaning
			}
		}
	}
	return err
}
