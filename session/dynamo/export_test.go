package dynamo

import (
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// SetTimeout shortens the patience of a store that is open.
func (s *Store) SetTimeout(d time.Duration) { s.config.Timeout = d }

// Suits is what Open asks of a table.
func Suits(c Config, table *types.TableDescription) error {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c.suits(table)
}
