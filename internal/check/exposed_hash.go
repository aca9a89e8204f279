package check

import (
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var exposedHash = &Check{
	ID:  string(finding.ExposedHash),
	Doc: "answers with hashes of passwords",
	Run: func(p *Pass) {
		var named []sight // whose values were hidden when they were collected
		for _, x := range p.Site.Exchanges {
			for _, m := range properties(x) {
				if x.Identity == "" && answered(x) && x.Purpose != "openapi" && hashName.MatchString(m.name) && suspicious(m) {
					named = append(named, sight{x, "a member " + m.name + " with a value"})
				}
			}
		}
		reportExposures(p, finding.ExposedHash, "Answers on %s hold the hash of a password, which can be tried against lists of passwords elsewhere.", hashesIn, named...)
	},
}

// hashName is the name of a member that holds a hash. What users who are logged in are
// shown under such a name is the matter of property-excess.
var hashName = regexp.MustCompile(`(?i)(hash|digest)$|^hashed`)

var hashShapes = []shape{
	{"a hash of a password, as bcrypt stores it", regexp.MustCompile(`(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})(?:[^./A-Za-z0-9]|$)`), "$2"},
	{"a hash of a password, as Django stores it", regexp.MustCompile(`\b(pbkdf2_sha(?:256|1|512)\$\d{3,8}\$[A-Za-z0-9./+]{8,64}\$[A-Za-z0-9+/]{27,88}={0,2})`), "pbkdf2_sha"},
	{"a hash of a password, as Argon2 stores it", regexp.MustCompile(`(\$argon2(?:id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,})`), "$argon2"},
	{"a hash of a password, as Werkzeug stores it", regexp.MustCompile(`\b((?:scrypt:\d+:\d+:\d+|pbkdf2:sha(?:1|256|512):\d+)\$[A-Za-z0-9]{8,32}\$[0-9a-f]{40,128})\b`), "$"},
	{"a hash of a password, as a Unix system stores it", regexp.MustCompile(`(\$[56]\$(?:rounds=\d+\$)?[./A-Za-z0-9]{8,16}\$(?:[./A-Za-z0-9]{86}|[./A-Za-z0-9]{43}))(?:[^./A-Za-z0-9]|$)`), "$"},
}

// hashesIn finds hashes by the form in which libraries store them.
func hashesIn(text string) []exposure {
	var found []exposure
	for _, s := range hashShapes {
		if !strings.Contains(text, s.mark) {
			continue
		}
		for _, m := range s.form.FindAllStringSubmatchIndex(text, 20) {
			if hash := text[m[2]:m[3]]; isRandom(hash[strings.LastIndexByte(hash, '$'):]) {
				found = append(found, exposure{m[0], s.what})
			}
		}
	}
	return found
}
