// Package owned gives access to DynamoDB items through the user who owns them.
//
// # Model
//
// A Declaration says once how a table tells whose an item is, and which attributes
// its owner may write. Open makes a Table of it, As binds that to a verified user, and
// the Handle that comes out has no parameter for an owner: there is no place where a
// request could put another one.
//
//	notes, err := owned.Open(ctx, client, declaration, owned.Options{})
//	mine := notes.As(s.Principal())                // of package session
//	item, err := mine.Get(ctx, id)                 // ErrNotFound: missing or another's
//	err = mine.Update(ctx, id, owned.Set("title", title))
//
// Who owns an item is decided by DynamoDB in the same step as the access: writes
// carry a condition, and none is a check followed by an act. Conditions are positive,
// "the owner is me": a negative one holds for items that have no owner at all. Every
// update and deletion wants the item to exist, since an update without that condition
// creates one.
//
// Another's item and none give the same error, after the same calls, and nothing of
// another's item reaches the process, unless Options.OnForeign asks for it.
//
// The owner is best kept in the key (Declaration.Kind): then another's items are not
// even nameable. Tables that keep it in an attribute (Declaration.Owner) are served
// with conditions.
//
// # What it does not promise
//
// It holds for access that goes through it. A client used beside it can do whatever
// its IAM role allows: Policy writes a role that allows little more than this package
// does. With the owner in an attribute the table itself looks at another's item before
// it refuses: what time that takes inside DynamoDB is not ours to hide, and with the
// owner in the key there is nothing to look at. What an item may contain is not looked at, only which attributes are written.
package owned
