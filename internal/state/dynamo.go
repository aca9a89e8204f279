package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// DefaultItems is how many items of a table are read when a DynamoReader does not say.
const DefaultItems = 2000

// tables is what a DynamoReader asks of DynamoDB: reads only.
type tables interface {
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

// DynamoReader reads the state of a target from its tables, with strongly
// consistent scans that end after a bounded number of items. It never writes.
type DynamoReader struct {
	client tables
	tables []string
	items  int
	keys   map[string][]string
	redact func(string) string
}

// NewDynamoReader describes the tables, to key items by their primary key. Items
// bounds what is read of each table, 0 meaning DefaultItems; redact may be nil.
// A table that does not exist is an error.
func NewDynamoReader(ctx context.Context, client tables, names []string, items int, redact func(string) string) (*DynamoReader, error) {
	if items <= 0 {
		items = DefaultItems
	}
	if redact == nil {
		redact = func(s string) string { return s }
	}
	r := &DynamoReader{client: client, tables: names, items: items, keys: map[string][]string{}, redact: redact}
	for _, table := range names {
		answer, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
		if err != nil {
			return nil, fmt.Errorf("describe table %s: %w", table, err)
		}
		for _, element := range answer.Table.KeySchema {
			r.keys[table] = append(r.keys[table], aws.ToString(element.AttributeName))
		}
	}
	return r, nil
}

// Name is "dynamodb".
func (r *DynamoReader) Name() string { return "dynamodb" }

// Read scans every table, up to the bound.
func (r *DynamoReader) Read(ctx context.Context) (Snapshot, error) {
	facts := Snapshot{}
	for _, table := range r.tables {
		if err := r.scan(ctx, table, facts); err != nil {
			return nil, fmt.Errorf("scan table %s: %w", table, err)
		}
	}
	return facts.Map(r.redact), nil
}

func (r *DynamoReader) scan(ctx context.Context, table string, facts Snapshot) error {
	var from map[string]types.AttributeValue
	for left := r.items; left > 0; {
		page, err := r.client.Scan(ctx, &dynamodb.ScanInput{
			TableName: &table, ConsistentRead: aws.Bool(true), ExclusiveStartKey: from,
			Limit: aws.Int32(int32(min(left, 500))),
		})
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			where := "dynamodb " + table + "[" + r.key(table, item) + "]"
			for name, value := range item {
				flattenAttribute(facts, where+"."+name, value, 0)
			}
		}
		left -= len(page.Items)
		if from = page.LastEvaluatedKey; len(from) == 0 || len(page.Items) == 0 {
			return nil
		}
	}
	return nil
}

// key is the primary key as "owner=alice,payee_id=7".
func (r *DynamoReader) key(table string, item map[string]types.AttributeValue) string {
	var parts []string
	for _, name := range r.keys[table] {
		text, _ := attributeText(item[name])
		parts = append(parts, name+"="+strings.NewReplacer("[", "(", "]", ")").Replace(text))
	}
	return strings.Join(parts, ",")
}

func flattenAttribute(facts Snapshot, path string, value types.AttributeValue, depth int) {
	if text, ok := attributeText(value); ok || depth > maxDepth {
		facts.set(path, text)
		return
	}
	switch v := value.(type) {
	case *types.AttributeValueMemberM:
		for name, member := range v.Value {
			flattenAttribute(facts, path+"."+name, member, depth+1)
		}
	case *types.AttributeValueMemberL:
		for i, element := range v.Value {
			flattenAttribute(facts, path+"["+strconv.Itoa(i)+"]", element, depth+1)
		}
	}
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

// Narrow is a reader of only those tables that changes speak of, nil if none.
func (r *DynamoReader) Narrow(changes []finding.Change) Reader {
	narrow := *r
	narrow.tables = nil
	for _, table := range r.tables {
		if slices.ContainsFunc(changes, func(c finding.Change) bool { return strings.HasPrefix(c.Where, "dynamodb "+table+"[") }) {
			narrow.tables = append(narrow.tables, table)
		}
	}
	if len(narrow.tables) == 0 {
		return nil
	}
	return &narrow
}
