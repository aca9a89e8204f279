package owned

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// errBusy asks to try again: another transaction is at the item.
var errBusy = errors.New("others are at the same item")

// rounds bounds how often that is done, pause how long is waited in between.
const (
	rounds = 8
	pause  = 5 * time.Millisecond

	shortestRetry = 50 * time.Millisecond
	longestRetry  = 500 * time.Millisecond
)

// call runs one operation within its timeout. What is none of our own errors is
// ErrUnavailable: DynamoDB's words are for logs, not for clients.
func (t *Table) call(ctx context.Context, what string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, t.options.Timeout)
	defer cancel()
	for round := 1; ; round++ {
		err := do(ctx)
		if !errors.Is(err, errBusy) || round == rounds || ctx.Err() != nil {
			return outcome(what, err)
		}
		time.Sleep(pause + rand.N(pause<<round))
	}
}

func outcome(what string, err error) error {
	for _, known := range []error{nil, ErrNotFound, ErrForbidden, ErrChanged} {
		if err == known { // compared as they are: what is wrapped came from elsewhere
			return err
		}
	}
	return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
}

// bounded limits how often the SDK sends a call, and how long it pauses in between:
// its own pauses of a second and more are for jobs, and here somebody waits.
func (t *Table) bounded(o *dynamodb.Options) { o.Retryer = t.retryer }

func newRetryer(attempts int) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
			wait := min(shortestRetry<<min(attempt, 8), longestRetry)
			return wait/2 + rand.N(wait/2), nil
		})
	})
}

// single sends one write. A failed condition is ErrNotFound, with the item that is
// there if it was asked for.
func (t *Table) single(ctx context.Context, w types.TransactWriteItem) (found item, err error) {
	switch {
	case w.Put != nil:
		_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: w.Put.TableName, Item: w.Put.Item, ConditionExpression: w.Put.ConditionExpression,
			ExpressionAttributeNames: w.Put.ExpressionAttributeNames,
		}, t.bounded)
	case w.Update != nil:
		u := w.Update
		_, err = t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: u.TableName, Key: u.Key, UpdateExpression: u.UpdateExpression, ConditionExpression: u.ConditionExpression,
			ExpressionAttributeNames: u.ExpressionAttributeNames, ExpressionAttributeValues: u.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: u.ReturnValuesOnConditionCheckFailure,
		}, t.bounded)
	case w.Delete != nil:
		d := w.Delete
		_, err = t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: d.TableName, Key: d.Key, ConditionExpression: d.ConditionExpression,
			ExpressionAttributeNames: d.ExpressionAttributeNames, ExpressionAttributeValues: d.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: d.ReturnValuesOnConditionCheckFailure,
		}, t.bounded)
	}
	var condition *types.ConditionalCheckFailedException
	var conflict *types.TransactionConflictException
	switch {
	case errors.As(err, &condition):
		return condition.Item, ErrNotFound
	case errors.As(err, &conflict):
		return nil, errBusy
	}
	return nil, err
}

// together sends a write, the first, with the checks that it requires. That the write
// itself fails comes before what the checks say: who does not own the item learns
// nothing about roles.
func (t *Table) together(ctx context.Context, writes []types.TransactWriteItem) (found item, err error) {
	_, err = t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes}, t.bounded)
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return nil, err
	}
	var failed []int
	for i, reason := range cancelled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			return nil, errBusy
		case "ConditionalCheckFailed":
			failed = append(failed, i)
		}
	}
	switch {
	case len(failed) == 0:
		return nil, err
	case failed[0] == 0:
		return cancelled.CancellationReasons[0].Item, ErrNotFound
	}
	return nil, ErrForbidden
}
