package policy

import (
	"net/url"
	"strings"
)

// The referrer policies (Referrer Policy, section 3). The empty one is the
// browser's default.
const (
	noReferrer              = "no-referrer"
	noReferrerWhenDowngrade = "no-referrer-when-downgrade"
	sameOriginReferrer      = "same-origin"
	originReferrer          = "origin"
	strictOriginReferrer    = "strict-origin"
	originWhenCrossOrigin   = "origin-when-cross-origin"
	unsafeURL               = "unsafe-url"
)

// referrerFor is the Referer that a request of the document at page carries to
// the last of hops, empty if none. What an earlier hop has cut off stays off.
func referrerFor(page, policy string, hops []Origin) string {
	from, err := OriginOfURL(page)
	if err != nil || from.Scheme() != "http" && from.Scheme() != "https" {
		return "" // data:, blob:, about: and file: pages name no referrer
	}
	full := stripReferrer(page)
	for _, to := range hops {
		switch applyReferrerPolicy(policy, from, to) {
		case referrerNone:
			return ""
		case referrerOrigin:
			full = from.String() + "/"
		}
	}
	return full
}

func stripReferrer(page string) string {
	page, _, _ = strings.Cut(page, "#")
	u, err := url.Parse(page)
	if err != nil || u.User == nil {
		return page
	}
	u.User = nil
	return u.String()
}

type referrerKind int

const (
	referrerNone referrerKind = iota
	referrerOrigin
	referrerFull
)

// applyReferrerPolicy is Referrer Policy, section 8.3. Chromium counts every step
// from https to http as a downgrade, also one to this machine.
func applyReferrerPolicy(policy string, from, to Origin) referrerKind {
	downgrade := siteScheme(from.Scheme()) == "https" && siteScheme(to.Scheme()) != "https"
	cross := !from.Same(to)
	switch policy {
	case noReferrer:
		return referrerNone
	case sameOriginReferrer:
		if cross {
			return referrerNone
		}
		return referrerFull
	case originReferrer:
		return referrerOrigin
	case strictOriginReferrer:
		if downgrade {
			return referrerNone
		}
		return referrerOrigin
	case originWhenCrossOrigin:
		if cross {
			return referrerOrigin
		}
		return referrerFull
	case noReferrerWhenDowngrade:
		if downgrade {
			return referrerNone
		}
		return referrerFull
	case unsafeURL:
		return referrerFull
	}
	switch { // strict-origin-when-cross-origin, and whatever is not known
	case downgrade:
		return referrerNone
	case cross:
		return referrerOrigin
	}
	return referrerFull
}
