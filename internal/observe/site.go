// Package observe sees what a site shows, as each identity: it crawls pages,
// reads forms, scripts' requests, OpenAPI documents, robots and sitemap, and
// keeps what it saw as a Site. It sends only safe methods (GET, HEAD) and, in an
// active scan, GraphQL queries, which read; all through the grant of package scope.
// It redacts secrets while collecting: a cookie or token value appears in a Site as a
// digest of this run, so that equality survives and the value does not.
//
// A Site is complete only as far as its Skips say. Nothing here judges.
package observe

import (
	"net/http"
	"slices"
	"sync"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// A Site is what was seen of one target. It is not changed after Collect returns.
type Site struct {
	Target string // the start URL
	// Exchanges are all responses seen, first seen first; a URL is fetched at most
	// once per identity and purpose.
	Exchanges []*Exchange
	Pages     []*Page
	// Actions are the requests that may change state, each once, and search forms
	// and other safe forms too (Method GET).
	// A parameter of the query that can be changed stands in Fields with In "query"
	// and not in URL; one in the path stands in both.
	Actions []finding.Action
	// Actors are, for each action, the names of the identities that were shown it;
	// nil if it is known from a document such as OpenAPI only.
	Actors [][]string
	// Tokens are what is known of the actions' anti-forgery fields.
	Tokens []Token
	// Sockets are the WebSockets known of, each address once.
	Sockets []Socket
	// Domains are names that the site's pages give as their own house's, in addresses
	// of mail: what a sloppy comparison of hosts may be about.
	Domains []string
	// Partners are the foreign origins that the target itself names as those it lets
	// read an answer with cookies.
	Partners []string
	// Foreign are the answers that named an origin whose pages may read them, to
	// questions that were asked again as if a page of another origin had asked.
	Foreign []ForeignAnswer
	// Reads are requests that scripts make to read and that no link can make: they name
	// an object in a header, or are GraphQL queries.
	Reads []finding.Action
	// Doors are the answers that addresses usual for operators and developers gave to a
	// visitor, see tryDoors. They are no pages of the site and in none of the counts.
	Doors []*Exchange
	// Scripts are the script files that pages load; they are in none of the counts, too.
	Scripts []*Exchange
	// Transports are how the origins on https speak TLS.
	Transports []Transport
	// Logins are the answers to the logins that the scan made.
	Logins []LoginAnswer
	// Documented are the operations that OpenAPI documents describe, seen or not.
	Documented []finding.Endpoint
	// Cookies are the Set-Cookie lines seen, each distinct line once.
	Cookies []Cookie
	// Identities are the names under which the site was seen; "" is anonymous.
	Identities []string
	// Accounts is what the application calls each of them: user names, identifiers.
	Accounts  map[string][]string
	Framework Framework
	Skips     []finding.Skip
	// Mutations are links that were followed to see whether they ask first, and did not.
	Mutations []finding.Mutation

	once sync.Once
	seen *Sightings
}

// An Exchange is one request and its response.
type Exchange struct {
	ID       string // "x17", in order of collection
	Identity string // "" anonymous
	Method   string
	URL      string
	Route    string // template: identifiers replaced by {id}, or the OpenAPI path
	// Purpose is why it was fetched: crawl, openapi, robots, error-probe, login, script, graphql.
	Purpose string
	// Documented is set where it was asked for because an OpenAPI document names it, and
	// not because somebody was led there; a page may link to it all the same.
	Documented bool
	Status     int
	Header     http.Header // response header, Set-Cookie values digested
	Type       string      // media type, lower case, without parameters; "" if absent
	Body       []byte      // capped, secrets digested
	Cut        bool        // the body was longer than the cap
	Location   string      // redirect target as absolute URL, "" if none
	// Asked is the body of a POST that reads: a GraphQL query. The fragment of its URL,
	// which is not sent, names the query.
	Asked []byte
	// Authenticated says whether the same URL answered differently (status or
	// redirect) to the anonymous identity; nil if not known.
	Authenticated *bool
}

// Lines gives the response header as "Name: value" lines for package policy.
func (x *Exchange) Lines() []string {
	var lines []string
	for name, values := range x.Header {
		for _, v := range values {
			lines = append(lines, name+": "+v)
		}
	}
	return lines
}

// IsDocument says whether a browser would render the response as a document with
// controls or script: HTML, XHTML, SVG, XML, or no type at all.
func (x *Exchange) IsDocument() bool {
	switch x.Type {
	case "text/html", "application/xhtml+xml", "image/svg+xml", "application/xml", "text/xml", "":
		return true
	}
	return false
}

// A Page is an HTML document that was seen.
type Page struct {
	Exchange *Exchange
	Title    string
	Links    []string // absolute URLs in scope
	Controls []Control
	// MetaPolicies are the contents of <meta http-equiv> elements that try to set
	// a framing policy: they do not work, which is a finding.
	MetaPolicies []string
	// Requests are what the page's scripts asked for when it was opened in the
	// browser, as "METHOD URL"; nil if it was not opened.
	Requests []string
	// Sockets are the addresses of WebSockets that its scripts opened.
	Sockets []string
	// Handlers are the functions of its scripts that hear messages of other windows.
	Handlers []markup.Handler
}

// A Socket is a WebSocket of the target.
type Socket struct {
	URL   string // ws or wss
	Route string
	// Pages are those whose scripts open it, Sources how it is known: script,
	// browser, openapi, config.
	Pages, Sources []string
	// Identities are those that were shown a page that opens it.
	Identities []string
	// Messages were seen to be sent over it, or are spelled out in a script or by the
	// user; finding.MarkerSlot stands for what is computed.
	Messages []string
	// Shown are the identities whose pages have a message, by message; one that nobody
	// was shown is the user's own or the documentation's.
	Shown map[string][]string
}

// MessagesOf are the messages that an identity's own pages send, and those that are no
// page's: what only another is shown may name what is not the identity's to change.
func (s Socket) MessagesOf(identity string) []string {
	return slices.DeleteFunc(slices.Clone(s.Messages), func(m string) bool {
		who := s.Shown[m]
		return len(who) > 0 && !slices.Contains(who, identity) && !slices.Contains(who, "")
	})
}

// A ForeignAnswer is what the target answered to a GET of an identity that named
// another origin.
type ForeignAnswer struct {
	Endpoint finding.Endpoint
	Identity string
	Use      finding.OriginUse
	Origin   string // as sent
	// Like is the domain that OriginEnding ends like, "" for the target's host, or the
	// partner of OriginDowngraded.
	Like   string
	Status int
	Header http.Header
}

// A LoginAnswer is what the target answered to one login.
type LoginAnswer struct {
	Endpoint finding.Endpoint
	Identity string
	Status   int
	Header   http.Header
	// Ambient says whether a browser carries on the session by itself, as with a cookie.
	Ambient bool
}

// A Token is what was learned of one anti-forgery field by loading its page again,
// and in another session of the same identity.
type Token struct {
	Action   int    // index into Site.Actions
	Field    string // name, as in the action's Fields
	Identity string
	Fresh    bool // another value at each load
	// Bound: another session was given another value; Shared: the same one. Neither
	// is set if no other session could be had.
	Bound, Shared bool
}

// A Control is something a user can click that changes state: the submit button
// of a form with an unsafe method, or a button or link with a script.
type Control struct {
	Selector string // CSS
	Label    string
	// Action is the index into Site.Actions, or -1 if what it does is not known.
	Action int
	// Sensitive names why it ranks higher: admin, delete, transfer, permission,
	// email, password, export, preference; "" otherwise.
	Sensitive string
}

// A Cookie is one Set-Cookie line with its value digested.
type Cookie struct {
	Line     string // as sent, value replaced by a digest
	Endpoint finding.Endpoint
	Identity string
	// Session is set when requests without it are answered as anonymous (tested by
	// leaving it out), or, untested, when it was set by a login.
	Session bool
}

// A Framework is what the target seems to be written with.
type Framework struct {
	Name     string // fastapi, flask, django, go, express, "" unknown
	Evidence string
	// DefaultStack is set when nothing of a security layer is seen on any response.
	DefaultStack bool
}
