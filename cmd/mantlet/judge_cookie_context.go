package main

import (
	"fmt"
	"time"

	"github.com/mantlet-dev/mantlet/internal/corpus"
	"github.com/mantlet-dev/mantlet/policy"
)

// cookieQuestion puts a recorded context into the terms of the policy package:
// how the cookie was set, and the request that may carry it. The error is
// corpus.ErrNoRequest if there is none; the Setting is then good all the same.
func cookieQuestion(c corpus.Context) (policy.Setting, policy.Trigger, error) {
	var set policy.Setting
	act, err := c.SetAct()
	if err != nil {
		return set, policy.Trigger{}, err
	}
	by, err := triggerOf(act, act.URL)
	if err != nil {
		return set, policy.Trigger{}, fmt.Errorf("context %s: %w", c.Name, err)
	}
	set = policy.Setting{
		Target: by.Target, Kind: by.Kind, Initiator: by.Initiator,
		Ancestors: by.Ancestors, Credentials: by.Credentials,
	}
	if act, err = c.Act(); err != nil {
		return set, policy.Trigger{Target: set.Target}, err
	}
	trigger, err := triggerOf(act, c.Target)
	if err != nil {
		return set, policy.Trigger{}, fmt.Errorf("context %s: %w", c.Name, err)
	}
	trigger.Age = time.Duration(c.AgeSeconds) * time.Second
	return set, trigger, nil
}

var actKinds = map[string]policy.Kind{
	corpus.Navigation:  policy.TopLevelNavigation,
	corpus.Typed:       policy.TypedNavigation,
	corpus.Subframe:    policy.Subframe,
	corpus.Subresource: policy.Subresource,
	corpus.Socket:      policy.Socket,
	corpus.Script:      policy.Script,
}

var actCredentials = map[string]policy.Credentials{
	"include":     policy.CredentialsInclude,
	"same-origin": policy.CredentialsSameOrigin,
	"omit":        policy.CredentialsOmit,
}

func triggerOf(a corpus.Act, target string) (policy.Trigger, error) {
	t := policy.Trigger{Kind: actKinds[a.Kind], Method: a.Method, Credentials: actCredentials[a.Credentials]}
	var err error
	if t.Target, err = policy.OriginOfURL(target); err != nil {
		return t, err
	}
	if t.Initiator, err = policy.ParseOrigin(a.Initiator); err != nil {
		return t, err
	}
	for _, name := range a.Ancestors {
		ancestor, err := policy.ParseOrigin(name)
		if err != nil {
			return t, err
		}
		t.Ancestors = append(t.Ancestors, ancestor)
	}
	return t, nil
}
