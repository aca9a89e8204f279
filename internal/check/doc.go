// Package check looks for weaknesses in what was observed of a site. A Check is
// a value; Run is pure: it has no context, no error and no client on purpose. A
// check that wants one is doing I/O and belongs in observe or prove.
//
// A check decides by what a browser would do with the headers and cookies seen,
// never by whether a header is there, and it asks package policy for that. What
// the declared Rules allow is no finding.
//
// # Suspicions and plans
//
// Run reports suspicions. Those that can be put to the test carry a Plan; the
// prover tries the plan's variants in their order, which goes from the most
// general forgery to the most special, and Settle makes of the suspicions and
// their outcomes the findings of the scan. Settle has to be called in a passive
// scan too.
//
// Three kinds of suspicion have to be told apart. One that is supported by what
// was seen (a form without a token, reached by a cookie that travels) is a
// finding before any test. One with OnlyIfProven is supported by nothing: the
// place has a defence that may or may not hold; it becomes a finding only by a
// proof and is dropped otherwise. And several suspicions may share one ID: the
// controls of one page are candidates for one finding, and the best outcome wins.
//
// # One cause, one finding
//
// Site-wide flaws (framing policies, cookies) are one finding per cause, with all
// routes listed. An endpoint gets at most one suspicion per cause: "csrf" says
// that nothing keeps a forged request out; csrf-token-unbound,
// csrf-token-before-login and csrf-origin-check say that a defence has a gap, and
// csrf-samesite-only that nothing but the cookie's attribute helps. Where csrf is
// proven, the gaps of defences that are not there say nothing more, and Settle
// takes them out.
//
// What is not promised: a page that builds its forms by script is judged by what
// observe saw of it, and requests to log out are never forged, since the scan
// would lose its session.
package check
