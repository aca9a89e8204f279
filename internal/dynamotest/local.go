package dynamotest

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mantlet-dev/mantlet/internal/lab"
)

// started is the one DynamoDB Local of the test binary. It is on a leash and ends
// with the binary: no test knows that it is the last.
var started = sync.OnceValues(func() (string, error) {
	if endpoint := os.Getenv("MANTLET_DYNAMODB_ENDPOINT"); endpoint != "" {
		return endpoint, nil
	}
	d, err := lab.StartDynamoDB(context.Background(), repository(), nil)
	if err != nil {
		return "", err
	}
	return d.Endpoint, nil
})

// Endpoint is where the DynamoDB for tests listens.
func Endpoint(t testing.TB) string {
	t.Helper()
	endpoint, err := started()
	if err == nil {
		return endpoint
	}
	if required() {
		t.Fatalf("no DynamoDB to test with, and this run requires one: %v", err)
	}
	t.Skipf("no DynamoDB to test with: %v; or set MANTLET_DYNAMODB_ENDPOINT", err)
	return ""
}

// required says that this run has to show everything, as CI and make test do.
func required() bool {
	return os.Getenv("CI") == "true" || os.Getenv("MANTLET_REQUIRE_LAB") == "1"
}

// Times is how often something is to be tried: all times where a run has to show
// everything, a tenth otherwise.
func Times(all int) int {
	if required() {
		return all
	}
	return max(1, all/10)
}

// Client asks the DynamoDB for tests, or the Faults in front of it.
func Client(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// Name is a table's name that no other test has.
func Name(prefix string) string { return prefix + "-" + rand.Text() }

// Create makes a table for the time of the test.
func Create(t testing.TB, client *dynamodb.Client, in *dynamodb.CreateTableInput) {
	t.Helper()
	if _, err := client.CreateTable(t.Context(), in); err != nil {
		t.Fatalf("create table: %v", err)
	}
	Drop(t, client, aws.ToString(in.TableName))
}

// Drop deletes a table when the test ends, be it protected or not.
func Drop(t testing.TB, client *dynamodb.Client, name string) {
	t.Cleanup(func() {
		ctx := context.Background() // the test's has ended by now
		client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &name, DeletionProtectionEnabled: aws.Bool(false)})
		if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Logf("delete table: %v", err)
		}
	})
}

// repository is the folder with go.mod, where scripts/setup leaves .lab.
func repository() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for d := dir; d != filepath.Dir(d); d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
	}
	return dir
}
