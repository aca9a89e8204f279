// Package session keeps who is logged in, and ends it when it is said to end.
//
// # Model
//
// A browser holds a random secret in a cookie; a Store holds the Record under the
// secret's SHA-256, so that a copy of the table opens nothing. A Manager goes
// between them:
//
//   - Handler gives each request a place for its session and reads nothing. Load
//     reads it once, when somebody asks; a forged request that is refused earlier
//     costs the table nothing.
//   - An id that the store does not know is no session, and is never taken over as
//     the id of a new one. Ids are made here, never by the client.
//   - Login and Rotate end the old session and start the new one in one step. Of
//     several at once one succeeds.
//   - Every write is conditional on a session that is still there, at the revision
//     that was read: what was ended stays ended, whoever still holds a copy.
//   - Idle and absolute deadlines are compared with the clock at every read and in
//     every write. That a table removes old items is housekeeping only.
//   - A store that cannot answer is ErrUnavailable, never ErrNoSession: users are
//     not logged out because a table is slow, and nobody is let in either.
//
// Without a store sessions live in this process (NewMemory) or, with
// Options.SignedKeys, in the signed cookie itself. Package session/dynamo keeps them
// in DynamoDB.
//
// # What it does not promise
//
// A signed cookie cannot be revoked: it holds until its deadlines, and a copy of it
// survives logging out. Values of a session are for small facts (MaxData in all);
// they are not encrypted. Whether a request that carries the cookie was meant by the
// user is another question: package guard answers it, with the secret that each
// Record has for it (Manager.TokenSecret).
package session
