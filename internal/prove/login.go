package prove

import (
	"context"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// tryLogin carries out login forgery.
func (b *Bench) tryLogin(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	return f, notTestable("not yet")
}
