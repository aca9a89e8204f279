package state_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// notes is a table of owner and id on the DynamoDB for tests.
type notes struct {
	t      *testing.T
	client *dynamodb.Client
	name   string
}

// newNotes makes the table, with a stream of that view or, for "", without one.
func newNotes(t *testing.T, view types.StreamViewType) notes {
	t.Helper()
	n := notes{t, dynamotest.Client(dynamotest.Endpoint(t)), dynamotest.Name("notes")}
	in := &dynamodb.CreateTableInput{TableName: &n.name, BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("owner"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("id"), KeyType: types.KeyTypeRange}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("owner"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeN}}}
	if view != "" {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: view}
	}
	dynamotest.Create(t, n.client, in)
	return n
}

func (n notes) key(owner string, id int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"owner": &types.AttributeValueMemberS{Value: owner}, "id": &types.AttributeValueMemberN{Value: fmt.Sprint(id)}}
}

func (n notes) put(owner string, id int, text string) {
	n.t.Helper()
	item := n.key(owner, id)
	item["text"] = &types.AttributeValueMemberS{Value: text}
	if _, err := n.client.PutItem(n.t.Context(), &dynamodb.PutItemInput{TableName: &n.name, Item: item}); err != nil {
		n.t.Fatal(err)
	}
}

func (n notes) remove(owner string, id int) {
	n.t.Helper()
	if _, err := n.client.DeleteItem(n.t.Context(), &dynamodb.DeleteItemInput{TableName: &n.name, Key: n.key(owner, id)}); err != nil {
		n.t.Fatal(err)
	}
}

func (n notes) where(owner string, id int) string {
	return fmt.Sprintf("dynamodb %s[owner=%s,id=%d].text", n.name, owner, id)
}

// reader reads the table through endpoint, by its stream where it has one.
func (n notes) reader(endpoint string, o state.DynamoOptions) *state.DynamoReader {
	n.t.Helper()
	o.Streams = dynamodbstreams.New(dynamodbstreams.Options{Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	r, err := state.NewDynamoReader(n.t.Context(), dynamotest.Client(endpoint), []string{n.name}, o)
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

func (n notes) scanner() *state.DynamoReader {
	n.t.Helper()
	r, err := state.NewDynamoReader(n.t.Context(), n.client, []string{n.name}, state.DynamoOptions{})
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

func mustRead(t *testing.T, r state.Reader) state.Snapshot {
	t.Helper()
	s, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// R20, D12: whatever is written, a table that is followed by its stream reads as one
// that is scanned, at the first reading after the write.
func TestAFollowedTableReadsAsAScannedOne(t *testing.T) {
	for _, view := range []types.StreamViewType{types.StreamViewTypeNewAndOldImages, types.StreamViewTypeNewImage, types.StreamViewTypeKeysOnly} {
		t.Run(string(view), func(t *testing.T) {
			n := newNotes(t, view)
			n.put("alice", 1, "one")
			n.put("bob", 1, "one")
			followed, scanned := n.reader(dynamotest.Endpoint(t), state.DynamoOptions{}), n.scanner()
			mustRead(t, followed)
			random := rand.New(rand.NewPCG(7, 7))
			var took []time.Duration
			for i := range 60 {
				for range 1 + random.IntN(3) { // several, so that looks come back that were there before
					owner, id := []string{"alice", "bob", "carol"}[random.IntN(3)], random.IntN(3)
					if random.IntN(4) == 0 {
						n.remove(owner, id)
					} else {
						n.put(owner, id, []string{"on", "off", fmt.Sprint("mtl", i)}[random.IntN(3)])
					}
				}
				start := time.Now()
				got := mustRead(t, followed)
				took = append(took, time.Since(start))
				if want := mustRead(t, scanned); !maps.Equal(got, want) {
					t.Fatalf("after write %d: %s", i, cmp.Diff(want, got))
				}
			}
			slices.Sort(took)
			t.Logf("a reading took %v, at most %v", took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
			if followed.Name() != state.ByStreams || len(followed.Notices()) > 0 {
				t.Errorf("rests on %q with notices %q, want the stream and none", followed.Name(), followed.Notices())
			}
		})
	}
}

// A stream that was switched on just before, and has no record yet.
func TestAStreamIsFollowedFromItsFirstRecord(t *testing.T) {
	n := newNotes(t, "")
	n.put("alice", 9, "there before its stream")
	if _, err := n.client.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &n.name, StreamSpecification: &types.StreamSpecification{
		StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages}}); err != nil {
		t.Fatal(err)
	}
	r := n.reader(dynamotest.Endpoint(t), state.DynamoOptions{})
	before := mustRead(t, r)
	for i := range 3 {
		n.put("alice", i, fmt.Sprint("mtl", i))
		now := mustRead(t, r)
		if got := state.Carrying(state.Diff(before, now), fmt.Sprint("mtl", i)); len(got) != 1 {
			t.Errorf("write %d: got %v", i, got)
		}
		before = now
	}
	if r.Name() != state.ByStreams || len(r.Notices()) > 0 {
		t.Errorf("rests on %q with notices %q", r.Name(), r.Notices())
	}
}

func TestWithoutAStreamTheTableIsScannedAndThatIsSaid(t *testing.T) {
	n := newNotes(t, "")
	r := n.reader(dynamotest.Endpoint(t), state.DynamoOptions{Items: 2})
	before := mustRead(t, r)
	n.put("alice", 1, "mtl1")
	if got := state.Carrying(state.Diff(before, mustRead(t, r)), "mtl1"); len(got) != 1 || r.Name() != state.ByReads {
		t.Errorf("got %v by %q", got, r.Name())
	}
	n.put("alice", 2, "two")
	n.put("alice", 3, "three")
	mustRead(t, r)
	for _, want := range []string{"there is no stream", "more than 2 items"} {
		if !strings.Contains(strings.Join(r.Notices(), "\n"), want) {
			t.Errorf("notices %q do not say %q", r.Notices(), want)
		}
	}
}

// A role that may read tables and not streams, a stream that fails: the table is
// read all the same, and the oracle is called what it is.
func TestAStreamThatCannotBeReadIsDoneWithout(t *testing.T) {
	for _, failing := range []string{"DescribeStream", "GetShardIterator", "GetRecords"} {
		t.Run(failing, func(t *testing.T) {
			n := newNotes(t, types.StreamViewTypeNewImage)
			proxy := dynamotest.NewFaults(t, dynamotest.Endpoint(t))
			proxy.Plan(dynamotest.First(dynamotest.Fail, failing, 1000))
			r := n.reader(proxy.Endpoint, state.DynamoOptions{})
			before := mustRead(t, r)
			n.put("alice", 1, "mtl1")
			if got := state.Carrying(state.Diff(before, mustRead(t, r)), "mtl1"); len(got) != 1 {
				t.Errorf("the change is not seen: %v", got)
			}
			if r.Name() != state.ByReads || !strings.Contains(strings.Join(r.Notices(), "\n"), "stream is not used") {
				t.Errorf("rests on %q with notices %q", r.Name(), r.Notices())
			}
		})
	}
}

// The bound of what is read of a large table, and what its stream shows beyond it.
func TestALargeTableIsFollowedBeyondTheBound(t *testing.T) {
	n := newNotes(t, types.StreamViewTypeNewAndOldImages)
	for i := range 40 {
		n.put(fmt.Sprint("user", i%10), i, "text")
	}
	proxy := dynamotest.NewFaults(t, dynamotest.Endpoint(t))
	r := n.reader(proxy.Endpoint, state.DynamoOptions{Items: 5})
	before := mustRead(t, r)
	scans := proxy.Calls("Scan")
	for i, where := range []string{"user3", "somebody new", "user3"} {
		mark := fmt.Sprint("mtl", i)
		n.put(where, 100, mark)
		now := mustRead(t, r)
		got := state.Carrying(state.Diff(before, now), mark)
		if len(got) != 1 || got[0].Where != n.where(where, 100) {
			t.Errorf("%s: got %v", where, got)
		}
		before = now
	}
	if proxy.Calls("Scan") != scans || r.Name() != state.ByStreams {
		t.Errorf("it was scanned again %d times, and rests on %q", proxy.Calls("Scan")-scans, r.Name())
	}
	if !strings.Contains(strings.Join(r.Notices(), "\n"), "more than 5 items") {
		t.Errorf("notices %q do not say that it is large", r.Notices())
	}
}

// R20: the scanner's role only needs to read, and what it needs is what mantlet
// tables policy prints.
func TestTheReaderAsksOnlyForWhatItsPolicyAllows(t *testing.T) {
	n := newNotes(t, types.StreamViewTypeKeysOnly)
	proxy := dynamotest.NewFaults(t, dynamotest.Endpoint(t))
	seen := map[string]bool{}
	proxy.Plan(func(operation string, _ int) dynamotest.Fault {
		seen[operation] = true
		return dynamotest.None
	})
	r := n.reader(proxy.Endpoint, state.DynamoOptions{Items: 1})
	for i := range 3 {
		n.put("alice", i, "text")
		mustRead(t, r)
	}
	policy, err := state.Policy("*", "*", n.name)
	if err != nil {
		t.Fatal(err)
	}
	allowed, denied, _ := strings.Cut(policy, `"Deny"`)
	for operation := range seen {
		if !strings.Contains(allowed, `"dynamodb:`+operation+`"`) {
			t.Errorf("%s is asked for and not allowed:\n%s", operation, policy)
		}
	}
	for _, operation := range []string{"DescribeTable", "Scan", "Query", "GetItem", "DescribeStream", "GetShardIterator", "GetRecords"} {
		if !seen[operation] {
			t.Errorf("%s was never asked for, so the policy allows more than is needed", operation)
		}
	}
	for _, write := range []string{"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "DeleteTable"} {
		if strings.Contains(allowed, write) || !strings.Contains(denied, `"dynamodb:`+write+`"`) {
			t.Errorf("%s is not denied:\n%s", write, policy)
		}
	}
	if _, err := state.Policy("*", "*"); err == nil {
		t.Error("a policy for no table was given")
	}
}

// Values are compared whole, not only as much of them as is shown.
func TestTheEndOfALongValueCounts(t *testing.T) {
	n := newNotes(t, "")
	r := n.scanner()
	long := strings.Repeat("x", 10_000)
	n.put("alice", 1, long+"a")
	before := mustRead(t, r)
	n.put("alice", 1, long+"b")
	changes := state.Diff(before, mustRead(t, r))
	if len(changes) != 1 || len(changes[0].After) > 2100 {
		t.Errorf("got %d changes", len(changes))
	}
	var none []finding.Change
	if got := state.Diff(before, before); !slices.Equal(got, none) {
		t.Errorf("a snapshot differs from itself: %v", got)
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	n := newNotes(t, types.StreamViewTypeNewImage)
	r := n.reader(dynamotest.Endpoint(t), state.DynamoOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(ctx); err == nil {
		t.Error("read with a context that had ended")
	}
}
