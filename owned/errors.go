package owned

import "errors"

// The errors that callers tell apart. Every other failure is ErrUnavailable.
var (
	// ErrNotFound: there is no such item, or it is another's. Nobody is told which.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: the item is the principal's own, and a Requirement is not met.
	ErrForbidden = errors.New("not allowed")
	// ErrNoPrincipal: nobody is logged in. DynamoDB was not asked.
	ErrNoPrincipal = errors.New("no verified owner")
	// ErrNotWritable: the declaration does not let owners write the attribute.
	// DynamoDB was not asked.
	ErrNotWritable = errors.New("attribute is not writable")
	// ErrChanged: another request changed the item in between.
	ErrChanged = errors.New("item changed meanwhile")
	// ErrUnavailable: DynamoDB could not answer. It says nothing about the item.
	ErrUnavailable = errors.New("table unavailable")
)
