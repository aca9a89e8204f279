package state

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// How long a stream is given to speak of a partition that nothing was heard of yet.
const (
	shortestSettle = 300 * time.Millisecond
	firstSettle    = time.Second
	longestSettle  = 3 * time.Second
)

// idleDrain keeps iterators young, which live for fifteen minutes.
const idleDrain = time.Minute

var errLag = errors.New("it lags")

// A partition is the value of a table's partition key.
type partition struct {
	text  string
	value types.AttributeValue
}

// follow brings the items up to now by the stream.
func (t *table) follow(ctx context.Context) error {
	mark, err := t.watermark(ctx)
	if err != nil {
		return err
	}
	settle := t.settle()
	if len(mark.pending) == 0 && settle == 0 && time.Since(t.stream.drained) < idleDrain {
		return nil
	}
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		err := t.stream.drain(ctx, func(c change) error { return t.apply(ctx, c, mark) })
		if err == nil && len(mark.pending) == 0 {
			err = t.askAgain(ctx, mark)
		}
		age := time.Since(mark.taken)
		switch {
		case errors.Is(err, errGap):
			return t.reseat(ctx, err)
		case err != nil:
			return err
		case len(mark.pending) == 0 && age >= settle:
			return nil
		case len(mark.pending) > 0 && age > t.patience:
			return fmt.Errorf("%w: %d changes were not told of within %v", errLag, len(mark.pending), t.patience)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// settle is how long to wait for what no watermark can show: a new item in a
// partition of a table that is too large to be read as a whole.
func (t *table) settle() time.Duration {
	switch {
	case !t.partial:
		return 0
	case t.slowest == 0:
		return min(firstSettle, t.patience)
	}
	return min(max(2*t.slowest, shortestSettle), longestSettle, t.patience)
}

// reseat starts over at the stream's present end: what happened in a gap is not
// known, what stands there now is.
func (t *table) reseat(ctx context.Context, why error) error {
	if err := t.stream.open(ctx); err != nil {
		return err
	}
	whole, err := t.scan(ctx)
	if err != nil {
		return err
	}
	t.adopt(whole)
	t.notice(fmt.Sprintf("%v; the state was read anew, and what was overwritten meanwhile was not seen", why))
	return nil
}

// apply takes one record in.
func (t *table) apply(ctx context.Context, c change, mark *watermark) error {
	identity, part := t.identity(c.keys), t.partitionOf(c.keys)
	t.touch(part)
	now, err := t.lookOf(ctx, c)
	if err != nil {
		return err
	}
	delete(t.strangers, identity)
	switch {
	case now != nil:
		t.items[identity] = now
		delete(t.expired, identity)
	case c.expired && t.items[identity] != nil:
		t.expired[identity] = true
	default:
		delete(t.items, identity)
		delete(t.expired, identity)
	}
	if mark.deliver(c, identity, part.text, now) {
		t.slowest = max(t.slowest, time.Since(mark.taken))
	}
	return nil
}

// lookOf is how the item looks after a record, nil if it is gone. A stream that
// carries only keys or old images says that it changed; how it looks is read.
func (t *table) lookOf(ctx context.Context, c change) (*image, error) {
	switch {
	case c.removed:
		return nil, nil
	case c.now != nil:
		return t.imageOf(c.now), nil
	}
	return t.get(ctx, c.keys)
}

// get reads one item, nil if it is not there.
func (t *table) get(ctx context.Context, keys item) (*image, error) {
	answer, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: keys, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("read a changed item: %w", err)
	}
	if len(answer.Item) == 0 {
		return nil, nil
	}
	return t.imageOf(answer.Item), nil
}

func (t *table) partitionOf(keys item) partition {
	text, _ := attributeText(keys[t.keys[0]])
	return partition{text, keys[t.keys[0]]}
}

// touch remembers a partition as the latest, and forgets the oldest.
func (t *table) touch(p partition) {
	t.touched = slices.DeleteFunc(t.touched, func(q partition) bool { return q.text == p.text })
	t.touched = append(t.touched, p)
	if len(t.touched) > touchedPartitions {
		t.touched = t.touched[1:]
	}
}
