package dynamo

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/session"
)

// isLive is the condition of every write to a session: it has not expired, and
// therefore is there.
const isLive = "exp_idle > :now AND exp_abs > :now"

// Load implements session.Store: one strongly consistent GetItem.
func (s *Store) Load(ctx context.Context, k session.Key) (r session.Record, err error) {
	err = s.again(ctx, "load session", func(ctx context.Context) error {
		answer, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &s.config.Table, Key: keyOf(k), ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: s.counting(),
		}, s.bounded)
		if err != nil {
			return busy(err)
		}
		s.countOne("GetItem", answer.ConsumedCapacity)
		r, err = s.live(k, answer.Item)
		return err
	})
	return r, err
}

// live reads a session that may be missing, or be expired and not yet removed.
func (s *Store) live(k session.Key, i item) (session.Record, error) {
	if len(i) == 0 {
		return session.Record{}, session.ErrNoSession
	}
	r, err := fromItem(k, i)
	if err != nil {
		return session.Record{}, err
	}
	if !r.Live(s.config.Now()) {
		return session.Record{}, session.ErrNoSession
	}
	return r, nil
}

// Save implements session.Store.
func (s *Store) Save(ctx context.Context, r session.Record) error {
	if len(r.Data) > session.MaxData {
		return session.ErrTooLarge
	}
	// A mark tells this write from any other, even one of the same data: a call of
	// which the answer was lost is sent again, and then meets itself.
	mark := make([]byte, 8)
	rand.Read(mark)
	return s.again(ctx, "save session", func(ctx context.Context) error {
		err := s.update(ctx, &dynamodb.UpdateItemInput{
			Key:                      keyOf(r.Key),
			UpdateExpression:         aws.String("SET #data = :data, exp_idle = :idle, exp_abs = :abs, #ttl = :ttl, rev = :next, mark = :mark"),
			ConditionExpression:      aws.String("rev = :rev AND " + isLive),
			ExpressionAttributeNames: map[string]string{"#data": "data", "#ttl": ttlAttribute},
			ExpressionAttributeValues: item{
				":data": binary(r.Data), ":idle": stamp(r.IdleUntil), ":abs": stamp(r.Until), ":ttl": ttl(r.Until),
				":rev": count(r.Rev), ":next": count(r.Rev + 1), ":now": stamp(s.config.Now()),
				":mark": binary(mark),
			},
		})
		found, failed := image(err)
		if !failed {
			return err
		}
		if bytes.Equal(bytesOf(found["mark"]), mark) {
			return nil
		}
		if _, err := s.live(r.Key, found); err != nil {
			return err
		}
		return session.ErrStale
	})
}

// Touch implements session.Store.
func (s *Store) Touch(ctx context.Context, k session.Key, idleUntil time.Time) error {
	return s.again(ctx, "touch session", func(ctx context.Context) error {
		err := s.update(ctx, &dynamodb.UpdateItemInput{
			Key:                       keyOf(k),
			UpdateExpression:          aws.String("SET exp_idle = :idle"),
			ConditionExpression:       aws.String("exp_idle < :idle AND " + isLive),
			ExpressionAttributeValues: item{":idle": stamp(idleUntil), ":now": stamp(s.config.Now())},
		})
		found, failed := image(err)
		if !failed {
			return err
		}
		_, err = s.live(k, found) // live: the deadline is later than that already
		return err
	})
}

func (s *Store) update(ctx context.Context, in *dynamodb.UpdateItemInput) error {
	in.TableName = &s.config.Table
	in.ReturnConsumedCapacity = s.counting()
	in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	answer, err := s.client.UpdateItem(ctx, in, s.bounded)
	if err != nil {
		return busy(err)
	}
	s.countOne("UpdateItem", answer.ConsumedCapacity)
	return nil
}

// errGone ends a deletion that had nothing to delete.
var errGone = errors.New("gone already")

// Delete implements session.Store.
func (s *Store) Delete(ctx context.Context, k session.Key) error {
	return s.again(ctx, "end session", func(ctx context.Context) error {
		if k.Ref == "" {
			answer, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
				TableName: &s.config.Table, Key: keyOf(k), ReturnConsumedCapacity: s.counting(),
			}, s.bounded)
			if err != nil {
				return busy(err)
			}
			s.countOne("DeleteItem", answer.ConsumedCapacity)
			return nil
		}
		var t transaction
		t.add(types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.config.Table, Key: keyOf(k), ConditionExpression: aws.String("attribute_exists(" + partitionKey + ")"),
		}}, func(item) error { return errGone })
		t.add(s.oneFewer(k.Ref), nil)
		if err := s.run(ctx, t); !errors.Is(err, errGone) {
			return err
		}
		return nil
	})
}

// oneFewer counts a session of the user that ends.
func (s *Store) oneFewer(ref string) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &s.config.Table, Key: countersOf(ref),
		UpdateExpression: aws.String("ADD live :less"), ExpressionAttributeValues: item{":less": number(-1)},
	}}
}
