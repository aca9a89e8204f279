package policy

// Reasons of Framing.Allows, NoDocument and MixedContent.
const (
	// FrameTopLevel: nothing frames the page.
	FrameTopLevel Reason = "frame-top-level"
	// FrameUnrestricted: neither frame-ancestors nor X-Frame-Options was sent.
	FrameUnrestricted Reason = "frame-unrestricted"
	// FrameReportOnly: the only rule is in a report-only policy (CSP Level 3, section 4.1.2).
	FrameReportOnly Reason = "frame-report-only"
	// FrameAncestorsMatch: every enforced list names every ancestor (CSP Level 3, section 6.4.2).
	FrameAncestorsMatch Reason = "frame-ancestors-match"
	// FrameAncestorsNone: an enforced list names nobody, be it 'none', empty or invalid throughout.
	FrameAncestorsNone Reason = "frame-ancestors-none"
	// FrameAncestorsMismatch: an enforced list does not name one of the ancestors (section 6.7.2.8).
	FrameAncestorsMismatch Reason = "frame-ancestors-mismatch"
	// FrameAncestorsOpaque: an ancestor has an opaque origin, which no source names, not even *.
	FrameAncestorsOpaque Reason = "frame-ancestors-opaque"
	// FrameXFODeny: X-Frame-Options is DENY (HTML, section 7.4.6.2; RFC 7034, section 2.1).
	FrameXFODeny Reason = "frame-xfo-deny"
	// FrameXFOSameOrigin: X-Frame-Options is SAMEORIGIN and every ancestor is same-origin.
	FrameXFOSameOrigin Reason = "frame-xfo-same-origin"
	// FrameXFOForeign: X-Frame-Options is SAMEORIGIN and an ancestor is of another origin.
	FrameXFOForeign Reason = "frame-xfo-foreign"
	// FrameXFOConflict: X-Frame-Options has different values, which counts as DENY.
	FrameXFOConflict Reason = "frame-xfo-conflict"
	// FrameXFOInvalid: X-Frame-Options has a value that browsers do not know and ignore.
	FrameXFOInvalid Reason = "frame-xfo-invalid"
	// FrameXFOAllowAll: X-Frame-Options is ALLOWALL, which Chromium knows and which allows everybody.
	FrameXFOAllowAll Reason = "frame-xfo-allowall"
	// FrameMixedContent: a plain-text document below an encrypted page (Mixed Content, section 4.4).
	FrameMixedContent Reason = "frame-mixed-content"
	// FrameResponseUnreadable: the header block holds a NUL byte and the browser drops the response.
	FrameResponseUnreadable Reason = "frame-response-unreadable"
	// FrameNoContent: the status says that there is no document to show.
	FrameNoContent Reason = "frame-no-content"
	// FrameDownload: the browser saves the response instead of showing it.
	FrameDownload Reason = "frame-download"
)

var framingReasons = map[Reason]string{
	FrameTopLevel:           "the page is not framed at all; framing rules do not apply to a top-level page",
	FrameUnrestricted:       "the response says nothing about framing, so any page may frame it",
	FrameReportOnly:         "frame-ancestors stands only in a report-only policy, which reports but never blocks",
	FrameAncestorsMatch:     "every page around the frame is named by frame-ancestors",
	FrameAncestorsNone:      "frame-ancestors names nobody, so no page may frame the response",
	FrameAncestorsMismatch:  "a page around the frame is not named by frame-ancestors",
	FrameAncestorsOpaque:    "a page around the frame has an opaque origin (sandboxed, data: or from a file), which frame-ancestors does not name",
	FrameXFODeny:            "X-Frame-Options: DENY keeps every page from framing the response",
	FrameXFOSameOrigin:      "X-Frame-Options: SAMEORIGIN is met, every page around the frame is of the same origin",
	FrameXFOForeign:         "X-Frame-Options: SAMEORIGIN is not met, a page around the frame is of another origin",
	FrameXFOConflict:        "X-Frame-Options was sent with different values, which browsers treat as DENY",
	FrameXFOInvalid:         "X-Frame-Options has a value browsers do not know, so they ignore the header",
	FrameXFOAllowAll:        "X-Frame-Options: ALLOWALL allows every page to frame the response",
	FrameMixedContent:       "the browser refuses to load a plain http document below an https page",
	FrameResponseUnreadable: "the response's headers contain a NUL byte, so the browser drops the whole response",
	FrameNoContent:          "the status code means that there is no document to show",
	FrameDownload:           "the browser downloads the response instead of showing it",
}
