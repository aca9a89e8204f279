// Package finding holds what a scan says: the stream of Messages that flows from
// the engine to every reporter, the Finding with its Evidence, the Plan of an
// attack as data, and the Proof of what was done and what changed.
//
// Evidence is what was seen. Proof is what was done. A Finding is Proven only by
// a Proof; everything else is Suspected, Refuted or NotTestable and says why.
// The package judges nothing and touches no network.
package finding
