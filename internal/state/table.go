package state

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// tables is what a DynamoReader asks of DynamoDB: reads only.
type tables interface {
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// A table is one table as it was last seen. Readers that were narrowed share it.
type table struct {
	client   tables
	name     string
	keys     []string // partition key first
	limit    int
	patience time.Duration
	redact   func(string) string

	mu      sync.Mutex
	items   map[string]*image // by identity; nil until the first reading
	partial bool              // there are more items than limit
	stream  *stream           // nil: strongly consistent scans
	// expired are items that the database itself removed when their time had come.
	// They stay among the items: nobody changed anything.
	expired map[string]bool
	// touched are the partitions that records spoke of, the latest last; visited
	// those of them that were read, of a table that is too large to be read as a
	// whole; strangers what was found there and nobody had told of.
	touched   []partition
	visited   map[string]bool
	strangers map[string]*image
	slowest   time.Duration // that a change took to come by the stream
	notices   []string
}

// read gives the table's facts as of now.
func (t *table) read(ctx context.Context) (Snapshot, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.items != nil && t.stream != nil {
		err := t.follow(ctx)
		if err == nil {
			return t.facts(), nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		t.abandon(err)
	}
	whole, err := t.scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("scan table %s: %w", t.name, err)
	}
	t.adopt(whole)
	return t.facts(), nil
}

// adopt takes what a scan showed as how things are.
func (t *table) adopt(whole map[string]*image) {
	t.items, t.expired = whole, map[string]bool{}
	t.touched, t.visited, t.strangers = nil, map[string]bool{}, map[string]*image{}
}

func (t *table) facts() Snapshot {
	facts := Snapshot{}
	for _, i := range t.items {
		for where, value := range i.clean {
			facts[where] = value
		}
	}
	return facts
}

// scan reads the table as a whole, or as much of it as the bound allows.
func (t *table) scan(ctx context.Context) (map[string]*image, error) {
	whole := map[string]*image{}
	var from item
	for {
		page, err := t.client.Scan(ctx, &dynamodb.ScanInput{TableName: &t.name, ConsistentRead: aws.Bool(true),
			ExclusiveStartKey: from, Limit: aws.Int32(int32(t.limit - len(whole) + 1))})
		if err != nil {
			return nil, err
		}
		for _, it := range page.Items {
			if len(whole) == t.limit {
				t.outgrow()
				return whole, nil
			}
			whole[t.identity(it)] = t.imageOf(it)
		}
		if from = page.LastEvaluatedKey; len(from) == 0 {
			return whole, nil
		}
		if len(whole) == t.limit {
			t.outgrow()
			return whole, nil
		}
	}
}

// outgrow notes that the table is too large to be read as a whole.
func (t *table) outgrow() {
	if t.partial {
		return
	}
	t.partial = true
	if t.stream != nil {
		t.notice(fmt.Sprintf("more than %d items; of the others only changes are seen, from the stream, and as if the items were new", t.limit))
		return
	}
	t.notice(fmt.Sprintf("more than %d items; changes of the others are not seen", t.limit))
}

// abandon goes on without the stream.
func (t *table) abandon(why error) {
	t.stream = nil
	t.notice(fmt.Sprintf("read by strongly consistent scans, the stream is not used: %v", why))
	if t.partial {
		t.notice(fmt.Sprintf("more than %d items; changes of the others are not seen", t.limit))
	}
}

func (t *table) notice(text string) {
	if !slices.Contains(t.notices, text) {
		t.notices = append(t.notices, text)
	}
}

func (t *table) told() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.notices)
}

func (t *table) follows() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stream != nil
}
