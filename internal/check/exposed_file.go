package check

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var exposedFile = &Check{
	ID:  string(finding.ExposedFile),
	Doc: "files of the project that visitors are given",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range everywhere(p.Site) {
			file, known := exposedFiles[x.Route]
			if known && x.Identity == "" && x.Status == http.StatusOK && !isPage(x) && file.is(string(x.Body)) {
				sights = append(sights, sight{x, file.what})
			}
		}
		reportSights(p, finding.ExposedFile, sights, func(string) string {
			return "Everybody is given a file that belongs to the machine. Take what it holds for read."
		})
	},
}

var (
	settingLine = regexp.MustCompile(`(?m)^(?:export )?[A-Z][A-Z0-9_]{2,}=`)
	commitID    = regexp.MustCompile(`^[0-9a-f]{40}\s*$`)
)

// exposedFiles are told by what is in them, by address.
var exposedFiles = map[string]struct {
	what string
	is   func(text string) bool
}{
	"/.env": {"settings of the program, as lines NAME=value", func(text string) bool {
		return len(settingLine.FindAllString(text, 3)) >= 2 && !strings.HasPrefix(strings.TrimSpace(text), "<") && !strings.HasPrefix(strings.TrimSpace(text), "{")
	}},
	"/.git/HEAD": {"the reference with which a git repository begins", func(text string) bool {
		return strings.HasPrefix(text, "ref: refs/heads/") && len(text) < 300 || commitID.MatchString(text)
	}},
}
