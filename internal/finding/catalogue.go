package finding

import (
	"embed"
	"fmt"
	"slices"
)

// A Description says what a weakness is, to a developer who has never heard of
// it, and what to do about it. Everything in it holds for every place where the
// weakness may stand; what holds for one place is in the Finding.
type Description struct {
	Weakness Weakness
	Title    string
	Category Category
	// Summary is the first paragraph of Text.
	Summary string
	// Text is Markdown: what it is, why it matters, how it is tested, and when it
	// is no problem.
	Text string
	// Remedies holds, per framework ("fastapi", "flask", "django", "go"), an
	// explanation with a snippet, in Markdown. "any" is what to do in any other.
	Remedies   map[string]string
	References References
}

// Remedy is the repair for a framework as observe names it, or the general one
// where there is no text for that framework.
func (d Description) Remedy(framework string) string {
	if text, ok := d.Remedies[framework]; ok {
		return text
	}
	return d.Remedies[AnyFramework]
}

// AnyFramework is the key of the remedy that names no framework.
const AnyFramework = "any"

// A Category groups weaknesses in reports.
type Category string

const (
	CategoryClickjacking Category = "Clickjacking"
	CategoryCSRF         Category = "Cross-site request forgery"
	CategorySession      Category = "Session cookies"
	CategorySocket       Category = "Cross-site WebSocket"
	CategoryCORS         Category = "Cross-origin reading"
	CategoryMessage      Category = "Cross-origin messages"
	CategoryChain        Category = "Chains"

	CategoryAuthentication Category = "Authentication"
	CategoryObjects        Category = "BOLA/IDOR"
	CategoryProperties     Category = "Property authorization"
	CategoryRaces          Category = "Race conditions"

	// CategoryConfiguration is the one that stands beside the others, see Beside.
	CategoryConfiguration Category = "Configuration and exposure"
)

// References place a weakness in the lists auditors ask for. PCI DSS 4.0.1
// numbers come from secondary sources and want a qualified assessor's eye.
type References struct {
	CWE             []string // "CWE-352"
	OWASPTop10      []string // "A01:2021", "A01:2025"
	OWASPAPI2023    []Mapping
	ASVS5           []string // "3.5.1 L1": requirement and level
	PCIDSS401       []Mapping
	SOC2, NIST80053 []Mapping
}

// A Mapping is one entry of another list and how well it fits.
type Mapping struct {
	ID   string `json:"id"`
	Fit  Fit    `json:"fit"`
	Note string `json:"note,omitempty"`
}

// Fit says whether a list names the flaw itself or only something that contains it.
type Fit string

const (
	Direct     Fit = "direct"
	Supporting Fit = "supporting"
)

// AllWeaknesses lists the catalogue in the order in which it is read: what can be
// done to the user first, then what makes it possible.
func AllWeaknesses() []Weakness { return slices.Clone(catalogueOrder) }

var catalogueOrder = []Weakness{
	Chain,
	Clickjacking,
	FramingAbsent, FramingWeak, FramingContradictory, FramingXFOOnly, FramingReportOnly, FramingMeta, FramingUncovered,
	CSRF, CSRFJSON, CSRFGet, CSRFMethodOverride,
	CSRFTokenUnbound, CSRFTokenBeforeLogin, CSRFTokenConstant, CSRFTokenInURL,
	CSRFOriginCheck, CSRFLogin, CSRFSameSiteOnly,
	AuthMissing, AuthFunction, AuthJWT, AuthSessionFixation, AuthSessionLogout, AuthTokenStorage,
	BOLARead, BOLAWrite, BOLAExistence,
	PropertyExcess, PropertyAssignment,
	RaceCondition,
	CSWSH, CORSRead, PostMessageOrigin,
	CookieSameSite, CookieSecure, CookieHTTPOnly, CookieDomain,
	ExposedFile, ExposedSecret, ExposedCard, ExposedHash,
	DebugConsole, DebugTrace, DebugEndpoint,
	TransportPlain, TransportHSTS, TransportOutdated, TransportCertificate, TransportExpiry,
	HeaderType, HeaderReferrer, HeaderNoSniff, HeaderCSP, HeaderCORS,
	RateLimitUnseen, InventoryDocument, InventoryVersions, InventoryBanner,
}

// Describe looks a weakness up; false if the catalogue does not know it. The
// maps and slices of the answer are shared and must not be changed.
func Describe(w Weakness) (Description, bool) {
	d, ok := catalogue[w]
	return d, ok
}

//go:embed weakness
var catalogueFiles embed.FS

var catalogue = readCatalogue()

// readCatalogue panics on a malformed file: the files are part of the program,
// and a test reads every one of them.
func readCatalogue() map[Weakness]Description {
	all := make(map[Weakness]Description, len(catalogueOrder))
	for _, w := range catalogueOrder {
		d, err := readDescription(w)
		if err != nil {
			panic(fmt.Sprintf("weakness catalogue: %s: %v", w, err))
		}
		all[w] = d
	}
	return all
}
