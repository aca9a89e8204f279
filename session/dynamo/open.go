package dynamo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/session"
)

// Config is what a Store needs to know. Table is required.
type Config struct {
	Table string

	// Timeout bounds each operation with everything that is tried again within it; 2
	// seconds if zero. Somebody waits for it with every request.
	Timeout time.Duration
	// Attempts bounds how often one call is sent: 3 if zero.
	Attempts int

	// InsecureEventualRevocation, the reason why, accepts a table with replicas that
	// learn of logouts and revocations some time later.
	InsecureEventualRevocation string

	// OnCapacity hears what each operation consumed; without it DynamoDB is not asked
	// to say. It must be quick and safe for concurrent use.
	OnCapacity func(operation string, units float64)
	// Logger hears of InsecureEventualRevocation; nil: nobody.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// client is what a Store asks of DynamoDB.
type client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

// A Store is a session.Store in a table. It is safe for concurrent use.
type Store struct {
	client  client
	config  Config
	retryer aws.Retryer // shared by all calls, so that a failing table gets ever fewer of them
}

var _ session.Store = (*Store)(nil)

// Open looks whether the table is one for sessions. It makes and changes nothing.
func Open(ctx context.Context, client client, c Config) (*Store, error) {
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Attempts == 0 {
		c.Attempts = 3
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Table == "" || c.Timeout < 0 || c.Attempts < 0 {
		return nil, errors.New("open session table: needs a table, and no negative bounds")
	}
	answer, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &c.Table})
	if err != nil {
		return nil, fmt.Errorf("open session table %s: %w", c.Table, err)
	}
	if err := c.suits(answer.Table); err != nil {
		return nil, fmt.Errorf("open session table %s: %w", c.Table, err)
	}
	return &Store{client: client, config: c, retryer: newRetryer(c.Attempts)}, nil
}

func (c Config) suits(table *types.TableDescription) error {
	if !hasOurKey(table) {
		return fmt.Errorf("its key is not %s and %s, both strings: mantlet tables create makes one that suits", partitionKey, sortKey)
	}
	if len(table.Replicas) == 0 || table.MultiRegionConsistency == types.MultiRegionConsistencyStrong {
		return nil
	}
	if strings.TrimSpace(c.InsecureEventualRevocation) == "" {
		return errors.New("it has replicas that are not strongly consistent, so a session that was revoked in one Region goes on in others: InsecureEventualRevocation accepts that")
	}
	c.Logger.Warn("revoked sessions go on for some time in other Regions", "table", c.Table, "reason", c.InsecureEventualRevocation)
	return nil
}

func hasOurKey(table *types.TableDescription) bool {
	kinds := map[string]types.ScalarAttributeType{}
	for _, a := range table.AttributeDefinitions {
		kinds[aws.ToString(a.AttributeName)] = a.AttributeType
	}
	key := table.KeySchema
	return len(key) == 2 &&
		key[0].KeyType == types.KeyTypeHash && aws.ToString(key[0].AttributeName) == partitionKey &&
		key[1].KeyType == types.KeyTypeRange && aws.ToString(key[1].AttributeName) == sortKey &&
		kinds[partitionKey] == types.ScalarAttributeTypeS && kinds[sortKey] == types.ScalarAttributeTypeS
}
