// Package state re-reads what a target remembers, so that an attack is judged by
// what it changed and not by how it was answered.
//
// A Snapshot is a set of facts: where something stands, and what stands there. A
// Reader takes one: over HTTP as somebody who may look, or from DynamoDB. Diff
// compares two; Noise knows which differences mean nothing because they come
// about by themselves; Carrying finds the differences that bear the fresh value
// an attack sent.
//
// The package sends only reads, and says nothing about who caused a change:
// that takes controls, which are package prove's.
package state
