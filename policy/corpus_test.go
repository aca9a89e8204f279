package policy

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCorpus holds the package against recorded answers of a real Chromium. It
// reads the folder named by MANTLET_CORPUS, or the sample in testdata/corpus,
// and prints for every file how many rows it judged, agreed on and left out.
func TestCorpus(t *testing.T) {
	folder := corpusFolder(t)
	t.Run("framing", func(t *testing.T) { corpusFraming(t, folder) })
	t.Run("xfo-wild", func(t *testing.T) { corpusWildXFO(t, folder) })
	t.Run("cookies", func(t *testing.T) { corpusCookies(t, folder) })
	t.Run("requests", func(t *testing.T) { corpusRequests(t, folder) })
}

// corpusFolder is where the rows are. A folder that is not there, or holds none
// of the corpus's files, is an error: no rows must never look like agreement.
func corpusFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("MANTLET_CORPUS")
	if folder == "" {
		folder = filepath.Join("testdata", "corpus")
	}
	names := []string{"framing.jsonl", "xfo-wild.jsonl", "cookies.jsonl", "requests.jsonl"}
	here := slices.ContainsFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join(folder, name))
		return err == nil
	})
	if !here {
		t.Fatalf("corpus folder %q does not exist or holds none of %s", folder, strings.Join(names, ", "))
	}
	return folder
}

// readCorpus decodes every line of one corpus file into a T, ignoring fields
// that T does not have. A file the folder lacks skips the test, saying so.
func readCorpus[T any](t *testing.T, folder, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Printf("corpus %s: not in %s, nothing judged\n", name, folder)
		t.Skipf("%s is not in %s", name, folder)
	}
	if err != nil {
		t.Fatalf("open corpus: %v", err)
	}
	defer f.Close()
	var rows []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("%s line %d: %v", name, n, err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return rows
}

// wireBytes undoes the corpus's disguise: one character is one byte that was sent.
func wireBytes(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// A corpusTally counts what became of the rows of one file.
type corpusTally struct {
	name    string
	judged  int
	agreed  int
	leftOut map[string]int // by the reason given
	wrong   []string
}

func newCorpusTally(name string) *corpusTally {
	return &corpusTally{name: name, leftOut: map[string]int{}}
}

// leaveOut counts a row that cannot be judged, under the reason why not.
func (c *corpusTally) leaveOut(why string) { c.leftOut[why]++ }

// compare counts one judged row; where want and got differ it is kept for report.
func (c *corpusTally) compare(id, want, got string, reason Reason) {
	c.judged++
	if want == got {
		c.agreed++
		return
	}
	c.wrong = append(c.wrong, fmt.Sprintf("%s: the browser says %s, we say %s (%s)", id, want, got, reason))
}

// report prints the counts, and fails the test if one row disagrees or if more
// rows were left out than the share of all rows that mostLeftOut allows.
func (c *corpusTally) report(t *testing.T, mostLeftOut float64) {
	t.Helper()
	left := 0
	var why []string
	for reason, n := range c.leftOut {
		left += n
		why = append(why, fmt.Sprintf("\n    left out %4d: %s", n, reason))
	}
	slices.Sort(why)
	rows := c.judged + left
	line := fmt.Sprintf("corpus %s: %d rows, %d judged, %d agreed, %d disagree, %d left out%s",
		c.name, rows, c.judged, c.agreed, len(c.wrong), left, strings.Join(why, ""))
	fmt.Println(line)
	t.Log(line)
	for _, w := range c.wrong {
		t.Error(w)
	}
	if rows == 0 {
		t.Errorf("%s holds no rows", c.name)
	}
	if float64(left) > mostLeftOut*float64(rows) {
		t.Errorf("%s: %d of %d rows left out, at most %.0f %% may be", c.name, left, rows, 100*mostLeftOut)
	}
}
