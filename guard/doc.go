// Package guard enforces declared policy.Rules in front of an application: who may
// frame its pages and who may send it requests that change something.
//
// # Life of a request
//
//  1. Handler wraps the response, so that whatever is answered, by the guard, by
//     the application or by an error page of either, carries the framing headers.
//  2. Check asks policy.Rules.Judge, which looks at the host, at headers given
//     twice, at the method, then for requests that may change state at exemptions,
//     trusted origins, Sec-Fetch-Site, Origin, Referer and credentials. Only where
//     none of these decides, or a path is strict, the token is looked for: in a
//     header, else in the form, of which a bounded part is read and replayed.
//  3. What the rules cannot see is checked: session cookies given twice, plain
//     http, CORS preflights, content types of JSON paths.
//  4. A refusal is answered with its Reason (problem+json or a small page). A rule
//     in report-only is counted and logged and the remaining rules are still asked.
//  5. When the handler commits its response the headers are written: framing never
//     laxer than what the application sent, cookies hardened, the rest where missing.
//
// # What it does not promise
//
// A token or an origin check does not stop clickjacking; the framing headers do.
// The guard trusts GET, HEAD and OPTIONS to change nothing: list paths where they
// do in Rules.Sensitive. It sees no chain of ancestors, only the browser does. It
// is no authentication: whether a session is valid is the application's question.
package guard
