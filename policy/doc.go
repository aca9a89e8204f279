// Package policy knows what a browser does with another site's requests: which
// documents it shows in a frame, which cookies it stores and sends along, which
// requests a foreign page can make without asking first, and whether a request
// with given headers is one that the declared rules allow.
//
// It holds three kinds of things and no others. Facts are what was seen: the
// Framing of a response, a Cookie, a Request, an Origin. Rules are what an owner
// declares. A Decision, with its Reason, is the answer when the two meet.
//
// Everything here is pure: no clock, no network, no logging; values are safe for
// concurrent use. The model is that of Chromium, held against recorded answers
// of the real browser; where specification and browser differ, the browser wins
// and the comment says so. It does not promise to know other browsers, nor
// anything a response's body does (frame-busting scripts, meta elements).
package policy
