package dynamo

import "github.com/mantlet-dev/mantlet/internal/iam"

// Policy is the least an application's IAM role needs to keep sessions in the table
// called name: single items and one user's partition. Reading the whole table and
// writes without a condition are denied, whatever another policy allows. Region and
// account may be "*".
func Policy(region, account, name string) (string, error) {
	arn, err := iam.TableARN(region, account, name)
	if err != nil {
		return "", err
	}
	return iam.New(
		iam.Statement{
			Sid: "Sessions", Effect: iam.Allow, Resource: []string{arn},
			Action: []string{
				"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem",
				"dynamodb:DeleteItem", "dynamodb:DescribeTable",
			},
		},
		iam.Statement{
			Sid: "NotAllSessions", Effect: iam.Deny, Resource: []string{arn, arn + "/index/*"},
			Action: []string{
				"dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:DeleteTable", "dynamodb:UpdateTable",
				"dynamodb:UpdateTimeToLive", "dynamodb:ExportTableToPointInTime",
				"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete",
			},
		},
	).String(), nil
}
