package guard

import (
	"io"
	"log"
)

// quiet keeps what test servers say about broken connections from the output.
var quiet = log.New(io.Discard, "", 0)
