package state

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"sort"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// An item is one item of a table as DynamoDB gives it.
type item = map[string]types.AttributeValue

// An image is how one item looks: its facts, by place, as they are and with
// secrets taken out.
type image struct {
	raw, clean Snapshot
	partition  string
}

// same says whether two images are of one look; nil is an item that is not there.
func same(a, b *image) bool {
	if a == nil || b == nil {
		return a == b
	}
	return maps.Equal(a.raw, b.raw)
}

// imageOf flattens an item of t. Its facts are redacted once and kept, since most
// items look at every reading as they did before.
func (t *table) imageOf(it item) *image {
	where, raw := "dynamodb "+t.name+"["+t.label(it)+"]", Snapshot{}
	for name, value := range it {
		flattenAttribute(raw, where+"."+name, value, 0)
	}
	if known := t.items[t.identity(it)]; known != nil && maps.Equal(known.raw, raw) {
		return known
	}
	return &image{raw, raw.Map(t.redact), t.partitionOf(it).text}
}

// label is the primary key for people, as "owner=alice,payee_id=7".
func (t *table) label(it item) string {
	var parts []string
	for _, name := range t.keys {
		text, _ := attributeText(it[name])
		parts = append(parts, name+"="+strings.NewReplacer("[", "(", "]", ")").Replace(text))
	}
	return strings.Join(parts, ",")
}

// identity is the primary key so that no two items share one.
func (t *table) identity(it item) string {
	var b strings.Builder
	for _, name := range t.keys {
		text, _ := attributeText(it[name])
		fmt.Fprintf(&b, "%T%d:%s", it[name], len(text), text)
	}
	return b.String()
}

func flattenAttribute(facts Snapshot, path string, value types.AttributeValue, depth int) {
	if text, ok := attributeText(value); ok || depth > maxDepth {
		facts[path] = clipWhole(text)
		return
	}
	switch v := value.(type) {
	case *types.AttributeValueMemberM:
		for name, member := range v.Value {
			flattenAttribute(facts, path+"."+name, member, depth+1)
		}
		if len(v.Value) == 0 {
			facts[path] = "{}"
		}
	case *types.AttributeValueMemberL:
		for i, element := range v.Value {
			flattenAttribute(facts, path+"["+strconv.Itoa(i)+"]", element, depth+1)
		}
		if len(v.Value) == 0 {
			facts[path] = "[]"
		}
	}
}

// clipWhole shortens a long value and still differs where the whole differs.
func clipWhole(s string) string {
	if len(s) <= maxValue {
		return s
	}
	return clip(s) + "… " + digest([]byte(s))
}

// attributeText is a value that is one text; ok is false for maps and lists.
// Sets are sorted, since DynamoDB keeps no order; binary is shown by its digest.
func attributeText(value types.AttributeValue) (text string, ok bool) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value, true
	case *types.AttributeValueMemberN:
		return v.Value, true
	case *types.AttributeValueMemberBOOL:
		return strconv.FormatBool(v.Value), true
	case *types.AttributeValueMemberNULL:
		return "null", true
	case *types.AttributeValueMemberB:
		return digest(v.Value), true
	case *types.AttributeValueMemberSS:
		return sorted(v.Value), true
	case *types.AttributeValueMemberNS:
		return sorted(v.Value), true
	case *types.AttributeValueMemberBS:
		var digests []string
		for _, b := range v.Value {
			digests = append(digests, digest(b))
		}
		return sorted(digests), true
	}
	return "", false
}

func sorted(values []string) string {
	values = append([]string(nil), values...)
	sort.Strings(values)
	return "{" + strings.Join(values, ", ") + "}"
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return fmt.Sprintf("%d bytes, sha256 %s", len(b), hex.EncodeToString(sum[:8]))
}
