// Package dynamo keeps sessions in one DynamoDB table.
//
// # Layout
//
//	pk            sk            what
//	u#<user ref>  s#<id>        a user's session: exp_idle, exp_abs, rev, mark, epoch, user_id, csrf, data, iat, ttl
//	u#<user ref>  e             the user's counters: epoch (revocations), seq (starts), live (sessions, at most)
//	a#<id>        s             a session without a user
//	x#<id>        x             a single-use token: exp, ttl
//
// The cookie has what both parts of the key are made of, so that a load is one
// strongly consistent GetItem. All of a user's sessions are one partition: listing
// and revoking need no index, and therefore miss none. Ids are digests of secrets.
//
// Starting a session counts up seq in the transaction that writes it. A revocation
// reads the partition and deletes what it saw in a transaction that wants seq
// unchanged: a session that started in between makes it look again.
//
// # What it does not promise
//
// Revocation reaches other Regions of a global table late; Open refuses such tables
// unless told otherwise. Deadlines are compared with the clocks of the instances. The
// counters of a user (one small item) stay until somebody deletes them.
//
// Tables are made by `mantlet tables create` or Create, never by Open.
package dynamo
