package scan

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/prove"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// A slow application takes its time for every answer and counts how many it is busy
// with at once.
type slow struct {
	http.Handler
	pause            atomic.Int64 // nanoseconds
	single           atomic.Bool  // answers 503 to who asks while it is busy
	busy, most, sent atomic.Int64
}

func (s *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.sent.Add(1)
	now := s.busy.Add(1)
	for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); most = s.most.Load() {
	}
	defer s.busy.Add(-1)
	time.Sleep(time.Duration(s.pause.Load()))
	if s.single.Load() && s.busy.Load() > 1 {
		http.Error(w, "come back later", http.StatusServiceUnavailable)
		return
	}
	s.Handler.ServeHTTP(w, r)
}

// slowBench observes a shop as its customers and staff, makes it slow, and gives what
// is suspected of it that only reading shows.
func slowBench(t *testing.T, shop *lab.App, pause time.Duration, atOnce int) (*slow, *prove.Bench, []finding.Finding) {
	t.Helper()
	app := &slow{Handler: shop}
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	grant, err := scope.Open(t.Context(), scope.Claim{Targets: []string{server.URL}, MaxRequests: 100000, Concurrency: atOnce})
	if err != nil {
		t.Fatal(err)
	}
	c := crew{sessions: []*identity.Session{identity.Anonymous(grant)}}
	for _, i := range shop.Identities() {
		session, err := identity.Login(t.Context(), grant, identity.Spec{Name: i.Name, Form: &identity.FormLogin{URL: "/login",
			Fields: map[string]string{"username": i.Username}, Secrets: map[string]string{"password": i.Password}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.sessions = append(c.sessions, session)
	}
	site, err := observe.Collect(t.Context(), grant, c.sessions, observe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var reads []finding.Finding
	check.Run(site, policy.Rules{}, func(f finding.Finding) {
		if prove.Reads(f) {
			reads = append(reads, f)
		}
	})
	app.pause.Store(int64(pause))
	app.most.Store(0)
	app.sent.Store(0)
	return app, &prove.Bench{Grant: grant, Site: site, Victim: c.named}, reads
}

// madeUp are identifiers of objects that are not there.
var madeUp = regexp.MustCompile(`exist \([^)]*\)`)

// outcomes are the findings as JSON, without the moments at which they were made and
// what was made up for them.
func outcomes(t *testing.T, findings []finding.Finding) []string {
	t.Helper()
	var list []string
	for _, f := range findings {
		if f.Proof != nil {
			f.Proof.At = time.Time{}
		}
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, madeUp.ReplaceAllString(string(text), "exist (…)"))
	}
	return list
}

// What is only read is read side by side, as far as the target may be asked at once,
// and comes out as if the attempts had taken turns.
func TestWhatIsOnlyReadIsReadSideBySide(t *testing.T) {
	const atOnce, pause = 4, 5 * time.Millisecond
	for name, shop := range map[string]*lab.App{"weak": lab.Weak(), "repaired": lab.Repaired()} {
		t.Run(name, func(t *testing.T) {
			app, bench, reads := slowBench(t, shop, pause, atOnce)
			start := time.Now()
			inTurn := takeTurns(t, bench, reads)
			alone, asked := time.Since(start), app.sent.Swap(0)
			if most := app.most.Swap(0); most > 1 {
				t.Errorf("attempts that took turns had %d requests on the way at once", most)
			}

			start = time.Now()
			trial := trial{findings: reads}
			trial.run(t.Context(), bench, &sink{to: &discard{}, requests: bench.Grant.Requests})
			beside, askedBeside := time.Since(start), app.sent.Load()
			t.Logf("%d attempts: %v and %d requests in turn, %v and %d requests side by side, at most %d at once", len(inTurn), alone, asked, beside, askedBeside, app.most.Load())
			if most := app.most.Load(); most != atOnce {
				t.Errorf("side by side, at most %d requests were on the way at once, want %d", most, atOnce)
			}
			if askedBeside > asked {
				t.Errorf("%d requests side by side and %d in turn", askedBeside, asked)
			}
			sameOutcomes(t, inTurn, trial.findings)
			proven := 0
			for _, f := range trial.findings {
				if f.State == finding.Proven {
					proven++
				}
			}
			if (name == "weak") != (proven > 0) {
				t.Errorf("%d were proven in the %s shop", proven, name)
			}
		})
	}
}

// takeTurns makes the attempts one after the other.
func takeTurns(t *testing.T, bench *prove.Bench, reads []finding.Finding) []finding.Finding {
	t.Helper()
	var list []finding.Finding
	var tried check.Tried
	for _, f := range byAction(reads) {
		if tried.Moot(f) {
			continue
		}
		f, err := bench.Attempt(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		tried.Note(f)
		list = append(list, f)
	}
	return list
}

func sameOutcomes(t *testing.T, inTurn, sideBySide []finding.Finding) {
	t.Helper()
	want, got := outcomes(t, inTurn), outcomes(t, sideBySide)
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Fatalf("outcome %d differs:\nin turn      %s\nside by side %s", i, at(want, i), at(got, i))
		}
	}
}

// What was not proven while the target had too much to do is no refutation.
func TestWhatABusyTargetDidNotAnswerIsReadAlone(t *testing.T) {
	app, bench, reads := slowBench(t, lab.Weak(), 0, 4)
	want := takeTurns(t, bench, reads)
	app.pause.Store(int64(5 * time.Millisecond))
	app.single.Store(true)
	trial := trial{findings: reads}
	trial.run(t.Context(), bench, &sink{to: &discard{}, requests: bench.Grant.Requests})
	for i, f := range trial.findings {
		if i >= len(want) || f.ID != want[i].ID || f.State != want[i].State {
			t.Fatalf("outcome %d is %s %s: %s, want as in %v", i, f.ID, f.State, f.Why, want[min(i, len(want)-1)].Why)
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

type discard struct{}

func (discard) Handle(finding.Message) error { return nil }
