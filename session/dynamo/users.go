package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/session"
)

// A partition is a user's counters and sessions, expired ones included.
type partition struct {
	epoch, seq uint64
	sessions   []session.Record
}

// partition reads all of a user. With fields, a projection, records have a key and
// an epoch only.
func (s *Store) partition(ctx context.Context, ref, fields string) (p partition, err error) {
	in := &dynamodb.QueryInput{
		TableName: &s.config.Table, ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: s.counting(),
		KeyConditionExpression:    aws.String(partitionKey + " = :user"),
		ExpressionAttributeValues: item{":user": text(userPrefix + ref)},
	}
	if fields != "" {
		in.ProjectionExpression = &fields
	}
	for {
		page, err := s.client.Query(ctx, in, s.bounded)
		if err != nil {
			return p, err
		}
		s.countOne("Query", page.ConsumedCapacity)
		for _, i := range page.Items {
			p.take(ref, i, fields != "")
		}
		if in.ExclusiveStartKey = page.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
			return p, nil
		}
	}
}

// take adds an item. A damaged session still has a key to be ended by.
func (p *partition) take(ref string, i item, projected bool) {
	if textOf(i[sortKey]) == countersKey {
		p.epoch, p.seq = countOf(i["epoch"]), countOf(i["seq"])
		return
	}
	k, ok := keyFrom(ref, i)
	if !ok {
		return
	}
	r, err := fromItem(k, i)
	if projected || err != nil {
		r = session.Record{Key: k, Epoch: countOf(i["epoch"])}
	}
	p.sessions = append(p.sessions, r)
}

// Epoch implements session.Store.
func (s *Store) Epoch(ctx context.Context, ref string) (epoch uint64, err error) {
	err = s.again(ctx, "read revocations", func(ctx context.Context) error {
		answer, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &s.config.Table, Key: countersOf(ref), ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: s.counting(),
		}, s.bounded)
		if err != nil {
			return busy(err)
		}
		s.countOne("GetItem", answer.ConsumedCapacity)
		epoch = countOf(answer.Item["epoch"])
		return nil
	})
	return epoch, err
}

// List implements session.Store: one strongly consistent Query.
func (s *Store) List(ctx context.Context, ref string) (live []session.Record, err error) {
	err = s.again(ctx, "list sessions", func(ctx context.Context) error {
		p, err := s.partition(ctx, ref, "")
		if err != nil {
			return err
		}
		now := s.config.Now()
		live = nil
		for _, r := range p.sessions {
			if r.Live(now) {
				live = append(live, r)
			}
		}
		return nil
	})
	return live, err
}

// keysOnly is what revoking has to know.
const keysOnly = sortKey + ", epoch, seq"

// Revoke implements session.Store. Up to 99 sessions end in one transaction. Of more
// the epoch is raised first, so that no login from before gets in, and then they end
// in batches.
func (s *Store) Revoke(ctx context.Context, ref string, except session.Key) error {
	raised := uint64(0) // what the epoch was raised to, once it was
	return s.again(ctx, "revoke sessions", func(ctx context.Context) error {
		p, err := s.partition(ctx, ref, keysOnly)
		if err != nil {
			return err
		}
		victims, spared := p.victims(except, raised)
		switch {
		case raised > 0:
			return s.drain(ctx, ref, victims)
		case len(victims) < mostActions:
			var t transaction
			t.add(s.recount(ref, p, p.epoch+1, p.seq, int64(spared)))
			t.remove(s.config.Table, victims...)
			return s.run(ctx, t)
		}
		var t transaction
		t.add(s.recount(ref, p, p.epoch+1, p.seq, int64(len(p.sessions))))
		if err := s.run(ctx, t); err != nil {
			return err
		}
		raised = p.epoch + 1
		return s.drain(ctx, ref, victims)
	})
}

// victims are the sessions to end. Once the epoch was raised, those that began with
// it are of logins that came later.
func (p partition) victims(except session.Key, raised uint64) (victims []session.Key, spared int) {
	for _, r := range p.sessions {
		if r.Key == except || raised > 0 && r.Epoch >= raised {
			spared++
			continue
		}
		victims = append(victims, r.Key)
	}
	return victims, spared
}

// drain ends sessions in batches, and asks to look again until there was nothing to
// do: a session of before may have been rotated in between.
func (s *Store) drain(ctx context.Context, ref string, victims []session.Key) error {
	if len(victims) == 0 {
		return nil
	}
	for len(victims) > 0 {
		n := min(len(victims), mostActions-1)
		var t transaction
		t.add(types.TransactWriteItem{Update: &types.Update{
			TableName: &s.config.Table, Key: countersOf(ref),
			UpdateExpression: aws.String("ADD live :less"), ExpressionAttributeValues: item{":less": number(int64(-n))},
		}}, nil)
		t.remove(s.config.Table, victims[:n]...)
		if err := s.run(ctx, t); err != nil {
			return err
		}
		victims = victims[n:]
	}
	return errAgain
}
