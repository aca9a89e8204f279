package state

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// DefaultItems is how many items of a table are read when DynamoOptions do not say.
const DefaultItems = 2000

// defaultLag bounds how long a stream may take to deliver a change; DynamoDB Local
// on a busy machine was seen to take more than half a second.
const defaultLag = 5 * time.Second

// tablesAtOnce bounds how many tables are read side by side.
const tablesAtOnce = 4

// Names of the two oracles on DynamoDB.
const (
	ByStreams = "dynamodb-streams" // changes are known from stream records
	ByReads   = "dynamodb"         // changes are known from strongly consistent reads
)

// DynamoOptions say how tables are read. The zero value reads without streams.
type DynamoOptions struct {
	// Items bounds what is read of each table as a whole; 0 is DefaultItems.
	Items int
	// Streams reads the streams of tables that have one switched on; nil uses none.
	Streams streams
	// Lag bounds how long a stream may take to deliver what a strongly consistent
	// read has shown, before the table is read without it; 0 is five seconds.
	Lag    time.Duration
	Redact func(string) string // takes secrets out of facts; nil keeps them
}

// DynamoReader reads the state of a target from its tables. It never writes.
//
// A table with a stream is followed: it is read once, and what changes is taken from
// the stream's records, in their order. Nothing is written to find out whether the
// stream has caught up; a strongly consistent read is the watermark: when the stream
// has delivered every item as that read showed it, it has caught up with that moment.
// A table without a stream, or whose stream lags or cannot be read, is read by
// strongly consistent scans. Either way Read gives the state of a moment after it
// was called.
//
// Of a table with more items than the bound, the first ones are read, and beyond
// them only what its stream speaks of; Notices says so.
type DynamoReader struct{ tables []*table }

// NewDynamoReader describes the tables and takes the present positions of their
// streams. A table that does not exist is an error; a stream that cannot be read is
// a notice.
func NewDynamoReader(ctx context.Context, client tables, names []string, o DynamoOptions) (*DynamoReader, error) {
	if o.Items <= 0 {
		o.Items = DefaultItems
	}
	if o.Lag <= 0 {
		o.Lag = defaultLag
	}
	if o.Redact == nil {
		o.Redact = func(s string) string { return s }
	}
	r := &DynamoReader{}
	for _, name := range names {
		t, err := openTable(ctx, client, name, o)
		if err != nil {
			return nil, err
		}
		r.tables = append(r.tables, t)
	}
	return r, nil
}

// openTable is a table ready to be read for the first time.
func openTable(ctx context.Context, client tables, name string, o DynamoOptions) (*table, error) {
	answer, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return nil, fmt.Errorf("describe table %s: %w", name, err)
	}
	t := &table{client: client, name: name, limit: o.Items, patience: o.Lag, redact: o.Redact}
	for _, element := range answer.Table.KeySchema {
		t.keys = append(t.keys, aws.ToString(element.AttributeName))
	}
	spec := answer.Table.StreamSpecification
	switch {
	case o.Streams == nil:
		return t, nil
	case spec == nil || !aws.ToBool(spec.StreamEnabled) || answer.Table.LatestStreamArn == nil:
		t.notice("read by strongly consistent scans, there is no stream")
		return t, nil
	}
	t.stream = &stream{client: o.Streams, arn: aws.ToString(answer.Table.LatestStreamArn)}
	if err := t.stream.open(ctx); err != nil {
		t.abandon(err)
	}
	return t, ctx.Err()
}

// Name is ByStreams if every table is followed by its stream, else ByReads.
func (r *DynamoReader) Name() string {
	if len(r.tables) > 0 && !slices.ContainsFunc(r.tables, func(t *table) bool { return !t.follows() }) {
		return ByStreams
	}
	return ByReads
}

// Notices say what of the tables is not read, or not in the way that was wished for,
// each once with the tables it is about.
func (r *DynamoReader) Notices() []string {
	var texts, all []string
	about := map[string][]string{}
	for _, t := range r.tables {
		for _, text := range t.told() {
			if about[text] == nil {
				texts = append(texts, text)
			}
			about[text] = append(about[text], t.name)
		}
	}
	for _, text := range texts {
		all = append(all, strings.Join(about[text], ", ")+": "+text)
	}
	return all
}

// Read gives the state of all tables.
func (r *DynamoReader) Read(ctx context.Context) (Snapshot, error) {
	parts, failures := make([]Snapshot, len(r.tables)), make([]error, len(r.tables))
	slots := make(chan struct{}, tablesAtOnce)
	var wait sync.WaitGroup
	for i, t := range r.tables {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			parts[i], failures[i] = t.read(ctx)
		})
	}
	wait.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	return Merge(parts...), nil
}

// Narrow is a reader of only those tables that changes speak of, nil if none.
func (r *DynamoReader) Narrow(changes []finding.Change) Reader {
	narrow := &DynamoReader{}
	for _, t := range r.tables {
		if slices.ContainsFunc(changes, func(c finding.Change) bool { return strings.HasPrefix(c.Where, "dynamodb "+t.name+"[") }) {
			narrow.tables = append(narrow.tables, t)
		}
	}
	if len(narrow.tables) == 0 {
		return nil
	}
	return narrow
}
