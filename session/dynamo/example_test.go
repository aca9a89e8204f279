package dynamo_test

import (
	"context"
	"log"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/dynamo"
)

// Sessions in DynamoDB, and a guard whose tokens are kept with them. The table was made
// with mantlet tables create.
func Example() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	store, err := dynamo.Open(ctx, dynamodb.NewFromConfig(cfg), dynamo.Config{Table: "app-sessions"})
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := session.New(session.Options{Store: store})
	if err != nil {
		log.Fatal(err)
	}
	_, err = guard.New(policy.Rules{}, guard.Options{
		SessionCookies: []string{"session"},
		Tokens:         guard.Tokens{Secrets: sessions, Actions: store.Tokens()},
	})
	if err != nil {
		log.Fatal(err)
	}
}
