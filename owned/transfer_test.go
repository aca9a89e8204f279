package owned_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/owned"
	"github.com/mantlet-dev/mantlet/policy"
)

// approved is an approval that notes what it was asked.
func approved(asked map[string]string) owned.Approve {
	return func(_ context.Context, action string, params map[string]string) error {
		maps.Copy(asked, params)
		asked["action"] = action
		return nil
	}
}

func TestTransferGivesAnItemAway(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		id := b.create(t, b.alice, "gift")
		asked := map[string]string{}
		want(t, "Transfer", b.alice.Transfer(t.Context(), id, "bob", approved(asked)), nil)
		wanted := b.TransferParams(id, "bob")
		wanted["action"] = owned.TransferAction
		if !maps.Equal(asked, wanted) {
			t.Errorf("approved %v, want %v", asked, wanted)
		}
		_, err := b.alice.Get(t.Context(), id)
		want(t, "Get by the giver", err, owned.ErrNotFound)
		want(t, "Update by the giver", b.alice.Update(t.Context(), id, owned.Set("title", "mine")), owned.ErrNotFound)
		if got, err := b.bob.Get(t.Context(), id); err != nil || got.Text("title") != "gift" || got.Text("role") != "draft" || len(got.Attributes) != 2 {
			t.Errorf("got %+v, %v", got, err)
		}
		want(t, "Update by the taker", b.bob.Update(t.Context(), id, owned.Set("title", "his")), nil)
		if n := b.count(t); n != 1 {
			t.Errorf("%d items, want 1", n)
		}
	})
}

func TestTransferNeedsApproval(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		id := b.create(t, b.alice, "kept")
		spent := errors.New("token was used before")
		refuse := func(context.Context, string, map[string]string) error { return spent }
		want(t, "refused", b.alice.Transfer(t.Context(), id, "bob", refuse), spent)
		if b.alice.Transfer(t.Context(), id, "bob", nil) == nil || b.alice.Transfer(t.Context(), id, "", neverAsked(t)) == nil ||
			b.alice.Transfer(t.Context(), id, "alice", neverAsked(t)) == nil {
			t.Error("transferred without approval, to nobody or to the owner")
		}
		if _, err := b.alice.Get(t.Context(), id); err != nil {
			t.Error(err)
		}
	})
}

// The token is the guard's: good once, for this item and this recipient.
func TestTransferWithATokenOfTheGuard(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		g, err := guard.New(policy.Rules{}, guard.Options{
			SessionCookies: []string{"session"}, Tokens: guard.Tokens{Actions: guard.NewMemoryTokens(10, nil)},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "https://app.test/", nil)
		r.Header.Set("Cookie", "session=alices")
		first, second := b.create(t, b.alice, "1"), b.create(t, b.alice, "2")
		token, err := g.ActionToken(nil, r, guard.Action{Name: owned.TransferAction, Params: b.TransferParams(first, "bob")}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		refused := errors.New("refused")
		approve := func(_ context.Context, action string, params map[string]string) error {
			if d := g.TakeAction(r, token, guard.Action{Name: action, Params: params}); !d.Allowed {
				return refused
			}
			return nil
		}
		want(t, "another item", b.alice.Transfer(t.Context(), second, "bob", approve), refused)
		want(t, "another recipient", b.alice.Transfer(t.Context(), first, "mallory", approve), refused)
		want(t, "as approved", b.alice.Transfer(t.Context(), first, "bob", approve), nil)
		want(t, "back, with the same token", b.bob.Transfer(t.Context(), first, "alice", approve), refused)
	})
}

func TestATransferLosesNoWrite(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		for range 20 {
			id := b.create(t, b.alice, "before")
			var update, transfer error
			var both sync.WaitGroup
			both.Go(func() { update = b.alice.Update(t.Context(), id, owned.Set("title", "after")) })
			both.Go(func() { transfer = b.alice.Transfer(t.Context(), id, "bob", approved(map[string]string{})) })
			both.Wait()
			holder := b.bob
			if transfer != nil {
				want(t, "Transfer", transfer, owned.ErrChanged)
				holder = b.alice
			}
			got, err := holder.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if acknowledged := update == nil; acknowledged != (got.Text("title") == "after") {
				t.Fatalf("update: %v, transfer: %v, title %q", update, transfer, got.Text("title"))
			}
		}
	})
}

// A role that is kept in another table, and taken away.
func TestRequirementsAreCheckedWithTheWrite(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		roles := input(owned.Declaration{Table: dynamotest.Name("roles"), Partition: "pk"})
		dynamotest.Create(t, b.client, roles)
		give := func(role string) {
			t.Helper()
			_, err := b.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: roles.TableName, Item: map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: "member#alice"}, "role": &types.AttributeValueMemberS{Value: role},
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		editor := owned.Requirement{Table: *roles.TableName, Partition: "pk", Prefix: "member#", Attribute: "role", OneOf: []string{"editor", "admin"}}
		alice, bob := b.alice.Requiring(editor), b.bob.Requiring(editor)
		id := b.create(t, b.alice, "x")
		update := func(h owned.Handle) error { return h.Update(t.Context(), id, owned.Set("title", "y")) }

		want(t, "without a role", update(alice), owned.ErrForbidden)
		give("reader")
		want(t, "with another role", update(alice), owned.ErrForbidden)
		want(t, "another user, who learns nothing of roles", update(bob), owned.ErrNotFound)
		give("editor")
		want(t, "with the role", update(alice), nil)
		_, err := alice.Create(t.Context(), owned.Set("title", "z"))
		want(t, "creating with the role", err, nil)
		give("none")
		_, err = alice.Create(t.Context(), owned.Set("title", "z"))
		want(t, "creating without", err, owned.ErrForbidden)
		want(t, "deleting without", alice.Delete(t.Context(), id), owned.ErrForbidden)
		want(t, "transfer without", alice.Transfer(t.Context(), id, "bob", approved(map[string]string{})), owned.ErrForbidden)
		editor.OneOf = nil
		want(t, "no role will do", update(b.alice.Requiring(editor)), owned.ErrForbidden)
		want(t, "without the requirement", update(b.alice), nil)
	})
}

func TestTheWayAroundHasAReason(t *testing.T) {
	var log strings.Builder
	b := newBench(t, layouts()["owner in the key"], owned.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if _, err := b.InsecureUnscoped(" "); err == nil {
		t.Error("no reason was needed")
	}
	jobs, err := b.InsecureUnscoped("nightly promotion")
	if err != nil {
		t.Fatal(err)
	}
	id := b.create(t, b.alice, "x")
	want(t, "Update", jobs.For("alice").Update(t.Context(), id, owned.Set("role", "published")), nil)
	want(t, "Update of another attribute", jobs.For("alice").Update(t.Context(), id, owned.Set("pk", "x")), owned.ErrNotWritable)
	want(t, "Update by the wrong owner", jobs.For("bob").Update(t.Context(), id, owned.Set("role", "x")), owned.ErrNotFound)
	if got, _ := b.alice.Get(t.Context(), id); got.Text("role") != "published" {
		t.Errorf("got %+v", got)
	}
	for _, reason := range []string{"nightly promotion", "a test says so"} {
		if strings.Count(log.String(), reason) != 1 {
			t.Errorf("%q is not in the log once:\n%s", reason, log.String())
		}
	}
}

func TestForeignWritesAreHeardOf(t *testing.T) {
	var heard []owned.Foreign
	b := newBench(t, layouts()["owner in an attribute"], owned.Options{OnForeign: func(_ context.Context, f owned.Foreign) { heard = append(heard, f) }})
	id := b.create(t, b.alice, "hers")
	want(t, "foreign", b.bob.Update(t.Context(), id, owned.Set("title", "his")), owned.ErrNotFound)
	want(t, "missing", b.bob.Update(t.Context(), "missing", owned.Set("title", "his")), owned.ErrNotFound)
	want(t, "foreign", b.bob.Delete(t.Context(), id), owned.ErrNotFound)
	if len(heard) != 2 || heard[0] != heard[1] || heard[0].Owner == heard[0].Principal || strings.Contains(heard[0].Owner+heard[0].Item, "alice") {
		t.Errorf("heard %+v, want the two foreign writes", heard)
	}
}

func TestOpenHoldsTheDeclarationAgainstTheTable(t *testing.T) {
	client := dynamotest.Client(dynamotest.Endpoint(t))
	for name, d := range layouts() {
		d.Table = dynamotest.Name("other")
		in := input(d)
		if d.Sort != "" {
			in.KeySchema[1].AttributeName, in.AttributeDefinitions[1].AttributeName = aws.String("other"), aws.String("other")
		} else {
			in.GlobalSecondaryIndexes[0].IndexName = aws.String("other")
		}
		dynamotest.Create(t, client, in)
		if _, err := owned.Open(t.Context(), client, d, owned.Options{}); err == nil {
			t.Errorf("%s: opened a table with another key or without the index", name)
		}
	}
}

func TestAFailingTableIsNotNotFound(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		faults := dynamotest.NewFaults(t, dynamotest.Endpoint(t))
		table, err := owned.Open(t.Context(), dynamotest.Client(faults.Endpoint), b.declared, owned.Options{Timeout: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		alice := table.As(verified("alice"))
		id := b.create(t, b.alice, "x")
		for _, fault := range []dynamotest.Fault{dynamotest.Throttle, dynamotest.Fail, dynamotest.Reset} {
			faults.Plan(dynamotest.Always(fault))
			_, get := alice.Get(t.Context(), id)
			_, _, list := alice.List(t.Context(), owned.Page{})
			for what, err := range map[string]error{
				"Get": get, "List": list, "Update": alice.Update(t.Context(), id, owned.Set("title", "y")), "Delete": alice.Delete(t.Context(), id),
			} {
				if !errors.Is(err, owned.ErrUnavailable) || errors.Is(err, owned.ErrNotFound) {
					t.Errorf("%s: got %v, want ErrUnavailable", what, err)
				}
			}
			if n := faults.Calls(""); n > 4*3 {
				t.Errorf("%d calls for four operations, want at most three each", n)
			}
		}
		faults.Plan(dynamotest.First(dynamotest.Lost, "PutItem", 1))
		made, err := alice.Create(t.Context(), owned.Set("title", "once"))
		if err != nil || faults.Calls("PutItem") != 2 {
			t.Fatalf("creating with a lost answer: %v", err)
		}
		if _, err := b.alice.Get(t.Context(), made); err != nil {
			t.Error(err)
		}
	})
}
