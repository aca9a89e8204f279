package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Options say how to start one of the Python applications.
type Options struct {
	Dir     string    // the repository: holds lab, and .lab from scripts/setup
	Variant string    // "weak" or "repaired"
	Log     io.Writer // what the programs write; nil means nowhere
	Port    int       // of the application; 0 means a free one
	// DynamoDB to keep the state in, under a prefix of the instance's own; nil
	// means one is started for this instance and ends with it.
	DynamoDB *DynamoDB
}

// A program is one of the Python applications: what tells it from the others.
type program struct {
	framework string // and the folder under lab
	name      string // in messages
	prefix    string // of its tables, where nobody else's are
	people    []string
}

var programs = []program{
	{"fastapi", "the bank", "bank_", []string{"alice", "bob", "admin"}},
	{"flask", "the tracker", "tracker_", []string{"alice", "bob", "admin"}},
	{"django", "the clinic", "clinic_", []string{"alice", "bob", "admin"}},
}

// StartFastAPI starts the bank: DynamoDB Local unless one is given, tables
// filled as at the beginning, then the application. It ends with ctx or Stop.
func StartFastAPI(ctx context.Context, o Options) (*Instance, error) {
	return Start(ctx, "fastapi", o)
}

// StartFlask starts the tracker, as StartFastAPI does the bank.
func StartFlask(ctx context.Context, o Options) (*Instance, error) { return Start(ctx, "flask", o) }

// StartDjango starts the clinic, as StartFastAPI does the bank.
func StartDjango(ctx context.Context, o Options) (*Instance, error) { return Start(ctx, "django", o) }

// Frameworks are the ones that Start knows an application of.
func Frameworks() []string {
	var names []string
	for _, p := range programs {
		names = append(names, p.framework)
	}
	return names
}

// Start starts the application made with that framework: "fastapi", "flask" or "django".
func Start(ctx context.Context, framework string, o Options) (*Instance, error) {
	for _, p := range programs {
		if p.framework == framework {
			return p.start(ctx, o)
		}
	}
	return nil, fmt.Errorf("start lab: there is no application for %q; there are %s", framework, strings.Join(Frameworks(), ", "))
}

// roles are those of people who may do more than others.
var roles = map[string]string{"admin": "admin"}

func (p program) identities() []Identity {
	var all []Identity
	for _, name := range p.people {
		all = append(all, Identity{Name: name, Username: name, Password: name + "-lab-password", Role: roles[name]})
	}
	return all
}

func passwordVariable(username string) string {
	return "LAB_" + strings.ToUpper(username) + "_PASSWORD"
}

func (p program) start(ctx context.Context, o Options) (*Instance, error) {
	home := filepath.Join(o.Dir, "lab", p.framework)
	python, err := filepath.Abs(filepath.Join(o.Dir, ".lab", "venv", "bin", "python"))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	if !isFile(filepath.Join(home, "serve.py")) {
		return nil, fmt.Errorf("start %s: there is no %s; Dir has to be the repository", p.name, filepath.Join(home, "serve.py"))
	}
	if !isFile(python) {
		return nil, fmt.Errorf("start %s: there is no %s; run scripts/setup first", p.name, python)
	}
	truth, err := readTruthFile(filepath.Join(home, "truth-"+o.Variant+".json"))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	r := &running{program: p, ctx: ctx, python: python, home: home, options: o}
	if err := r.run(); err != nil {
		r.stop()
		return nil, err
	}
	return &Instance{
		App: truth.App, Framework: truth.Framework, Variant: truth.Variant, Truth: truth.Rows,
		URL:        r.url,
		Identities: p.identities(),
		Config:     filepath.Join(home, "mantlet.yaml"),
		DynamoDB:   &Tables{Endpoint: r.dynamodb.Endpoint, Region: r.dynamodb.Region, Names: r.tables},
		stop:       r.stop,
		suite:      r.suite,
	}, nil
}

func readTruthFile(path string) (Truth, error) {
	f, err := os.Open(path)
	if err != nil {
		return Truth{}, err
	}
	defer f.Close()
	return ReadTruth(f)
}

// A running program is being started, or served.
type running struct {
	program
	ctx          context.Context // of the whole instance
	python, home string
	options      Options

	dynamodb *DynamoDB
	own      *DynamoDB // the same, when it was started for this program
	server   *process
	tables   []string
	url      string
}

func (r *running) run() error {
	r.dynamodb = r.options.DynamoDB
	if r.dynamodb == nil {
		started, err := StartDynamoDB(r.ctx, r.options.Dir, r.options.Log)
		if err != nil {
			return err
		}
		r.dynamodb, r.own = started, started
	}
	prefix := r.prefix
	if r.own == nil {
		// Others may be in there.
		prefix = fmt.Sprintf("%s%s_%x_", r.prefix, r.options.Variant, time.Now().UnixNano())
	}
	environment := r.environment(prefix)
	if err := r.seed(environment); err != nil {
		return err
	}
	return r.serve(environment)
}

func (r *running) environment(prefix string) []string {
	set := append(os.Environ(),
		"MANTLET_LAB_VARIANT="+r.options.Variant,
		"MANTLET_LAB_TABLE_PREFIX="+prefix,
		"AWS_ENDPOINT_URL_DYNAMODB="+r.dynamodb.Endpoint,
		"AWS_REGION="+r.dynamodb.Region,
		// Never somebody's real ones: this is DynamoDB Local, which checks none.
		"AWS_ACCESS_KEY_ID=lab", "AWS_SECRET_ACCESS_KEY=lab", "AWS_SESSION_TOKEN=",
		// The address in that variable is loopback; a proxy has no business there.
		"NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost",
		"PYTHONDONTWRITEBYTECODE=1",
	)
	for _, i := range r.identities() {
		set = append(set, i.PasswordVariable()+"="+i.Password)
	}
	return set
}

// seed creates and fills the tables, and learns their names.
func (r *running) seed(environment []string) error {
	cmd := exec.CommandContext(r.ctx, r.python, "seed.py")
	cmd.Dir, cmd.Env, cmd.Stderr = r.home, environment, orNowhere(r.options.Log)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("seed %s: %w", r.name, err)
	}
	var made struct{ Tables []string }
	if err := json.Unmarshal(out, &made); err != nil {
		return fmt.Errorf("seed %s: read the names of its tables: %w", r.name, err)
	}
	r.tables = made.Tables
	return nil
}

func (r *running) serve(environment []string) error {
	cmd := exec.Command(r.python, "serve.py", "--port", strconv.Itoa(r.options.Port))
	cmd.Dir, cmd.Env = r.home, environment
	lines := make(chan string, 16)
	server, err := start(r.ctx, r.name, cmd, orNowhere(r.options.Log), lines)
	if err != nil {
		return err
	}
	r.server = server
	select {
	case r.url = <-lines: // empty when it ended without a word
	case <-time.After(startPatience):
	case <-r.ctx.Done():
		return fmt.Errorf("start %s: %w", r.name, r.ctx.Err())
	}
	if r.url == "" {
		return fmt.Errorf("start %s: it did not say where it listens; give Options.Log to see why", r.name)
	}
	go func() {
		for line := range lines {
			fmt.Fprintln(orNowhere(r.options.Log), line)
		}
	}()
	return server.answers(r.ctx, r.url)
}

func (r *running) stop() error {
	if r.own == nil {
		return stopAll(r.server)
	}
	return stopAll(r.server, r.own.process)
}

// suite is the application's own functional tests against base.
func (r *running) suite(ctx context.Context, base string, tests ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, r.python, append([]string{"test_app.py", base}, tests...)...)
	cmd.Dir, cmd.Env = r.home, r.environment("")
	return cmd
}
