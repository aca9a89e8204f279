// Package lab holds applications that are weak on purpose, and their repaired twins.
//
// The stationery shop is embedded: a net/http application with its state in
// memory, for the demo and for tests ([Weak], [Repaired], [Lax]). The bank, the
// tracker and the clinic are made with FastAPI, Flask and Django on DynamoDB;
// they stand under lab and are started as processes of their own ([Start],
// [StartDynamoDB]). Either way the result is an [Instance]: an address on
// loopback, people to log in as, and the truth, which is a list of endpoints with
// a weakness each and whether it is really there.
//
// Nothing here protects anything. Accounts and passwords are throw-away, and
// instances listen on loopback only, except that DynamoDB Local knows no way to
// be told an address and listens on all of them while it runs.
package lab
