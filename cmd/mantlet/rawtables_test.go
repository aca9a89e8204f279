package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
)

// rawTables are all items of all tables, by "dynamodb table[key=value]" as a report
// names them; each is spelled out with types and every byte.
type rawTables map[string]string

func readRaw(t *testing.T, d *lab.Tables) rawTables {
	t.Helper()
	client, raw := dynamotest.Client(d.Endpoint), rawTables{}
	for _, name := range d.Names {
		described, err := client.DescribeTable(t.Context(), &awsdynamodb.DescribeTableInput{TableName: &name})
		if err != nil {
			t.Fatal(err)
		}
		pages := awsdynamodb.NewScanPaginator(client, &awsdynamodb.ScanInput{TableName: &name, ConsistentRead: aws.Bool(true)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				var key []string
				for _, k := range described.Table.KeySchema {
					key = append(key, *k.AttributeName+"="+plainText(item[*k.AttributeName]))
				}
				raw["dynamodb "+name+"["+strings.Join(key, ",")+"]"] = spelled(item)
			}
		}
	}
	return raw
}

func plainText(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return spelled(map[string]types.AttributeValue{"": v})
}

// spelled is an item with the type of every value; names are in order.
func spelled(item map[string]types.AttributeValue) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(item)) {
		fmt.Fprintf(&b, "%q:", name)
		switch v := item[name].(type) {
		case *types.AttributeValueMemberM:
			b.WriteString("{" + spelled(v.Value) + "}")
		case *types.AttributeValueMemberL:
			for _, element := range v.Value {
				b.WriteString("[" + spelled(map[string]types.AttributeValue{"": element}) + "]")
			}
		default:
			text, _ := json.Marshal(v)
			fmt.Fprintf(&b, "%T%s", v, text)
		}
		b.WriteString(";")
	}
	return b.String()
}

// streamTables switches on the streams of all tables.
func streamTables(t *testing.T, d *lab.Tables) {
	t.Helper()
	for _, name := range d.Names {
		if _, err := dynamotest.Client(d.Endpoint).UpdateTable(t.Context(), &awsdynamodb.UpdateTableInput{TableName: &name,
			StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages}}); err != nil {
			t.Fatal(err)
		}
	}
}

// expectNamed holds what really changed, byte for byte, against what the report
// admits. Of sessions it admits that logging in opened some: new ones may be there,
// and none that was there may be gone or another.
func (s labScan) expectNamed(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(s.report.Remaining())
	if err != nil {
		t.Fatal(err)
	}
	loggedIn := slices.ContainsFunc(s.report.Remaining(), func(m finding.Mutation) bool { return m.Purpose == "login" })
	differing, sessions := 0, 0
	for _, where := range slices.Sorted(maps.Keys(union(s.before, s.after))) {
		was, is := s.before[where], s.after[where]
		if was == is {
			continue
		}
		if strings.Contains(where, "session") && was == "" && loggedIn {
			sessions++
			continue
		}
		differing++
		quoted, _ := json.Marshal(where)
		if !strings.Contains(string(text), strings.Trim(string(quoted), `"`)) {
			t.Errorf("%s differs, which the report does not name:\n  was %s\n  is  %s", where, was, is)
		}
	}
	t.Logf("%s %s: %d items before, %d differ after the scan, all named; %d new sessions", s.instance.App, s.instance.Variant, len(s.before), differing, sessions)
}

func union(a, b rawTables) rawTables {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}
