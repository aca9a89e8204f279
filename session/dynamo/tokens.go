package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Tokens remember which single-use tokens are still good, in the table of the
// sessions. They are what package guard asks for as Options.Tokens.Actions.
type Tokens struct{ store *Store }

// Tokens are the store's.
func (s *Store) Tokens() *Tokens { return &Tokens{s} }

func tokenItem(id [32]byte) item {
	return item{partitionKey: text(tokenPrefix + encoding.EncodeToString(id[:])), sortKey: text(tokenKey)}
}

// Put makes a token good until it expires. Only a digest of it is kept: id.
func (t *Tokens) Put(ctx context.Context, id [32]byte, expires time.Time) error {
	s := t.store
	return s.again(ctx, "keep token", func(ctx context.Context) error {
		i := tokenItem(id)
		i["exp"], i[ttlAttribute] = stamp(expires), ttl(expires)
		answer, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &s.config.Table, Item: i, ReturnConsumedCapacity: s.counting(),
			ConditionExpression: aws.String("attribute_not_exists(" + partitionKey + ")"),
		}, s.bounded)
		if _, there := image(err); there {
			return nil // our own write, of which the answer was lost
		}
		if err != nil {
			return busy(err)
		}
		s.countOne("PutItem", answer.ConsumedCapacity)
		return nil
	})
}

// Take uses a token up: of concurrent calls at most one is told true. If the answer
// of the table is lost, the token may be lost with it, and never counts twice.
func (t *Tokens) Take(ctx context.Context, id [32]byte) (good bool, err error) {
	s := t.store
	err = s.again(ctx, "take token", func(ctx context.Context) error {
		answer, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &s.config.Table, Key: tokenItem(id), ReturnConsumedCapacity: s.counting(),
			ConditionExpression:       aws.String("#exp > :now"),
			ExpressionAttributeNames:  map[string]string{"#exp": "exp"},
			ExpressionAttributeValues: item{":now": stamp(s.config.Now())},
		}, s.bounded)
		if _, missing := image(err); missing {
			return nil
		}
		if err != nil {
			return busy(err)
		}
		s.countOne("DeleteItem", answer.ConsumedCapacity)
		good = true
		return nil
	})
	return good, err
}
