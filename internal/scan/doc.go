// Package scan is one scan, from a Job to the End of its stream: log in, observe,
// check, put to the test, settle, restore, report.
//
// It decides nothing about weaknesses: that is check's and prove's. What it does
// decide is what makes a scan incomplete: an identity that could not log in or lost
// its session, a target that could not be reached, a budget that ran out, a browser
// that is missing where proofs were wanted. Each is a Skip in the stream and a
// reason in its End, never silence.
package scan
