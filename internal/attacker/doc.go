// Package attacker is the attacker's web site: a real listener on loopback that
// serves pages under made-up hosts, and the pages that abuse a victim's browser.
//
// A Site speaks TLS and plain HTTP on one port, because a browser treats an http
// and an https attacker differently. Host names are nobody's: the browser is told
// to look for them here. A FramePage carries out clickjacking, a Forge sends one
// forged request; both are plain documents that any web server could serve, which
// is what Proof returns for a developer to try.
//
// Nothing here intercepts, rewrites or answers for the target. The package holds
// no secret and drives no browser; whether an attack worked is for others to see.
package attacker
