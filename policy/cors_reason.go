package policy

// Why another origin's script may read an answer, or send what needs consent.
const (
	// CORSConsent: the server names the origin and allows credentials (Fetch, 4.9).
	CORSConsent Reason = "cors-consent"
	// CORSNoConsent: no Access-Control-Allow-Origin.
	CORSNoConsent Reason = "cors-no-consent"
	// CORSSeveralOrigins: more than one origin is named, which no browser takes for any (Fetch, 4.9).
	CORSSeveralOrigins Reason = "cors-several-origins"
	// CORSWildcard: an asterisk, which means nobody where credentials are sent (Fetch, 4.9).
	CORSWildcard Reason = "cors-wildcard"
	// CORSOtherOrigin: another origin is named.
	CORSOtherOrigin Reason = "cors-other-origin"
	// CORSNoCredentials: the origin is named, but nothing that was asked for with credentials may be read.
	CORSNoCredentials Reason = "cors-no-credentials"
	// CORSPreflightStatus: the preflight was not answered with success.
	CORSPreflightStatus Reason = "cors-preflight-status"
	// CORSMethod: the method is not granted.
	CORSMethod Reason = "cors-method"
	// CORSHeader: a header that the request needs is not granted.
	CORSHeader Reason = "cors-header"
)

var corsReasons = map[Reason]string{
	CORSConsent:         "the server names this origin and allows credentials, so that its pages may read the answer",
	CORSNoConsent:       "the server names no origin whose pages may read the answer",
	CORSSeveralOrigins:  "the server names several origins at once, which a browser takes for none",
	CORSWildcard:        "the server allows every origin with an asterisk, which a browser does not accept where cookies are sent",
	CORSOtherOrigin:     "the server names another origin",
	CORSNoCredentials:   "the server names this origin and does not allow credentials",
	CORSPreflightStatus: "the browser's question was not answered with success",
	CORSMethod:          "the server does not grant the method to other origins",
	CORSHeader:          "the server does not grant a header of the request to other origins",
}
