package sessiontest

import (
	"context"
	"testing"

	"github.com/mantlet-dev/mantlet/session"
)

// A naive store saves whatever it is given, as many stores in use do.
type naive struct{ *session.Memory }

func (n naive) Save(ctx context.Context, r session.Record) error {
	n.Delete(ctx, r.Key)
	epoch, _ := n.Epoch(ctx, r.Ref)
	r.Rev++
	r.Epoch = epoch
	return n.Replace(ctx, session.Record{}, r, 1000)
}

// A judged test is one whose failure is wanted.
type judged struct {
	testing.TB
	failed bool
}

func (j *judged) Errorf(string, ...any)          { j.failed = true }
func (j *judged) Fatalf(format string, _ ...any) { j.failed = true; panic(j) }
func (j *judged) Failed() bool                   { return j.failed }

func TestAStoreThatSavesUnconditionallyIsFoundOut(t *testing.T) {
	clock := NewClock()
	j := &judged{TB: t}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(j) {
				panic(r)
			}
		}()
		Interleavings(j, naive{session.NewMemory(clock.Now)}, clock, 1, 1000)
	}()
	if !j.failed {
		t.Fatal("1000 scripts did not find that logged-out sessions come back")
	}
}
