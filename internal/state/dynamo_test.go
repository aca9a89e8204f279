package state_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/internal/state"
)

// table is a table of one page per call, as a large one would be answered.
type table struct {
	items []map[string]types.AttributeValue
}

func (t *table) DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return &dynamodb.DescribeTableOutput{Table: &types.TableDescription{
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}}}}, nil
}

func (t *table) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return nil, errors.New("nobody asks for a partition here")
}

func (t *table) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return nil, errors.New("nobody asks for an item here")
}

func (t *table) Scan(_ context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	at := 0
	for in.ExclusiveStartKey != nil && t.items[at]["id"].(*types.AttributeValueMemberS).Value !=
		in.ExclusiveStartKey["id"].(*types.AttributeValueMemberS).Value {
		at++
	}
	out := &dynamodb.ScanOutput{Items: t.items[at : at+1]}
	if at+1 < len(t.items) {
		out.LastEvaluatedKey = map[string]types.AttributeValue{"id": t.items[at+1]["id"]}
	}
	return out, nil
}

func TestDynamoReaderFollowsPagesToItsBound(t *testing.T) {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	source := &table{items: []map[string]types.AttributeValue{
		{"id": text("a"), "set": &types.AttributeValueMemberSS{Value: []string{"z", "y"}},
			"map": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
				"n": &types.AttributeValueMemberN{Value: "7"}, "b": &types.AttributeValueMemberB{Value: []byte("x")}}}},
		{"id": text("b"), "on": &types.AttributeValueMemberBOOL{Value: true}},
		{"id": text("c")},
	}}
	reader, err := state.NewDynamoReader(context.Background(), source, []string{"t"}, state.DynamoOptions{Items: 2})
	if err != nil {
		t.Fatal(err)
	}
	got, err := reader.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for where, want := range map[string]string{
		"dynamodb t[id=a].set": "{y, z}", "dynamodb t[id=a].map.n": "7", "dynamodb t[id=b].on": "true",
		"dynamodb t[id=a].map.b": "1 bytes, sha256 2d711642b726b044", "dynamodb t[id=c].id": "",
	} {
		if got[where] != want {
			t.Errorf("%s: got %q, want %q", where, got[where], want)
		}
	}
	if len(state.Diff(got, got)) != 0 {
		t.Error("a snapshot differs from itself")
	}
}
