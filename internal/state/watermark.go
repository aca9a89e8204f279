package state

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Bounds of what is read again of a table that is too large to be read as a whole.
const (
	touchedPartitions = 20
	partitionItems    = 200
)

// A watermark is what a strongly consistent read showed. The stream has caught up
// with it once it has delivered every item as it was seen there.
type watermark struct {
	taken   time.Time
	seen    map[string]*image
	covers  func(partition string) bool // whether an item not seen there was not there
	pending map[string]bool             // not delivered as it was seen
	// delivered are items that were, with their keys; what came after may be newer
	// than the watermark, or the same look from longer ago.
	delivered map[string]item
	asked     map[string]bool
}

// watermark reads what the stream has to catch up with: the whole table, or the
// touched partitions of one that is too large.
func (t *table) watermark(ctx context.Context) (*watermark, error) {
	m := &watermark{taken: time.Now(), pending: map[string]bool{}, delivered: map[string]item{}, asked: map[string]bool{}}
	var err error
	if !t.partial {
		m.seen, err = t.scan(ctx)
	}
	switch {
	case err != nil:
	case t.partial: // found to be just now, perhaps
		m.seen, m.covers, err = t.queryTouched(ctx)
	default:
		m.covers = func(string) bool { return true }
	}
	if err != nil {
		return nil, err
	}
	for identity, i := range t.items {
		if m.seen[identity] == nil && m.covers(i.partition) && !t.expired[identity] {
			m.pending[identity] = true
		}
	}
	for identity, i := range m.seen {
		if !same(t.items[identity], i) && !same(t.strangers[identity], i) {
			m.pending[identity] = true
		}
	}
	return m, nil
}

// queryTouched reads the partitions that the stream has spoken of. What it finds in
// one for the first time and nobody has told of is remembered as a stranger: it was
// there before, beyond the bound, or the stream will tell of it.
func (t *table) queryTouched(ctx context.Context) (map[string]*image, func(string) bool, error) {
	seen, complete := map[string]*image{}, map[string]bool{}
	for _, p := range t.touched {
		page, err := t.client.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, ConsistentRead: aws.Bool(true),
			KeyConditionExpression: aws.String("#p = :p"), ExpressionAttributeNames: map[string]string{"#p": t.keys[0]},
			ExpressionAttributeValues: item{":p": p.value}, Limit: aws.Int32(partitionItems)})
		if err != nil {
			return nil, nil, fmt.Errorf("query a partition: %w", err)
		}
		for _, it := range page.Items {
			identity := t.identity(it)
			seen[identity] = t.imageOf(it)
			if !t.visited[p.text] && t.items[identity] == nil {
				t.strangers[identity] = seen[identity]
			}
		}
		t.visited[p.text] = true
		complete[p.text] = len(page.LastEvaluatedKey) == 0
	}
	return seen, func(partition string) bool { return complete[partition] }, nil
}

// deliver notes that a record showed an item as now, and says whether that was
// waited for.
func (m *watermark) deliver(c change, identity, partition string, now *image) bool {
	strong, was := m.seen[identity]
	switch {
	case !was && !m.covers(partition):
		return false
	case same(now, strong) || c.now == nil && !c.removed: // read strongly, after the watermark
		waited := m.pending[identity]
		delete(m.pending, identity)
		m.delivered[identity] = c.keys
		return waited
	case m.delivered[identity] == nil:
		m.pending[identity] = true // an older look; the one that was seen is to come
	}
	return false
}

// askAgain settles, by one more read each, whether items that look different from
// the watermark do so because they are newer, or because the look that was seen is
// one that they had had before.
func (t *table) askAgain(ctx context.Context, m *watermark) error {
	for identity, keys := range m.delivered {
		if m.asked[identity] || same(t.items[identity], m.seen[identity]) || t.expired[identity] {
			continue
		}
		m.asked[identity] = true
		now, err := t.get(ctx, keys)
		if err != nil {
			return err
		}
		if !same(now, t.items[identity]) {
			m.seen[identity], m.pending[identity] = now, true
			delete(m.delivered, identity)
		}
	}
	return nil
}
