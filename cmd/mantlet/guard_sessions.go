package main

import (
	"context"
	"fmt"
	"time"

	"github.com/mantlet-dev/mantlet/internal/gate"
	"github.com/mantlet-dev/mantlet/internal/guardfile"
	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/dynamo"
)

// openPatience is how long a table may take to be described, at start and at reload.
const openPatience = 15 * time.Second

// sessions are what the file says the guard keeps; nil for none.
func (p *guardPlanner) sessions(f *guardfile.Sessions) (*gate.Sessions, error) {
	if f == nil {
		return nil, nil
	}
	o, err := f.Options(p.env.getenv)
	if err != nil {
		return nil, err
	}
	o.Logger = p.log
	switch {
	case f.Table != "":
		if o.Store, err = p.table(f); err != nil {
			return nil, err
		}
	case len(o.SignedKeys) == 0:
		p.log.Warn("sessions are kept in this process: its end logs everybody out")
		o.Store = p.memory
	}
	m, err := session.New(o)
	if err != nil {
		return nil, err
	}
	p.opened.Lock()
	defer p.opened.Unlock()
	p.managers = append(p.managers, m)
	return &gate.Sessions{Manager: m, Cookie: m.CookieName(), Steady: len(o.SignedKeys) == 0, Logins: f.Logins}, nil
}

func (p *guardPlanner) table(f *guardfile.Sessions) (session.Store, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openPatience)
	defer cancel()
	client, err := (&place{region: f.Region, endpoint: f.Endpoint}).client(ctx)
	if err != nil {
		return nil, fmt.Errorf("guard configuration: principal.sessions: %w", err)
	}
	store, err := dynamo.Open(ctx, client, dynamo.Config{Table: f.Table, Logger: p.log})
	if err != nil {
		return nil, fmt.Errorf("guard configuration: principal.sessions: %w", err)
	}
	return store, nil
}

// wait lets idle deadlines be moved that are being moved.
func (p *guardPlanner) wait() {
	p.opened.Lock()
	defer p.opened.Unlock()
	for _, m := range p.managers {
		m.Wait()
	}
}
