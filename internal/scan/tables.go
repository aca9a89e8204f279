package scan

import (
	"context"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/prove"
	"github.com/mantlet-dev/mantlet/internal/state"
)

func tables(ctx context.Context, job Job) (*state.DynamoReader, error) {
	if len(job.Tables.Names) == 0 {
		return nil, nil
	}
	return state.OpenDynamo(ctx, job.Tables.Endpoint, job.Tables.Region, job.Tables.Names, job.Grant.Redactor().Text)
}

// tellOfTables says of what tables could not be read as was wished for: without their
// stream, or not as a whole.
func tellOfTables(bench *prove.Bench, out *sink) {
	for _, r := range bench.Readers {
		if noticing, ok := r.(interface{ Notices() []string }); ok {
			for _, notice := range noticing.Notices() {
				out.skip(finding.Skip{What: "tables", Why: notice})
			}
		}
	}
}
