package observe

import "github.com/mantlet-dev/mantlet/internal/markup"

// What a script's text spells out. Bundles stand on every page and are read once.
type spelled struct {
	calls    []markup.Call
	header   string // that it adds to what it sends
	sockets  []markup.Socket
	handlers []markup.Handler
}

// spelledBy reads a script, or remembers what it said.
func (c *collector) spelledBy(text string) *spelled {
	known := c.spelled[text]
	if known == nil {
		known = &spelled{calls: markup.Calls(text), header: markup.AddedHeader(text), sockets: markup.Sockets(text), handlers: markup.Handlers(text)}
		c.spelled[text] = known
	}
	return known
}
