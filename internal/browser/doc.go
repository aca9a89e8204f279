// Package browser drives the user's Chromium: it is the only place that starts
// one, talks the DevTools protocol to it, or knows its command line.
//
// One Browser is one process with one fresh profile, and a profile is fixed in
// one respect: whether third-party cookies are allowed. Inside it Contexts are
// cheap and see nothing of each other; a Context holds a victim's cookies and
// opens Pages. A Page records every request that it and its frames make, with
// the headers that were really sent, because what a browser sends by itself is
// the whole subject of Mantlet.
//
// The browser keeps its own rules: site isolation, cookie defaults, mixed content
// and framing are as a user has them, and no request is ever intercepted. What is
// switched off is what would disturb a measurement: background traffic, upgrades
// of http to https, certificate warnings and the guard of local networks (the
// attacker of a proof is served from loopback). The package judges nothing; it
// does not promise to work with browsers that are not built on Chromium.
package browser
