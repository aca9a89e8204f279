// Package prove carries plans out: it takes a suspicion with its plan, attacks
// the target as the plan says, and gives the finding back with a verdict.
//
// A Bench holds what that takes. For each action there is one subject, shared by
// all plans on it: what the idle target changes by itself, whether the action's
// effect can be seen when the victim does it, and where. Only then is anything
// forged, each time with a fresh marker: first as a request that says what the
// victim's browser would say, then from an attacker's page in a real Chromium,
// once for every position whose answer may differ. A finding is Proven only if
// the browser's attack left its marker in the target's re-read state, at a place
// where the legitimate change left its own, and a broken session did not.
//
// Every change is entered in the Ledger before it is sent and undone after the
// attempt, by the application's own means. What cannot be undone is said.
//
// Attempts run one after the other: they change the same target, and what one
// reads back must not be what another did. The package does not promise to find
// an effect that no page, answer or table shows; then it says "not observable".
package prove
