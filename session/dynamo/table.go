package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// admin is what making and describing a table asks of DynamoDB. An application needs
// none of it, but for DescribeTable.
type admin interface {
	CreateTable(context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	UpdateTimeToLive(context.Context, *dynamodb.UpdateTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateTimeToLiveOutput, error)
	DescribeTimeToLive(context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTimeToLiveOutput, error)
	UpdateContinuousBackups(context.Context, *dynamodb.UpdateContinuousBackupsInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateContinuousBackupsOutput, error)
	DescribeContinuousBackups(context.Context, *dynamodb.DescribeContinuousBackupsInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeContinuousBackupsOutput, error)
}

// createPatience is how long a new table may take until it is usable.
const createPatience = 2 * time.Minute

// Table is a table for sessions: on demand, encrypted, protected from deletion.
func Table(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(partitionKey), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(sortKey), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(partitionKey), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sortKey), KeyType: types.KeyTypeRange},
		},
		DeletionProtectionEnabled: aws.Bool(true),
		SSESpecification:          &types.SSESpecification{Enabled: aws.Bool(true), SSEType: types.SSETypeKms},
	}
}

// Create makes the table, with removal of expired items and point-in-time recovery,
// and returns when it is usable. A table that exists is an error and stays as it is.
func Create(ctx context.Context, client admin, in *dynamodb.CreateTableInput) error {
	name := aws.ToString(in.TableName)
	if _, err := client.CreateTable(ctx, in); err != nil {
		return fmt.Errorf("create table %s: %w", name, err)
	}
	if err := dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, createPatience); err != nil {
		return fmt.Errorf("create table %s: it was made and is not usable: %w", name, err)
	}
	_, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &name, TimeToLiveSpecification: &types.TimeToLiveSpecification{
		AttributeName: aws.String(ttlAttribute), Enabled: aws.Bool(true),
	}})
	if err != nil {
		return fmt.Errorf("create table %s: it was made, but does not remove expired items: %w", name, err)
	}
	_, err = client.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: &name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{
		PointInTimeRecoveryEnabled: aws.Bool(true),
	}})
	if err != nil && !notOffered(err) {
		return fmt.Errorf("create table %s: it was made, but cannot be restored to a point in time: %w", name, err)
	}
	return nil
}

// notOffered says that an engine for tests does not know the operation.
func notOffered(err error) bool {
	var coded interface{ ErrorCode() string }
	return errors.As(err, &coded) && coded.ErrorCode() == "UnknownOperationException"
}

// A Description is what a table is like, and what speaks against keeping sessions in it.
type Description struct {
	Table    string
	Status   string
	OnDemand bool
	TTL      bool // expired items are removed
	Recovery bool // point-in-time recovery
	Guarded  bool // deletion protection
	Replicas []string
	// Unfit is why Open would refuse the table; "" if it would not.
	Unfit string
	// Advice is what works as it is and should be better.
	Advice []string
}

// Describe reads what a table is like. Nothing is changed.
func Describe(ctx context.Context, client admin, name string) (Description, error) {
	d := Description{Table: name}
	answer, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return d, fmt.Errorf("describe table %s: %w", name, err)
	}
	t := answer.Table
	d.Status = string(t.TableStatus)
	d.OnDemand = t.BillingModeSummary != nil && t.BillingModeSummary.BillingMode == types.BillingModePayPerRequest
	d.Guarded = aws.ToBool(t.DeletionProtectionEnabled)
	for _, r := range t.Replicas {
		d.Replicas = append(d.Replicas, aws.ToString(r.RegionName))
	}
	expiry, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		return d, fmt.Errorf("describe expiry of table %s: %w", name, err)
	}
	if e := expiry.TimeToLiveDescription; e != nil {
		on := e.TimeToLiveStatus == types.TimeToLiveStatusEnabled || e.TimeToLiveStatus == types.TimeToLiveStatusEnabling
		d.TTL = on && aws.ToString(e.AttributeName) == ttlAttribute
	}
	backups, err := client.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &name})
	if err != nil && !notOffered(err) {
		return d, fmt.Errorf("describe backups of table %s: %w", name, err)
	}
	if err == nil && backups.ContinuousBackupsDescription != nil && backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription != nil {
		d.Recovery = backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled
	}
	if err := (Config{Table: name}).suits(t); err != nil {
		d.Unfit = err.Error()
	}
	d.advise()
	return d, nil
}

func (d *Description) advise() {
	add := func(good bool, advice string) {
		if !good {
			d.Advice = append(d.Advice, advice)
		}
	}
	add(d.TTL, "expired items stay: turn on time to live with attribute "+ttlAttribute)
	add(d.Recovery, "turn on point-in-time recovery")
	add(d.Guarded, "turn on deletion protection: who deletes the table logs everybody out")
	add(d.OnDemand, "billing on demand does not throttle logins after a quiet night")
}
