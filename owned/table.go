package owned

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/session"
)

// Options are what a Table does beyond its declaration. The zero value is a good one.
type Options struct {
	// Timeout bounds each operation: 5 seconds if zero. Attempts bounds how often a
	// call is sent: 3 if zero.
	Timeout  time.Duration
	Attempts int
	// OnForeign hears of writes to another's item. It makes DynamoDB send that item
	// along, which takes time that an attacker may measure: the answers stay the same.
	OnForeign func(context.Context, Foreign)
	// Logger hears of everything called Insecure; nil: nobody.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Foreign is a write to another's item. Users and items are told by digests.
type Foreign struct {
	Table, Principal, Item, Owner string
}

// client is what a Table asks of DynamoDB. Neither scans nor batches of writes nor
// PartiQL are among it: none of them takes a condition on each item.
type client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

// A Table is a declared table. By itself it reads and writes nothing: see As. It is
// safe for concurrent use.
type Table struct {
	declared Declaration
	client   client
	options  Options
	retryer  aws.Retryer // shared by all calls, so that a failing table gets ever fewer of them
	vouched  sync.Map    // reasons for principals that were logged already
}

// Open holds the declaration against the table that is there. It changes nothing.
func Open(ctx context.Context, client client, d Declaration, o Options) (*Table, error) {
	if err := d.validate(); err != nil {
		return nil, fmt.Errorf("declare table %s: %w", d.Table, err)
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Attempts == 0 {
		o.Attempts = 3
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	answer, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &d.Table})
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", d.Table, err)
	}
	if err := d.matches(answer.Table); err != nil {
		return nil, fmt.Errorf("open table %s: %w", d.Table, err)
	}
	d.Writable, d.Privileged, d.Initial = slices.Clone(d.Writable), slices.Clone(d.Privileged), maps.Clone(d.Initial)
	return &Table{declared: d, client: client, options: o, retryer: newRetryer(o.Attempts)}, nil
}

// matches compares the keys. With others the conditions would hold for items that
// they are not about.
func (d Declaration) matches(table *types.TableDescription) error {
	want := d.Partition
	if d.inKey() {
		want += ", " + d.Sort
	}
	if got := keysOf(table.KeySchema); got != want {
		return fmt.Errorf("its key is (%s), declared is (%s)", got, want)
	}
	if d.Index == "" {
		return nil
	}
	for _, index := range table.GlobalSecondaryIndexes {
		if aws.ToString(index.IndexName) != d.Index {
			continue
		}
		if got := keysOf(index.KeySchema); got != d.Owner && got != d.Owner+", "+d.Partition {
			return fmt.Errorf("the key of index %s is (%s), needed is (%s)", d.Index, got, d.Owner)
		}
		return nil
	}
	return fmt.Errorf("it has no index %s", d.Index)
}

func keysOf(schema []types.KeySchemaElement) string {
	var names []string
	for _, k := range schema {
		names = append(names, aws.ToString(k.AttributeName))
	}
	return strings.Join(names, ", ")
}

// As binds the table to a user whose identity was verified. A handle of nobody gives
// ErrNoPrincipal for everything.
func (t *Table) As(p session.Principal) Handle {
	if reason := p.Vouched(); reason != "" {
		if _, logged := t.vouched.LoadOrStore(reason, true); !logged {
			t.options.Logger.Warn("owners are taken from elsewhere than sessions", "table", t.declared.Table, "reason", reason)
		}
	}
	return Handle{table: t, owner: p.User()}
}

// Unscoped makes handles for anybody, which may write privileged attributes too.
type Unscoped struct{ table *Table }

// InsecureUnscoped is the way around verified owners, for jobs and administration.
// Every call is logged with its reason.
func (t *Table) InsecureUnscoped(reason string) (Unscoped, error) {
	if strings.TrimSpace(reason) == "" {
		return Unscoped{}, errors.New("unscoped access needs a reason")
	}
	t.options.Logger.Warn("unscoped access", "table", t.declared.Table, "reason", reason)
	return Unscoped{t}, nil
}

// For acts as owner, whoever asks.
func (u Unscoped) For(owner string) Handle {
	return Handle{table: u.table, owner: owner, privileged: true}
}

// digest tells a user or item in logs without naming it.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
