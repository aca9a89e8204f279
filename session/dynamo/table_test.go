package dynamo_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/session/dynamo"
)

func TestCreateMakesWhatDescribeWants(t *testing.T) {
	client := dynamotest.Client(dynamotest.Endpoint(t))
	name := dynamotest.Name("made")
	if err := dynamo.Create(t.Context(), client, dynamo.Table(name)); err != nil {
		t.Fatal(err)
	}
	dynamotest.Drop(t, client, name)
	d, err := dynamo.Describe(t.Context(), client, name)
	if err != nil {
		t.Fatal(err)
	}
	if d.Unfit != "" || !d.TTL || !d.OnDemand || !d.Guarded || len(d.Advice) > 1 {
		t.Errorf("got %+v", d)
	}
	if err := dynamo.Create(t.Context(), client, dynamo.Table(name)); err == nil {
		t.Error("made a table that exists")
	}
}

func TestOpenMakesNoTable(t *testing.T) {
	client := dynamotest.Client(dynamotest.Endpoint(t))
	name := dynamotest.Name("absent")
	if _, err := dynamo.Open(t.Context(), client, dynamo.Config{Table: name}); err == nil {
		t.Fatal("opened a table that is not there")
	}
	if _, err := client.DescribeTable(t.Context(), &awsdynamodb.DescribeTableInput{TableName: &name}); err == nil {
		t.Error("Open has made a table")
	}
}

func TestOpenRefusesAnotherKey(t *testing.T) {
	client := dynamotest.Client(dynamotest.Endpoint(t))
	in := dynamo.Table(dynamotest.Name("odd"))
	in.KeySchema = in.KeySchema[:1]
	in.AttributeDefinitions = in.AttributeDefinitions[:1]
	dynamotest.Create(t, client, in)
	if _, err := dynamo.Open(t.Context(), client, dynamo.Config{Table: *in.TableName}); err == nil || !strings.Contains(err.Error(), "mantlet tables create") {
		t.Errorf("got %v, want a hint at the command", err)
	}
}

func TestReplicasThatLearnLateAreRefused(t *testing.T) {
	table := &types.TableDescription{
		KeySchema: dynamo.Table("x").KeySchema, AttributeDefinitions: dynamo.Table("x").AttributeDefinitions,
		Replicas: []types.ReplicaDescription{{RegionName: aws.String("eu-west-1")}},
	}
	if err := dynamo.Suits(dynamo.Config{}, table); err == nil || !strings.Contains(err.Error(), "Region") {
		t.Errorf("got %v, want a refusal", err)
	}
	if err := dynamo.Suits(dynamo.Config{InsecureEventualRevocation: "only anonymous carts"}, table); err != nil {
		t.Errorf("with a reason: %v", err)
	}
	table.MultiRegionConsistency = types.MultiRegionConsistencyStrong
	if err := dynamo.Suits(dynamo.Config{}, table); err != nil {
		t.Errorf("strongly consistent replicas: %v", err)
	}
}

func TestPolicyAllowsNoMoreThanNeeded(t *testing.T) {
	text, err := dynamo.Policy("eu-west-1", "123456789012", "app-sessions")
	if err != nil {
		t.Fatal(err)
	}
	allow, deny, _ := strings.Cut(text, `"Deny"`)
	for _, never := range []string{`"*"`, "Scan", "PartiQL", "BatchWriteItem", "CreateTable"} {
		if strings.Contains(allow, never) {
			t.Errorf("%s is allowed:\n%s", never, allow)
		}
	}
	if !strings.Contains(allow, `"arn:aws:dynamodb:eu-west-1:123456789012:table/app-sessions"`) || !strings.Contains(deny, "dynamodb:Scan") {
		t.Errorf("got %s", text)
	}
	for _, bad := range [][3]string{{"eu-west-1", "1", "app"}, {"", "*", "app"}, {"eu-west-1", "*", "*"}, {"eu-west-1", "*", "a/b"}} {
		if text, err := dynamo.Policy(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v: got %s", bad, text)
		}
	}
}
