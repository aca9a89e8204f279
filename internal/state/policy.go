package state

import (
	"errors"
	"fmt"

	"github.com/mantlet-dev/mantlet/internal/iam"
)

// Policy is the least an IAM role needs to show the scanner what is in tables: to
// read them and their streams. Everything that writes is denied, whatever another
// policy allows. Region and account may be "*".
//
// Whoever reads a stream or a table sees all of its items, so the role is as
// sensitive as they are.
func Policy(region, account string, names ...string) (string, error) {
	if len(names) == 0 {
		return "", errors.New("which tables?")
	}
	var tables, streams, all []string
	for _, name := range names {
		arn, err := iam.TableARN(region, account, name)
		if err != nil {
			return "", fmt.Errorf("table %s: %w", name, err)
		}
		tables, streams, all = append(tables, arn), append(streams, arn+"/stream/*"), append(all, arn, arn+"/index/*")
	}
	return iam.New(
		iam.Statement{Sid: "ReadTables", Effect: iam.Allow, Resource: tables,
			Action: []string{"dynamodb:DescribeTable", "dynamodb:Scan", "dynamodb:Query", "dynamodb:GetItem"}},
		iam.Statement{Sid: "ReadStreams", Effect: iam.Allow, Resource: streams,
			Action: []string{"dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"}},
		iam.Statement{Sid: "WriteNothing", Effect: iam.Deny, Resource: all,
			Action: []string{"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem",
				"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete",
				"dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive", "dynamodb:DeleteTable", "dynamodb:RestoreTableToPointInTime"}},
	).String(), nil
}
