package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/corpus"
)

// corpusCookies judges every row under both profiles: third-party cookies
// allowed and blocked.
func corpusCookies(t *testing.T, folder string) {
	rows := readCorpus[corpus.CookieRow](t, folder, "cookies.jsonl")
	contexts := corpusContexts(t, folder)
	tally := newCorpusTally("cookies")
	for _, row := range rows {
		c, ok := contexts[row.Ctx]
		if !ok {
			tally.leaveOut("its context is not described")
			continue
		}
		set, trigger, err := cookieQuestion(c)
		if err != nil {
			tally.leaveOut(err.Error())
			continue
		}
		cookie := ParseSetCookie(wireBytes(row.Set))
		want, got := "", ""
		var reason Reason
		for _, profile := range []struct {
			cookies      ThirdParty
			stored, sent bool
		}{
			{ThirdPartyAllowed, row.Stored, row.Sent},
			{ThirdPartyBlocked, row.StoredBlocked(), row.SentBlocked},
		} {
			set.ThirdParty, trigger.ThirdParty = profile.cookies, profile.cookies
			trigger.Set = set
			stored, sent := cookie.StoredBy(set), cookie.SentOn(trigger)
			want += fmt.Sprintf("stored %t, sent %t; ", profile.stored, profile.sent)
			got += fmt.Sprintf("stored %t, sent %t; ", stored.Allowed, sent.Allowed)
			reason += sent.Reason + " "
		}
		tally.compare(row.ID+" "+row.Set+" in "+row.Ctx, want, got, reason)
	}
	tally.report(t, 0)
}

func corpusContexts(t *testing.T, folder string) map[string]corpus.Context {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, "cookies-contexts.jsonl"))
	if err != nil {
		t.Fatalf("open contexts: %v", err)
	}
	defer f.Close()
	contexts, err := corpus.ReadContexts(f)
	if err != nil {
		t.Fatalf("read contexts: %v", err)
	}
	return contexts
}

// cookieQuestion is a context in this package's terms.
func cookieQuestion(c corpus.Context) (Setting, Trigger, error) {
	set, err := c.SetAct()
	if err != nil {
		return Setting{}, Trigger{}, err
	}
	act, err := c.Act()
	if err != nil {
		return Setting{}, Trigger{}, err
	}
	s, err := triggerOf(set, set.URL)
	if err != nil {
		return Setting{}, Trigger{}, err
	}
	t, err := triggerOf(act, c.Target)
	if err != nil {
		return Setting{}, Trigger{}, err
	}
	t.Age = time.Duration(c.AgeSeconds) * time.Second
	return Setting{
		Target: s.Target, Kind: s.Kind, Initiator: s.Initiator,
		Ancestors: s.Ancestors, Credentials: s.Credentials,
	}, t, nil
}

var (
	actKinds = map[string]Kind{
		corpus.Navigation: TopLevelNavigation, corpus.Typed: TypedNavigation, corpus.Subframe: Subframe,
		corpus.Subresource: Subresource, corpus.Socket: Socket, corpus.Script: Script,
	}
	actCredentials = map[string]Credentials{
		"include": CredentialsInclude, "same-origin": CredentialsSameOrigin, "omit": CredentialsOmit,
	}
)

func triggerOf(a corpus.Act, target string) (Trigger, error) {
	t := Trigger{Kind: actKinds[a.Kind], Method: a.Method, Credentials: actCredentials[a.Credentials]}
	var err error
	if t.Target, err = OriginOfURL(target); err != nil {
		return t, err
	}
	if t.Initiator, err = ParseOrigin(a.Initiator); err != nil {
		return t, err
	}
	for _, ancestor := range a.Ancestors {
		o, err := ParseOrigin(ancestor)
		if err != nil {
			return t, err
		}
		t.Ancestors = append(t.Ancestors, o)
	}
	return t, nil
}
