package gate_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/lab"
)

const repository = "../.."

// A guardedLab holds what the applications behind the guard have in common.
type guardedLab struct {
	t        *testing.T // of the whole
	program  string     // the command, built as it is released
	dynamodb *lab.DynamoDB
	log      logged // of the applications
	started  map[[2]string]*lab.Instance
}

// The guard runs as users run it, a process of its own, in front of real
// applications: what works without it works behind it, and what it promises about
// foreign requests and about memory holds for that process.
func TestBehindTheGuard(t *testing.T) {
	l := newGuardedLab(t)
	t.Run("suites", l.testSuites)
	t.Run("upload", l.testUpload)
	t.Run("socket", l.testSocket)
	t.Run("table", l.testTable)
	t.Run("browser", l.testBrowser)
}

func newGuardedLab(t *testing.T) *guardedLab {
	t.Helper()
	if _, err := os.Stat(filepath.Join(repository, ".lab")); err != nil && !required() {
		t.Skip("the lab is not set up: run scripts/setup")
	}
	program := filepath.Join(t.TempDir(), "mantlet")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/mantlet")
	build.Dir, build.Env = repository, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	d, err := lab.StartDynamoDB(t.Context(), repository, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Stop() })
	return &guardedLab{t: t, program: program, dynamodb: d, started: map[[2]string]*lab.Instance{}}
}

// required says that this run has to show everything, as CI and make test do.
func required() bool { return os.Getenv("CI") != "" || os.Getenv("MANTLET_REQUIRE_LAB") != "" }

// app is the application in that variant, started once.
func (l *guardedLab) app(t *testing.T, framework, variant string) *lab.Instance {
	t.Helper()
	if app := l.started[[2]string{framework, variant}]; app != nil {
		return app
	}
	app, err := lab.Start(l.t.Context(), framework, lab.Options{Dir: repository, Variant: variant, DynamoDB: l.dynamodb, Log: &l.log})
	if err != nil {
		t.Fatalf("%v\n%s", err, l.log.String())
	}
	l.t.Cleanup(func() { app.Stop() })
	l.started[[2]string{framework, variant}] = app
	return app
}

// before starts an application, unless it runs, and a guard before it.
func (l *guardedLab) before(t *testing.T, framework, variant string, args ...string) (*lab.Instance, *guardProcess) {
	t.Helper()
	app := l.app(t, framework, variant)
	return app, l.guard(t, append([]string{"--upstream", app.URL}, args...)...)
}

// A guardProcess is `mantlet guard` under way.
type guardProcess struct {
	url string
	cmd *exec.Cmd
	log logged
}

// guard starts the guard on a free port and ends it with the test, which fails if it
// does not end well.
func (l *guardedLab) guard(t *testing.T, args ...string) *guardProcess {
	t.Helper()
	g := &guardProcess{cmd: exec.Command(l.program, append([]string{"guard", "--listen", "127.0.0.1:0"}, args...)...)}
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	g.cmd.Stderr = &g.log
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	t.Cleanup(func() {
		g.cmd.Process.Signal(syscall.SIGTERM)
		io.Copy(io.Discard, out)
		if err := g.cmd.Wait(); err != nil {
			t.Errorf("the guard ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the guard's log:\n%s", g.log.String())
		}
	})
	if g.url = regexp.MustCompile(`http://\S+$`).FindString(strings.TrimSpace(line)); g.url == "" {
		t.Fatalf("the guard does not start: %q\n%s", line, g.log.String())
	}
	return g
}

// peak is the most memory that the process ever had, in kibibytes.
func (g *guardProcess) peak(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	kib := regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`).FindSubmatch(status)
	if kib == nil {
		t.Fatalf("no peak in\n%s", status)
	}
	n, _ := strconv.Atoi(string(kib[1])) // digits
	return n
}

// logged is what a process writes while others read it.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// R81: Django's administration, Flask-WTF's forms, FastAPI's JSON clients, uploads,
// events and sockets work. The tests are the applications' own, of what holds for
// both variants; tokens are put into the forms of weak ones, which lack them.
func (l *guardedLab) testSuites(t *testing.T) {
	for _, framework := range lab.Frameworks() {
		for _, variant := range []string{"weak", "repaired"} {
			for _, mode := range []string{"--inject-tokens=true", "--inject-tokens=false"} {
				usual := (variant == "weak") == (mode == "--inject-tokens=true")
				if !usual && os.Getenv("MANTLET_WHOLE_LAB") == "" {
					continue
				}
				t.Run(framework+" "+variant+" "+mode, func(t *testing.T) {
					app, g := l.before(t, framework, variant, mode)
					begin := time.Now()
					if out, err := app.Suite(t.Context(), g.url, "Works").CombinedOutput(); err != nil {
						t.Fatalf("%v\n%s", err, out)
					}
					t.Logf("%v, at most %d MiB", time.Since(begin).Round(100*time.Millisecond), g.peak(t)>>10)
				})
			}
		}
	}
}

// An upload passes through without being held, also where a token is looked for at
// its beginning and taken out again. MANTLET_WHOLE_LAB=1 makes it a gigabyte.
func (l *guardedLab) testUpload(t *testing.T) {
	size := 128
	if os.Getenv("MANTLET_WHOLE_LAB") != "" {
		size = 1024
	}
	file := filepath.Join(t.TempDir(), "guard.yaml")
	if err := os.WriteFile(file, []byte("policy: {strict_paths: [/vault]}\ncookies: {session: [bank_session]}\ntokens: {inject: true}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"as it is": nil, "with a token": {"--config", file}} {
		t.Run(name, func(t *testing.T) {
			app, g := l.before(t, "fastapi", "weak", args...)
			before := g.peak(t)
			cmd := app.Suite(t.Context(), g.url, "Works.test_a_large_document_can_be_handed_in_and_taken_out")
			cmd.Env = append(cmd.Env, fmt.Sprintf("MANTLET_LAB_UPLOAD_MB=%d", size))
			begin := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%d MiB in %v: the guard had at most %.1f MiB, of these %.1f before", size, time.Since(begin).Round(100*time.Millisecond),
				float64(g.peak(t))/1024, float64(before)/1024)
			if peak := g.peak(t); peak >= 64<<10 {
				t.Errorf("the guard took %d KiB, want less than 64 MiB", peak)
			}
		})
	}
}
