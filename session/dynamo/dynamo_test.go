package dynamo_test

import (
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/dynamo"
	"github.com/mantlet-dev/mantlet/session/sessiontest"
)

// newTable makes a table for the time of the test.
func newTable(t testing.TB, client *awsdynamodb.Client) string {
	t.Helper()
	in := dynamo.Table(dynamotest.Name("sessions"))
	dynamotest.Create(t, client, in)
	return aws.ToString(in.TableName)
}

func open(t testing.TB, c dynamo.Config) *dynamo.Store {
	t.Helper()
	client := dynamotest.Client(dynamotest.Endpoint(t))
	c.Table = newTable(t, client)
	// A busy machine is slower than any table; the bounds have tests of their own.
	c.Timeout = 20 * time.Second
	store, err := dynamo.Open(t.Context(), client, c)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestDynamoKeepsTheContract(t *testing.T) {
	t.Parallel()
	sessiontest.Run(t, func(t testing.TB, now func() time.Time) session.Store {
		return open(t, dynamo.Config{Now: now})
	})
}

func TestDynamoTokensKeepTheContract(t *testing.T) {
	t.Parallel()
	sessiontest.Tokens(t, func(t testing.TB, now func() time.Time) sessiontest.TokenStore {
		return open(t, dynamo.Config{Now: now}).Tokens()
	})
}

func TestNothingComesBackInDynamo(t *testing.T) {
	t.Parallel()
	clock := sessiontest.NewClock()
	store := open(t, dynamo.Config{Now: clock.Now})
	scripts, races := dynamotest.Times(1000), dynamotest.Times(200)
	start := time.Now()
	sessiontest.Interleavings(t, store, clock, 1, scripts)
	t.Logf("D1: 0 sessions came back in %d scripts, %v", scripts, time.Since(start).Round(time.Millisecond))
	start = time.Now()
	sessiontest.Races(t, store, clock, races)
	t.Logf("D1: 0 sessions came back in %d races of 5 or 6 requests at once, %v", races, time.Since(start).Round(time.Millisecond))
}

func TestOneOfManyRotationsAndTakersWins(t *testing.T) {
	t.Parallel()
	clock := sessiontest.NewClock()
	store := open(t, dynamo.Config{Now: clock.Now})
	rounds := dynamotest.Times(100)
	start := time.Now()
	sessiontest.Rotations(t, store, clock, rounds, 8)
	t.Logf("D2: one winner in each of %d x 8 rotations, %v", rounds, time.Since(start).Round(time.Millisecond))
	start = time.Now()
	sessiontest.TakersRace(t, store.Tokens(), clock, rounds, 8)
	t.Logf("D2: one winner in each of %d x 8 takings of a token, %v", rounds, time.Since(start).Round(time.Millisecond))
}

// capacity adds up what a store consumes.
type capacity struct {
	mu    sync.Mutex
	units float64
	calls map[string]int
}

func (c *capacity) add(operation string, units float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[string]int{}
	}
	c.units += units
	c.calls[operation]++
}

func (c *capacity) take() (units float64, calls map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	units, calls = c.units, c.calls
	c.units, c.calls = 0, nil
	return units, calls
}
