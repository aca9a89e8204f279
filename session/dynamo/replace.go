package dynamo

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/session"
)

var (
	// errFull: the counters say that the user has as many sessions as are allowed.
	errFull = errors.New("no room for another session")
	// errTaken cannot happen with random ids.
	errTaken = errors.New("the id of the new session is taken")
)

// Replace implements session.Store: one transaction, unless the user has many
// sessions; then the partition is read as well.
func (s *Store) Replace(ctx context.Context, old, fresh session.Record, most int) error {
	if len(fresh.Data) > session.MaxData {
		return session.ErrTooLarge
	}
	full := false
	return s.again(ctx, "replace session", func(ctx context.Context) error {
		if full {
			return s.replaceInFull(ctx, old, fresh, most)
		}
		t := s.exchange(old, fresh)
		if fresh.Ref != "" {
			t.add(s.oneMore(old, fresh, most))
		}
		err := s.run(ctx, t)
		if errors.Is(err, errFull) {
			full = true
			return s.replaceInFull(ctx, old, fresh, most)
		}
		return err
	})
}

// exchange ends old, if there is one, and starts fresh. The new user's counters are
// left to the caller.
func (s *Store) exchange(old, fresh session.Record) transaction {
	var t transaction
	if !old.IsZero() {
		t.add(types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.config.Table, Key: keyOf(old.Key),
			ConditionExpression:                 aws.String("rev = :rev AND " + isLive),
			ExpressionAttributeValues:           item{":rev": count(old.Rev), ":now": stamp(s.config.Now())},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}}, func(found item) error {
			if _, err := s.live(old.Key, found); err != nil {
				return err
			}
			return session.ErrStale
		})
	}
	t.add(types.TransactWriteItem{Put: &types.Put{
		TableName: &s.config.Table, Item: toItem(fresh), ConditionExpression: aws.String("attribute_not_exists(" + partitionKey + ")"),
	}}, func(item) error { return errTaken })
	if old.Ref != "" && old.Ref != fresh.Ref {
		t.add(s.oneFewer(old.Ref), nil)
	}
	return t
}

// follows says that fresh continues a live session of the same user: nothing has to
// be counted, and that the session is there proves that it was not revoked.
func follows(old, fresh session.Record) bool {
	return !old.IsZero() && old.Ref == fresh.Ref
}

// oneMore counts fresh among the user's sessions. seq counts up in any case, so that
// a revocation that has read the partition already looks again.
func (s *Store) oneMore(old, fresh session.Record, most int) (types.TransactWriteItem, func(item) error) {
	u := &types.Update{TableName: &s.config.Table, Key: countersOf(fresh.Ref), UpdateExpression: aws.String("ADD seq :one")}
	if follows(old, fresh) {
		u.ExpressionAttributeValues = item{":one": number(1)}
		return types.TransactWriteItem{Update: u}, nil
	}
	u.UpdateExpression = aws.String("ADD seq :one, live :one")
	u.ConditionExpression = aws.String(isAt("epoch", fresh.Epoch) + " AND (attribute_not_exists(live) OR live < :most)")
	u.ExpressionAttributeValues = item{":one": number(1), ":epoch": count(fresh.Epoch), ":most": number(int64(most))}
	u.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	return types.TransactWriteItem{Update: u}, func(found item) error {
		if countOf(found["epoch"]) != fresh.Epoch {
			return session.ErrRevoked
		}
		return errFull
	}
}

// isAt is a condition on a counter, of which a missing one is at 0.
func isAt(counter string, n uint64) string {
	if n == 0 {
		return "(attribute_not_exists(" + counter + ") OR " + counter + " = :" + counter + ")"
	}
	return counter + " = :" + counter
}

// replaceInFull counts the user's sessions anew, since some may have expired and been
// removed, and ends as many as are too many: expired ones first, then those longest
// unused.
func (s *Store) replaceInFull(ctx context.Context, old, fresh session.Record, most int) error {
	p, err := s.partition(ctx, fresh.Ref, "")
	if err != nil {
		return err
	}
	if p.epoch != fresh.Epoch {
		return session.ErrRevoked
	}
	there := slices.DeleteFunc(p.sessions, func(r session.Record) bool { return r.Key == old.Key })
	slices.SortFunc(there, s.dispensable)
	victims := there[:max(0, len(there)-(most-1))]
	t := transaction{}
	room := mostActions - 4 // what an exchange and the counters may need
	started := uint64(0)
	if len(victims) > room {
		victims = victims[:room] // the rest in another round
	} else {
		t = s.exchange(old, fresh)
		started = 1
	}
	left := int64(len(there)-len(victims)) + int64(started)
	t.add(s.recount(fresh.Ref, p, p.epoch, p.seq+1, left))
	for _, v := range victims {
		t.remove(s.config.Table, v.Key)
	}
	if err := s.run(ctx, t); err != nil || started == 1 {
		return err
	}
	return errAgain
}

// dispensable orders sessions by how little is lost with them.
func (s *Store) dispensable(a, b session.Record) int {
	now := s.config.Now()
	if a.Live(now) != b.Live(now) {
		if a.Live(now) {
			return 1
		}
		return -1
	}
	return a.IdleUntil.Compare(b.IdleUntil)
}

// recount sets the user's counters, if they still are as p has read them.
func (s *Store) recount(ref string, p partition, epoch, seq uint64, live int64) (types.TransactWriteItem, func(item) error) {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &s.config.Table, Key: countersOf(ref),
		UpdateExpression:    aws.String("SET epoch = :to_epoch, seq = :to_seq, live = :live"),
		ConditionExpression: aws.String(isAt("epoch", p.epoch) + " AND " + isAt("seq", p.seq)),
		ExpressionAttributeValues: item{
			":epoch": count(p.epoch), ":seq": count(p.seq),
			":to_epoch": count(epoch), ":to_seq": count(seq), ":live": number(live),
		},
	}}, func(item) error { return errAgain }
}
