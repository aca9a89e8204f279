package prove

import (
	"context"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
)

func (b *Bench) tryFrame(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	return f, notTestable("not yet")
}
