package state_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/mantlet-dev/mantlet/internal/state"
)

// A script is a table of one attribute with a stream of several shards: what
// DynamoDB Local, which has one shard that never ends, cannot show.
type script struct {
	items  map[string]string // as strongly consistent reads see them
	shards []*scriptShard
	status streamtypes.StreamStatus
	trim   bool // of GetRecords: the records are gone
	expire bool // the next GetRecords finds that its iterator has expired
	late   func()
	after  int // GetRecords, until late is called
}

type scriptShard struct {
	id, parent string
	closed     bool
	records    []streamtypes.Record
}

func (s *script) shard(id string) *scriptShard {
	for _, sh := range s.shards {
		if sh.id == id {
			return sh
		}
	}
	return nil
}

// write changes the table and, if it is told, the stream.
func (s *script) write(id, text, shard string) {
	s.items[id] = text
	s.record(id, text, shard)
}

func (s *script) record(id, text, shard string) {
	sh := s.shard(shard)
	r := streamtypes.Record{EventName: streamtypes.OperationTypeModify, Dynamodb: &streamtypes.StreamRecord{
		SequenceNumber: aws.String(fmt.Sprint(len(sh.records))), Keys: map[string]streamtypes.AttributeValue{"id": &streamtypes.AttributeValueMemberS{Value: id}},
		NewImage: map[string]streamtypes.AttributeValue{"id": &streamtypes.AttributeValueMemberS{Value: id}, "text": &streamtypes.AttributeValueMemberS{Value: text}}}}
	sh.records = append(sh.records, r)
}

// expireItem is what the database does to an item whose time has come.
func (s *script) expireItem(id, shard string) {
	delete(s.items, id)
	sh := s.shard(shard)
	sh.records = append(sh.records, streamtypes.Record{EventName: streamtypes.OperationTypeRemove,
		UserIdentity: &streamtypes.Identity{Type: aws.String("Service"), PrincipalId: aws.String("dynamodb.amazonaws.com")},
		Dynamodb: &streamtypes.StreamRecord{SequenceNumber: aws.String(fmt.Sprint(len(sh.records))),
			Keys: map[string]streamtypes.AttributeValue{"id": &streamtypes.AttributeValueMemberS{Value: id}}}})
}

func (s *script) item(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}, "text": &types.AttributeValueMemberS{Value: s.items[id]}}
}

func (s *script) DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return &dynamodb.DescribeTableOutput{Table: &types.TableDescription{LatestStreamArn: aws.String("arn"),
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true)},
		KeySchema:           []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}}}}, nil
}

func (s *script) Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	out := &dynamodb.ScanOutput{}
	for id := range s.items {
		out.Items = append(out.Items, s.item(id))
	}
	return out, nil
}

func (s *script) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	id := in.Key["id"].(*types.AttributeValueMemberS).Value
	if _, ok := s.items[id]; !ok {
		return &dynamodb.GetItemOutput{}, nil
	}
	return &dynamodb.GetItemOutput{Item: s.item(id)}, nil
}

func (s *script) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return &dynamodb.QueryOutput{}, nil
}

// DescribeStream lists one shard a page.
func (s *script) DescribeStream(_ context.Context, in *dynamodbstreams.DescribeStreamInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error) {
	at := 0
	for in.ExclusiveStartShardId != nil && s.shards[at].id != *in.ExclusiveStartShardId {
		at++
	}
	if in.ExclusiveStartShardId != nil {
		at++
	}
	sh := s.shards[at]
	listed := streamtypes.Shard{ShardId: &sh.id, SequenceNumberRange: &streamtypes.SequenceNumberRange{}}
	if sh.parent != "" {
		listed.ParentShardId = &sh.parent
	}
	if sh.closed {
		listed.SequenceNumberRange.EndingSequenceNumber = aws.String("9")
	}
	d := &streamtypes.StreamDescription{Shards: []streamtypes.Shard{listed}, StreamStatus: s.status}
	if at+1 < len(s.shards) {
		d.LastEvaluatedShardId = &sh.id
	}
	return &dynamodbstreams.DescribeStreamOutput{StreamDescription: d}, nil
}

func (s *script) GetShardIterator(_ context.Context, in *dynamodbstreams.GetShardIteratorInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error) {
	at := 0
	switch in.ShardIteratorType {
	case streamtypes.ShardIteratorTypeLatest:
		at = len(s.shard(*in.ShardId).records)
	case streamtypes.ShardIteratorTypeAfterSequenceNumber:
		fmt.Sscan(*in.SequenceNumber, &at)
		at++
	}
	return &dynamodbstreams.GetShardIteratorOutput{ShardIterator: aws.String(fmt.Sprint(*in.ShardId, " ", at))}, nil
}

// GetRecords gives one record a page.
func (s *script) GetRecords(_ context.Context, in *dynamodbstreams.GetRecordsInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error) {
	if s.after--; s.after == 0 {
		s.late()
	}
	if s.trim {
		s.trim = false
		return nil, &streamtypes.TrimmedDataAccessException{Message: aws.String("too long ago")}
	}
	if s.expire {
		s.expire = false
		return nil, &streamtypes.ExpiredIteratorException{Message: aws.String("too old")}
	}
	var id string
	var at int
	fmt.Sscan(*in.ShardIterator, &id, &at)
	sh, out := s.shard(id), &dynamodbstreams.GetRecordsOutput{}
	if at < len(sh.records) {
		out.Records = sh.records[at : at+1]
		at++
	}
	if at < len(sh.records) || !sh.closed {
		out.NextShardIterator = aws.String(fmt.Sprint(id, " ", at))
	}
	return out, nil
}

func newScript() *script {
	return &script{items: map[string]string{"a": "1", "b": "1"}, status: streamtypes.StreamStatusEnabled,
		shards: []*scriptShard{{id: "old", closed: true}, {id: "one", parent: "old"}, {id: "two"}}}
}

func (s *script) reader(t *testing.T) *state.DynamoReader {
	t.Helper()
	r, err := state.NewDynamoReader(t.Context(), s, []string{"t"}, state.DynamoOptions{Streams: s, Lag: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	mustRead(t, r)
	return r
}

// expect reads and holds what stands there against want, as "a=1 b=2".
func (s *script) expect(t *testing.T, r *state.DynamoReader, oracle, want string) {
	t.Helper()
	got := mustRead(t, r)
	var texts []string
	for _, id := range []string{"a", "b", "c"} {
		if text, ok := got["dynamodb t[id="+id+"].text"]; ok {
			texts = append(texts, id+"="+text)
		}
	}
	if found := strings.Join(texts, " "); found != want || r.Name() != oracle {
		t.Errorf("got %q by %q, want %q by %q; notices %q", found, r.Name(), want, oracle, r.Notices())
	}
}

func TestTheChildrenOfAShardAreReadAfterIt(t *testing.T) {
	s := newScript()
	r := s.reader(t)
	s.write("a", "2", "one")
	s.shard("one").closed = true
	s.shards = append(s.shards, &scriptShard{id: "left", parent: "one", closed: true}, &scriptShard{id: "right", parent: "one"},
		&scriptShard{id: "grandchild", parent: "left"})
	s.write("a", "3", "left")
	s.write("b", "2", "right")
	s.write("a", "4", "grandchild")
	s.expect(t, r, state.ByStreams, "a=4 b=2")
	s.write("a", "5", "grandchild")
	s.write("c", "1", "two")
	s.expect(t, r, state.ByStreams, "a=5 b=2 c=1")
}

func TestAStreamThatLagsIsWaitedForAndThenDoneWithout(t *testing.T) {
	s := newScript()
	r := s.reader(t)
	s.items["a"] = "2" // and no record
	s.expect(t, r, state.ByReads, "a=2 b=1")
	if !strings.Contains(strings.Join(r.Notices(), " "), "lags") {
		t.Errorf("notices %q do not say that it lags", r.Notices())
	}
	s.items["b"] = "2"
	s.expect(t, r, state.ByReads, "a=2 b=2")
}

// A look that an item had before, told of late, is not taken for the one that a
// strongly consistent read has shown.
func TestAnOlderLookIsNotTakenForTheLatest(t *testing.T) {
	s := newScript()
	r := s.reader(t)
	for _, text := range []string{"2", "1", "2", "3"} {
		s.record("a", text, "one")
	}
	s.items["a"] = "3"
	s.expect(t, r, state.ByStreams, "a=3 b=1")
	s.record("a", "3", "one")
	s.record("a", "1", "one") // from here on the stream is behind: 3 → 1 → 3 has happened
	s.items["b"] = "2"
	s.record("b", "2", "two")
	s.late, s.after = func() { s.record("a", "3", "one") }, 6
	s.expect(t, r, state.ByStreams, "a=3 b=2")
}

func TestGapsOfAStreamAreSaidAndTheStateReadAnew(t *testing.T) {
	for name, gap := range map[string]func(*script){
		"trimmed": func(s *script) { s.trim = true },
		"expired": func(s *script) { s.expire = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript()
			r := s.reader(t)
			if name == "trimmed" { // a shard that was read already
				s.write("a", "0", "one")
				s.expect(t, r, state.ByStreams, "a=0 b=1")
			}
			s.write("a", "2", "one")
			gap(s)
			s.expect(t, r, state.ByStreams, "a=2 b=1")
			if !strings.Contains(strings.Join(r.Notices(), " "), "could not be read") {
				t.Errorf("notices %q do not tell of the gap", r.Notices())
			}
			s.write("b", "2", "two")
			s.expect(t, r, state.ByStreams, "a=2 b=2")
		})
	}
}

func TestAnExpiredIteratorIsRenewedWhereItStood(t *testing.T) {
	s := newScript()
	r := s.reader(t)
	s.write("b", "2", "two")
	s.write("a", "2", "one")
	s.expect(t, r, state.ByStreams, "a=2 b=2")
	s.write("a", "3", "one")
	s.expire = true
	s.expect(t, r, state.ByStreams, "a=3 b=2")
	if len(r.Notices()) > 0 {
		t.Errorf("notices %q for nothing that was lost", r.Notices())
	}
}

func TestAStreamThatIsSwitchedOffIsDoneWithout(t *testing.T) {
	s := newScript()
	r := s.reader(t)
	s.status = streamtypes.StreamStatusDisabled
	for _, sh := range s.shards {
		sh.closed = true
	}
	s.items["a"] = "2"
	s.expect(t, r, state.ByReads, "a=2 b=1")
}

// What the database removes because its time has come, nobody has changed.
func TestAnItemThatExpiredIsNoChange(t *testing.T) {
	s := newScript()
	r := s.reader(t)
	s.expireItem("a", "one")
	s.expect(t, r, state.ByStreams, "a=1 b=1")
	s.write("b", "2", "two")
	s.expect(t, r, state.ByStreams, "a=1 b=2")
	s.write("a", "new", "one")
	s.expect(t, r, state.ByStreams, "a=new b=2")
}
