package finding

// A Weakness is the permanent name of a flaw, shared by scanner, audit, guard and
// the truth files of the lab. Family and member are joined by a hyphen.
type Weakness string

const (
	Clickjacking         Weakness = "clickjacking"
	FramingAbsent        Weakness = "framing-absent"
	FramingWeak          Weakness = "framing-weak"
	FramingContradictory Weakness = "framing-contradictory"
	FramingXFOOnly       Weakness = "framing-xfo-only"
	FramingReportOnly    Weakness = "framing-report-only"
	FramingMeta          Weakness = "framing-meta"
	FramingUncovered     Weakness = "framing-uncovered"

	CSRF                 Weakness = "csrf"
	CSRFJSON             Weakness = "csrf-json"
	CSRFGet              Weakness = "csrf-get"
	CSRFMethodOverride   Weakness = "csrf-method-override"
	CSRFTokenUnbound     Weakness = "csrf-token-unbound"
	CSRFTokenBeforeLogin Weakness = "csrf-token-before-login"
	CSRFTokenConstant    Weakness = "csrf-token-constant"
	CSRFTokenInURL       Weakness = "csrf-token-in-url"
	CSRFOriginCheck      Weakness = "csrf-origin-check"
	CSRFLogin            Weakness = "csrf-login"
	CSRFSameSiteOnly     Weakness = "csrf-samesite-only"

	AuthMissing  Weakness = "auth-missing"
	AuthFunction Weakness = "auth-function"

	AuthSessionFixation Weakness = "auth-session-fixation"
	AuthSessionLogout   Weakness = "auth-session-logout"
	AuthJWT             Weakness = "auth-jwt"
	AuthTokenStorage    Weakness = "auth-token-storage"

	BOLARead           Weakness = "bola-read"
	BOLAWrite          Weakness = "bola-write"
	BOLAExistence      Weakness = "bola-existence"
	PropertyExcess     Weakness = "property-excess"
	PropertyAssignment Weakness = "property-assignment"

	RaceCondition Weakness = "race-condition"

	CSWSH             Weakness = "cswsh"
	CORSRead          Weakness = "cors-read"
	PostMessageOrigin Weakness = "postmessage-origin"
	// Chain is no flaw of one place: it joins two that were proven.
	Chain Weakness = "chain"

	CookieSameSite Weakness = "cookie-samesite"
	CookieSecure   Weakness = "cookie-secure"
	CookieHTTPOnly Weakness = "cookie-httponly"
	CookieDomain   Weakness = "cookie-domain"

	// What follows is seen in answers alone, see Beside.
	ExposedFile   Weakness = "exposed-file"
	ExposedSecret Weakness = "exposed-secret"
	ExposedCard   Weakness = "exposed-card"
	ExposedHash   Weakness = "exposed-hash"

	DebugConsole  Weakness = "debug-console"
	DebugTrace    Weakness = "debug-trace"
	DebugEndpoint Weakness = "debug-endpoint"

	TransportPlain Weakness = "transport-plain"
	TransportHSTS  Weakness = "transport-hsts"

	TransportOutdated    Weakness = "transport-outdated"
	TransportCertificate Weakness = "transport-certificate"
	TransportExpiry      Weakness = "transport-expiry"

	HeaderType     Weakness = "header-type"
	HeaderReferrer Weakness = "header-referrer"
	HeaderNoSniff  Weakness = "header-nosniff"
	HeaderCSP      Weakness = "header-csp"
	HeaderCORS     Weakness = "header-cors"

	RateLimitUnseen   Weakness = "rate-limit-unseen"
	InventoryDocument Weakness = "inventory-document"
	InventoryVersions Weakness = "inventory-versions"
	InventoryBanner   Weakness = "inventory-banner"
)

// Beside says whether w stands beside what Mantlet is about: configuration and
// exposed data, read from answers and never put to the test. Reports list it second.
func Beside(w Weakness) bool { return catalogue[w].Category == CategoryConfiguration }
