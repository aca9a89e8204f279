package markup

import (
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"golang.org/x/net/html/atom"
)

// Scripts like to name the address and the data of a request before they send it. What
// stands behind such a name is only believed where it is written out above the call.

var (
	firstName  = regexp.MustCompile(`^\s*([A-Za-z_$][\w$]*)\s*(?:[,)]|$)`)
	secondName = regexp.MustCompile(`^[^,]*,\s*([A-Za-z_$][\w$]*)\s*(?:[,)]|$)`)
	urlName    = regexp.MustCompile(`\burl\s*:\s*([A-Za-z_$][\w$]*)`)
	dataName   = regexp.MustCompile(`\bdata\s*:\s*([A-Za-z_$][\w$]*)`)
	serialized = regexp.MustCompile(`\$\(\s*["']#([\w-]+)["']\s*\)\s*\.\s*serialize(?:Array)?\(`)
)

// farthestName is how far above a call a name may be given its value.
const farthestName = 2000

// valueOf is what was last assigned to a name in the script above a call, as it is
// written up to the end of the line or statement; "" if nothing was.
func valueOf(name, above string) string {
	above = above[max(0, len(above)-farthestName):]
	assigned := regexp.MustCompile(`(?:^|[^\w$.])` + regexp.QuoteMeta(name) + `\s*=([^=][^;\n]*)`)
	all := assigned.FindAllStringSubmatch(above, -1)
	if len(all) == 0 {
		return ""
	}
	// Templates write / as \/ into scripts, so that nothing in them ends the element.
	return strings.ReplaceAll(strings.TrimSpace(all[len(all)-1][1]), `\/`, "/")
}

// wholeString is a text that is written out and nothing is added to.
var wholeString = regexp.MustCompile(`^(?:'[^'\n\\]*'|"[^"\n\\]*")$`)

// spelledOut puts the address in the place of the name that stands for it in the
// arguments of a call.
func spelledOut(args, above string) string {
	for _, place := range []*regexp.Regexp{firstName, urlName} {
		at := place.FindStringSubmatchIndex(args)
		if at == nil {
			continue
		}
		if value := valueOf(args[at[2]:at[3]], above); wholeString.MatchString(value) {
			return args[:at[2]] + value + args[at[3]:]
		}
	}
	return args
}

// formIn is the id of the form whose fields a call sends, "" if none is named.
func formIn(args, above string) string {
	if m := serialized.FindStringSubmatch(args); m != nil {
		return m[1]
	}
	for _, place := range []*regexp.Regexp{dataName, secondName} {
		if m := place.FindStringSubmatch(args); m != nil {
			if s := serialized.FindStringSubmatch(valueOf(m[1], above)); s != nil {
				return s[1]
			}
		}
	}
	return ""
}

// FormByID gives the form with an id, false if there is none. Where it leads is not
// looked at: a script sends it elsewhere.
func (d *Document) FormByID(id string) (Form, bool) {
	owned, order := d.owners()
	for _, n := range order {
		if n.DataAtom == atom.Form && attr(n, "id") == id && id != "" {
			f := Form{Selector: d.selector(n), Encoding: finding.EncodingURL}
			for _, c := range owned[n] {
				d.addControl(&f, c)
			}
			return f, true
		}
	}
	return Form{}, false
}
