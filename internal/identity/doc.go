// Package identity makes requests as somebody: an anonymous visitor, or an
// identity that logs in with a form, with JSON, or that was handed a cookie, a
// bearer token or headers. A Session is one such visitor with a cookie jar of its
// own, in which loopback counts as secure as it does in browsers.
//
// Credentials stay in here: a Session adds them to requests and never shows them,
// except to the browser, which needs the cookies themselves. Every secret that
// passes is taught to the grant's redactor. The package does not promise to keep a
// session alive: Alive says whether it is, Renew logs in again.
package identity
