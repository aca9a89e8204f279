package owned_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/owned"
)

// A table that is described, and to which every write succeeds at once.
type noTime struct{ calls int }

func (n *noTime) Do(r *http.Request) (*http.Response, error) {
	n.calls++
	body := "{}"
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeTable") {
		body = `{"Table": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// D5: what owned adds to an operation beside the network: the difference of the two.
func BenchmarkUpdate(b *testing.B) {
	there := &noTime{}
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), HTTPClient: there,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	d := layouts()["owner in an attribute"]
	d.Table, d.Index = "notes", ""
	table, err := owned.Open(b.Context(), client, d, owned.Options{})
	if err != nil {
		b.Fatal(err)
	}
	alice := table.As(verified("alice"))
	b.Run("plain", func(b *testing.B) {
		s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
		for b.Loop() {
			_, err := client.UpdateItem(b.Context(), &dynamodb.UpdateItemInput{
				TableName: &d.Table, Key: map[string]types.AttributeValue{"id": s("1")},
				UpdateExpression: aws.String("SET title = :t"), ConditionExpression: aws.String("owner_id = :me"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":t": s("x"), ":me": s("alice")},
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("owned", func(b *testing.B) {
		there.calls = 0
		for b.Loop() {
			if err := alice.Update(b.Context(), "1", owned.Set("title", "x")); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(there.calls)/float64(b.N), "calls/op")
	})
}
