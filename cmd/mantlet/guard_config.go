package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/config"
	"github.com/mantlet-dev/mantlet/internal/gate"
	"github.com/mantlet-dev/mantlet/internal/guardfile"
	"github.com/mantlet-dev/mantlet/session"
)

// A guardPlan is the command line and the file taken together.
type guardPlan struct {
	gate          gate.Config
	listen, admin string
	cert, key     string
	sessions      *guardfile.Sessions // opened when the plan comes into force
}

// A guardPlanner makes plans, the same way each time the file changes.
type guardPlanner struct {
	env     *env
	flags   guardFlags
	log     *slog.Logger
	metrics *guard.Metrics
	key     []byte // signs tokens where the file names no key; kept across reloads

	memory   *session.Memory // sessions that no table keeps, across reloads
	opened   sync.Mutex      // guards managers
	managers []*session.Manager
}

func newGuardPlanner(e *env, f guardFlags) *guardPlanner {
	key := make([]byte, 32)
	rand.Read(key) // never fails (crypto/rand)
	return &guardPlanner{env: e, flags: f, log: slog.New(slog.NewTextHandler(e.stderr, nil)), metrics: guard.NewMetrics(), key: key,
		memory: session.NewMemory(nil)}
}

func (p *guardPlanner) plan() (guardPlan, error) {
	file, err := p.read()
	if err != nil {
		return guardPlan{}, err
	}
	options, err := file.Options(p.env.getenv)
	if err != nil {
		return guardPlan{}, err
	}
	options.Logger, options.Metrics = p.log, p.metrics
	if len(options.Tokens.Keys) == 0 {
		options.Tokens.Keys = [][]byte{p.key}
	}
	if p.flags.report {
		options.ReportOnly, options.InsecureOff = guard.AllRules(), nil
	}
	upstream, err := url.Parse(either(p.flags.upstream, file.Upstream))
	if err != nil || upstream.Host == "" {
		return guardPlan{}, errors.New("say what to stand in front of: --upstream http://host:port")
	}
	plan := guardPlan{
		listen: either(p.flags.listen, file.Listen, "127.0.0.1:8080"), admin: either(p.flags.admin, file.Admin),
		cert: either(p.flags.cert, file.TLS.Cert), key: either(p.flags.key, file.TLS.Key),
		sessions: file.Principal.Sessions,
		gate:     gate.Config{Upstream: upstream, Rules: file.Policy, Options: options, Inject: p.flags.inject || file.Tokens.Inject},
	}
	if (plan.cert == "") != (plan.key == "") {
		return guardPlan{}, errors.New("a TLS certificate and its key come together")
	}
	plan.gate.Limits, plan.gate.Answer, err = limitsOf(file.Limits)
	return plan, err
}

// read takes guard.yaml, or of a mantlet.yaml its policy.
func (p *guardPlanner) read() (guardfile.File, error) {
	switch {
	case p.flags.config == "":
		return guardfile.File{}, nil
	case filepath.Base(p.flags.config) == config.Name:
		scan, err := config.Load(p.flags.config)
		return guardfile.File{Policy: scan.Policy}, err
	}
	return guardfile.Load(p.flags.config)
}

func limitsOf(l guardfile.Limits) (limits gate.Limits, answer time.Duration, err error) {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	if l.Connections < 0 || l.HeaderBytes < 0 {
		note(errors.New("limits: a limit cannot be below zero"))
	}
	limits = gate.Limits{
		Connections: l.Connections, HeaderBytes: l.HeaderBytes,
		HeaderTimeout: guardfile.Duration(l.HeaderTimeout, "limits.header_timeout", note),
		Stall:         guardfile.Duration(l.StallTimeout, "limits.stall_timeout", note),
	}
	answer = guardfile.Duration(l.AnswerTimeout, "limits.answer_timeout", note)
	if err := errors.Join(errs...); err != nil {
		return limits, answer, fmt.Errorf("guard configuration: %w", err)
	}
	return limits, answer, nil
}

// either is the first that is set.
func either(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
