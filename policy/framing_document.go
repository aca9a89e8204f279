package policy

import (
	"slices"
	"strings"
)

// NoDocument says why a browser shows no document of a response in a frame,
// whatever its framing rules are, or "" if it shows one or the rules decide. It
// is about headers only: a body that breaks off is not foreseen.
func NoDocument(status int, lines []string) Reason {
	fields, readable := readWire(lines)
	switch {
	case !readable:
		return FrameResponseUnreadable
	case status == 204 || status == 205 || status == 304:
		return FrameNoContent
	case isDownload(fields):
		return FrameDownload
	}
	return ""
}

// MixedContent says whether a browser refuses the frame before asking for it: a
// document from plain http somewhere below an https page (Mixed Content, section
// 4.4). Loopback hosts are exempt. ancestors are as in Framing.Allows.
func MixedContent(target Origin, ancestors ...Origin) bool {
	chain := append([]Origin{target}, ancestors...)
	for i, document := range chain {
		if document.scheme != "http" || document.IsTrustworthy() {
			continue
		}
		if slices.ContainsFunc(chain[i+1:], func(above Origin) bool { return above.scheme == "https" }) {
			return true
		}
	}
	return false
}

// isDownload says whether Chromium saves the response: on request of
// Content-Disposition, or because it cannot show the Content-Type.
func isDownload(fields []headerField) bool {
	contentType := ""
	for _, field := range fields {
		switch {
		case field.is("Content-Disposition"):
			if kind := mediaType(field.value); kind != "" && kind != "inline" {
				return true
			}
		case field.is("Content-Type"):
			if t := mediaType(field.value); strings.Contains(t, "/") {
				contentType = t // the last usable one counts
			}
		}
	}
	return contentType != "" && !isDisplayable(contentType)
}

func mediaType(value string) string {
	kind, _, _ := strings.Cut(value, ";")
	return lowerASCII(trimBlanks(kind))
}

// isDisplayable says whether Chromium opens a document of that type in a frame.
func isDisplayable(contentType string) bool {
	major, minor, _ := strings.Cut(contentType, "/")
	switch major {
	case "text":
		return !slices.Contains(savedText, minor)
	case "image", "audio", "video":
		return true
	case "application":
		return slices.Contains(shownApplication, minor) || strings.HasSuffix(minor, "+xml") || strings.HasSuffix(minor, "+json")
	case "multipart":
		return minor == "x-mixed-replace"
	}
	return contentType == "*/*" || contentType == "unknown/unknown"
}

// savedText are the text types that Chromium hands to other programs.
var savedText = []string{"calendar", "x-calendar", "x-vcalendar", "vcalendar", "vcard", "x-vcard", "directory", "ldif",
	"qif", "x-qif", "x-csv", "x-vcf", "rtf", "comma-separated-values", "csv", "tab-separated-values", "tsv", "ofx",
	"vnd.sun.j2me.app-descriptor", "x-ms-iqy", "x-ms-odc"}

// shownApplication are the application types that Chromium shows itself, besides
// those built on XML and JSON.
var shownApplication = []string{"xml", "json", "pdf", "javascript", "x-javascript", "ecmascript", "x-ecmascript",
	"x-x509-user-cert", "x-mpegurl", "ogg", "unknown", "x-unknown-content-type"}
