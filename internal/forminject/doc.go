// Package forminject puts a hidden field into the forms of HTML pages that stream
// by, and takes it out of the form submissions that come back, for applications
// that cannot be changed.
//
// The rewriter follows the HTML tokenizer far enough to know a tag from a comment,
// a script or the text of a textarea (HTML, section 13.2.5), in one pass and with
// bounded memory. It changes nothing but what it inserts: right after the start tag
// of forms that are sent by POST to the page's own origin. A form it is not sure
// about stays without the field, which a guard then refuses where it needs one.
//
// It does not run scripts: forms they build, and a base element they add, are not
// seen. A submit button with a formaction of its own sends the field there.
package forminject
