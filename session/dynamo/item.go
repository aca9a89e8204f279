package dynamo

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/session"
)

// The attributes, and how keys begin.
const (
	partitionKey = "pk"
	sortKey      = "sk"
	ttlAttribute = "ttl"

	userPrefix      = "u#"
	anonymousPrefix = "a#"
	tokenPrefix     = "x#"
	sessionPrefix   = "s#"
	countersKey     = "e"
	anonymousKey    = "s"
	tokenKey        = "x"
)

// ttlGrace is how long after its deadline an item may be removed: long enough for
// clocks that differ, and for somebody who looks into what happened.
const ttlGrace = 24 * time.Hour

var encoding = base64.RawURLEncoding

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
func count(n uint64) types.AttributeValue    { return number(int64(n)) }
func stamp(t time.Time) types.AttributeValue { return number(t.UnixMilli()) }

// binary takes no bytes for an empty value: a nil one is none to the SDK.
func binary(b []byte) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: append([]byte{}, b...)}
}

// ttl is in seconds, as DynamoDB's expiry wants it.
func ttl(t time.Time) types.AttributeValue { return number(t.Add(ttlGrace).Unix()) }

func keyOf(k session.Key) item {
	id := encoding.EncodeToString(k.ID[:])
	if k.Ref == "" {
		return item{partitionKey: text(anonymousPrefix + id), sortKey: text(anonymousKey)}
	}
	return item{partitionKey: text(userPrefix + k.Ref), sortKey: text(sessionPrefix + id)}
}

func countersOf(ref string) item {
	return item{partitionKey: text(userPrefix + ref), sortKey: text(countersKey)}
}

func toItem(r session.Record) item {
	i := keyOf(r.Key)
	i["rev"], i["epoch"] = count(r.Rev), count(r.Epoch)
	i["csrf"], i["data"] = binary(r.Secret[:]), binary(r.Data)
	i["iat"], i["exp_idle"], i["exp_abs"] = stamp(r.Created), stamp(r.IdleUntil), stamp(r.Until)
	i[ttlAttribute] = ttl(r.Until)
	if r.User != "" {
		i["user_id"] = text(r.User)
	}
	return i
}

// fromItem reads a session. What toItem would not have written is an error.
func fromItem(k session.Key, i item) (session.Record, error) {
	r := session.Record{Key: k, User: textOf(i["user_id"]), Data: bytesOf(i["data"])}
	if len(r.Data) == 0 {
		r.Data = nil
	}
	secret := bytesOf(i["csrf"])
	if len(secret) != len(r.Secret) || session.RefOf(r.User) != k.Ref {
		return session.Record{}, fmt.Errorf("%w: its item is damaged", session.ErrNoSession)
	}
	copy(r.Secret[:], secret)
	r.Rev, r.Epoch = countOf(i["rev"]), countOf(i["epoch"])
	r.Created, r.IdleUntil, r.Until = timeOf(i["iat"]), timeOf(i["exp_idle"]), timeOf(i["exp_abs"])
	return r, nil
}

// keyFrom is the key of a session in a user's partition; ok is false for other items.
func keyFrom(ref string, i item) (k session.Key, ok bool) {
	id, ok := strings.CutPrefix(textOf(i[sortKey]), sessionPrefix)
	if !ok {
		return k, false
	}
	raw, err := encoding.DecodeString(id)
	if err != nil || len(raw) != sha256.Size {
		return k, false
	}
	k.Ref = ref
	copy(k.ID[:], raw)
	return k, true
}

// An attribute that is missing or of another kind reads as nothing, which has
// expired and belongs to nobody.

func textOf(v types.AttributeValue) string {
	s, _ := v.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

func bytesOf(v types.AttributeValue) []byte {
	b, _ := v.(*types.AttributeValueMemberB)
	if b == nil {
		return nil
	}
	return b.Value
}

func numberOf(v types.AttributeValue) int64 {
	n, _ := v.(*types.AttributeValueMemberN)
	if n == nil {
		return 0
	}
	i, _ := strconv.ParseInt(n.Value, 10, 64)
	return i
}

func countOf(v types.AttributeValue) uint64 { return uint64(max(0, numberOf(v))) }

func timeOf(v types.AttributeValue) time.Time { return time.UnixMilli(numberOf(v)) }
