package dynamo

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

	"github.com/mantlet-dev/mantlet/session"
)

// rounds bounds how often an operation starts over because others were at the same
// items; waiting in between it fits into a timeout of two seconds.
const rounds = 12

// Pauses: after meeting another transaction, and after a failure of the table.
const (
	firstPause    = 4 * time.Millisecond
	mostPause     = 250 * time.Millisecond
	shortestRetry = 50 * time.Millisecond
	longestRetry  = 500 * time.Millisecond
)

// errAgain asks again to start over.
var errAgain = errors.New("others are at the same items")

// again runs try until it does not give errAgain. Everything within has one timeout,
// and every error that is none of package session's becomes ErrUnavailable.
func (s *Store) again(ctx context.Context, what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	pause := firstPause
	for round := 1; ; round++ {
		err := try(ctx)
		if !errors.Is(err, errAgain) || round == rounds {
			return outcome(what, err)
		}
		// The jitter is what lets one of several get through.
		wait := time.NewTimer(pause/2 + rand.N(pause/2))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return outcome(what, err)
		}
		pause = min(2*pause, mostPause)
	}
}

// outcome makes sure that a failure of the table never looks like an answer of it.
func outcome(what string, err error) error {
	if err == nil {
		return nil
	}
	for _, answer := range []error{session.ErrNoSession, session.ErrStale, session.ErrRevoked, session.ErrTooLarge} {
		if errors.Is(err, answer) {
			return err
		}
	}
	return fmt.Errorf("%s: %w: %w", what, session.ErrUnavailable, err)
}

// bounded limits how often the SDK sends a call, and how long it pauses in between:
// its own pauses of a second and more are for jobs, and here somebody waits.
func (s *Store) bounded(o *dynamodb.Options) { o.Retryer = s.retryer }

func newRetryer(attempts int) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
			pause := min(shortestRetry<<min(attempt, 8), longestRetry)
			return pause/2 + rand.N(pause/2), nil
		})
	})
}

// counting asks for consumed capacity where somebody listens.
func (s *Store) counting() types.ReturnConsumedCapacity {
	if s.config.OnCapacity == nil {
		return types.ReturnConsumedCapacityNone
	}
	return types.ReturnConsumedCapacityTotal
}

func (s *Store) count(operation string, consumed ...types.ConsumedCapacity) {
	if s.config.OnCapacity == nil {
		return
	}
	units := 0.0
	for _, c := range consumed {
		if c.CapacityUnits != nil {
			units += *c.CapacityUnits
		}
	}
	s.config.OnCapacity(operation, units)
}

func (s *Store) countOne(operation string, consumed *types.ConsumedCapacity) {
	if consumed != nil {
		s.count(operation, *consumed)
	}
}

// image is the item that made a condition of a single write fail, nil if there was
// none. failed says that it was the condition and nothing else.
func image(err error) (i item, failed bool) {
	var condition *types.ConditionalCheckFailedException
	if errors.As(err, &condition) {
		return condition.Item, true
	}
	return nil, false
}

// busy turns an error that says that a transaction is at the item into errAgain.
func busy(err error) error {
	var conflict *types.TransactionConflictException
	if errors.As(err, &conflict) {
		return errAgain
	}
	return err
}
