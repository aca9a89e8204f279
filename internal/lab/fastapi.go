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

// Options say how to start the bank.
type Options struct {
	Dir     string    // the repository: holds lab/fastapi, and .lab from scripts/setup
	Variant string    // "weak" or "repaired"
	Log     io.Writer // what the programs write; nil means nowhere
	Port    int       // of the bank; 0 means a free one
	// DynamoDB to keep the state in, under a prefix of the instance's own; nil
	// means one is started for this instance and ends with it.
	DynamoDB *DynamoDB
}

// bankIdentities are the bank's two customers and its administrator.
var bankIdentities = []Identity{
	{"alice", "alice", "alice-lab-password"},
	{"bob", "bob", "bob-lab-password"},
	{"admin", "admin", "admin-lab-password"},
}

func passwordVariable(username string) string {
	return "LAB_" + strings.ToUpper(username) + "_PASSWORD"
}

// StartFastAPI starts the bank: DynamoDB Local unless one is given, tables
// filled as at the beginning, then the application. It ends with ctx or Stop.
func StartFastAPI(ctx context.Context, o Options) (*Instance, error) {
	home := filepath.Join(o.Dir, "lab", "fastapi")
	python := filepath.Join(o.Dir, ".lab", "venv", "bin", "python")
	python, err := filepath.Abs(python)
	if err != nil {
		return nil, fmt.Errorf("start the bank: %w", err)
	}
	if !isFile(filepath.Join(home, "serve.py")) {
		return nil, fmt.Errorf("start the bank: there is no %s; Dir has to be the repository", filepath.Join(home, "serve.py"))
	}
	if !isFile(python) {
		return nil, fmt.Errorf("start the bank: there is no %s; run scripts/setup first", python)
	}
	truth, err := readTruthFile(filepath.Join(home, "truth-"+o.Variant+".json"))
	if err != nil {
		return nil, fmt.Errorf("start the bank: %w", err)
	}
	b := &bank{ctx: ctx, python: python, home: home, options: o}
	if err := b.run(); err != nil {
		b.stop()
		return nil, err
	}
	return &Instance{
		App: truth.App, Framework: truth.Framework, Variant: truth.Variant, Truth: truth.Rows,
		URL:        b.url,
		Identities: bankIdentities,
		Config:     filepath.Join(home, "mantlet.yaml"),
		DynamoDB:   &Tables{Endpoint: b.dynamodb.Endpoint, Region: b.dynamodb.Region, Names: b.tables},
		stop:       b.stop,
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

// A bank is being started, or running.
type bank struct {
	ctx          context.Context // of the whole instance
	python, home string
	options      Options

	dynamodb *DynamoDB
	own      *DynamoDB // the same, when it was started for this bank
	server   *process
	tables   []string
	url      string
}

func (b *bank) run() error {
	b.dynamodb = b.options.DynamoDB
	if b.dynamodb == nil {
		started, err := StartDynamoDB(b.ctx, b.options.Dir, b.options.Log)
		if err != nil {
			return err
		}
		b.dynamodb, b.own = started, started
	}
	prefix := "bank_"
	if b.own == nil {
		// Others may be in there.
		prefix = fmt.Sprintf("bank_%s_%x_", b.options.Variant, time.Now().UnixNano())
	}
	environment := b.environment(prefix)
	if err := b.seed(environment); err != nil {
		return err
	}
	return b.serve(environment)
}

func (b *bank) environment(prefix string) []string {
	set := append(os.Environ(),
		"MANTLET_LAB_VARIANT="+b.options.Variant,
		"MANTLET_LAB_TABLE_PREFIX="+prefix,
		"AWS_ENDPOINT_URL_DYNAMODB="+b.dynamodb.Endpoint,
		"AWS_REGION="+b.dynamodb.Region,
		// Never somebody's real ones: this is DynamoDB Local, which checks none.
		"AWS_ACCESS_KEY_ID=lab", "AWS_SECRET_ACCESS_KEY=lab", "AWS_SESSION_TOKEN=",
		// The address in that variable is loopback; a proxy has no business there.
		"NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost",
		"PYTHONDONTWRITEBYTECODE=1",
	)
	for _, i := range bankIdentities {
		set = append(set, i.PasswordVariable()+"="+i.Password)
	}
	return set
}

// seed creates and fills the tables, and learns their names.
func (b *bank) seed(environment []string) error {
	cmd := exec.CommandContext(b.ctx, b.python, "seed.py")
	cmd.Dir, cmd.Env, cmd.Stderr = b.home, environment, orNowhere(b.options.Log)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("seed the bank: %w", err)
	}
	var made struct{ Tables []string }
	if err := json.Unmarshal(out, &made); err != nil {
		return fmt.Errorf("seed the bank: read the names of its tables: %w", err)
	}
	b.tables = made.Tables
	return nil
}

func (b *bank) serve(environment []string) error {
	cmd := exec.Command(b.python, "serve.py", "--port", strconv.Itoa(b.options.Port))
	cmd.Dir, cmd.Env = b.home, environment
	lines := make(chan string, 16)
	server, err := start(b.ctx, "the bank", cmd, orNowhere(b.options.Log), lines)
	if err != nil {
		return err
	}
	b.server = server
	select {
	case b.url = <-lines: // empty when it ended without a word
	case <-time.After(startPatience):
	case <-b.ctx.Done():
		return fmt.Errorf("start the bank: %w", b.ctx.Err())
	}
	if b.url == "" {
		return fmt.Errorf("start the bank: it did not say where it listens; give Options.Log to see why")
	}
	go func() {
		for line := range lines {
			fmt.Fprintln(orNowhere(b.options.Log), line)
		}
	}()
	return server.answers(b.ctx, b.url)
}

func (b *bank) stop() error {
	if b.own == nil {
		return stopAll(b.server)
	}
	return stopAll(b.server, b.own.process)
}
