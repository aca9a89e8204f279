// Package scope is the one door to the network. A Claim says what its owner
// wants to test; Open turns it into a Grant if that is allowed: on loopback at
// once, elsewhere actively only after ownership was shown. Everything a scan
// sends, its browser's traffic included, goes through the Grant, which keeps to
// the origins and paths of the claim, holds rate, concurrency and budget, caps
// bodies, follows no redirect, uses no proxy from the environment and says who it
// is in the User-Agent.
//
// It does not promise to see inside an encrypted tunnel: what the browser asks of
// an https target is held to the target's host and port, and counts as one
// request for each connection. Path patterns bind only what is sent in the clear
// or by Grant.Do.
package scope
