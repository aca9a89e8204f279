package owned_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/owned"
	"github.com/mantlet-dev/mantlet/session"
)

// The two layouts: the owner in the key, and in an attribute.
func layouts() map[string]owned.Declaration {
	common := owned.Declaration{
		Writable: []string{"title", "body"}, Privileged: []string{"role"}, Initial: map[string]any{"role": "draft"},
	}
	inKey, inAttribute := common, common
	inKey.Partition, inKey.Sort, inKey.OwnerPrefix, inKey.Kind = "pk", "sk", "u#", "note#"
	inAttribute.Partition, inAttribute.Owner, inAttribute.Index = "id", "owner_id", "by-owner"
	return map[string]owned.Declaration{"owner in the key": inKey, "owner in an attribute": inAttribute}
}

// input is a table as declared.
func input(d owned.Declaration) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &d.Table, BillingMode: types.BillingModePayPerRequest}
	add := func(name string, kind types.KeyType) types.KeySchemaElement {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS})
		return types.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	in.KeySchema = append(in.KeySchema, add(d.Partition, types.KeyTypeHash))
	if d.Sort != "" {
		in.KeySchema = append(in.KeySchema, add(d.Sort, types.KeyTypeRange))
	}
	if d.Index != "" {
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{
			IndexName: &d.Index, KeySchema: []types.KeySchemaElement{add(d.Owner, types.KeyTypeHash)},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}}
	}
	return in
}

// A bench is a table with two users.
type bench struct {
	*owned.Table
	declared   owned.Declaration
	client     *dynamodb.Client
	alice, bob owned.Handle
}

func newBench(t testing.TB, d owned.Declaration, o owned.Options) bench {
	t.Helper()
	client := dynamotest.Client(dynamotest.Endpoint(t))
	d.Table = dynamotest.Name("owned")
	dynamotest.Create(t, client, input(d))
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second // a busy machine is slower than any table
	}
	table, err := owned.Open(t.Context(), client, d, o)
	if err != nil {
		t.Fatal(err)
	}
	return bench{table, d, client, table.As(verified("alice")), table.As(verified("bob"))}
}

func verified(user string) session.Principal {
	return session.InsecurePrincipal(user, "a test says so")
}

// each runs a test for both layouts.
func each(t *testing.T, o owned.Options, run func(*testing.T, bench)) {
	for name, d := range layouts() {
		t.Run(name, func(t *testing.T) { run(t, newBench(t, d, o)) })
	}
}

func (b bench) create(t testing.TB, h owned.Handle, title string) string {
	t.Helper()
	id, err := h.Create(t.Context(), owned.Set("title", title))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func want(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestOwnersReachTheirItems(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		id := b.create(t, b.alice, "first")
		got, err := b.alice.Get(t.Context(), id)
		if err != nil || got.ID != id || got.Text("title") != "first" || got.Text("role") != "draft" || len(got.Attributes) != 2 {
			t.Fatalf("got %+v, %v", got, err)
		}
		want(t, "Update", b.alice.Update(t.Context(), id, owned.Set("title", "second"), owned.Set("body", []byte("x"))), nil)
		want(t, "Update", b.alice.Update(t.Context(), id, owned.Remove("body")), nil)
		if got, err = b.alice.Get(t.Context(), id); err != nil || got.Text("title") != "second" || len(got.Attributes) != 2 {
			t.Fatalf("got %+v, %v", got, err)
		}
		want(t, "Delete", b.alice.Delete(t.Context(), id), nil)
		_, err = b.alice.Get(t.Context(), id)
		want(t, "Get", err, owned.ErrNotFound)
	})
}

func TestForeignAndMissingAreTheSame(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		foreign := b.create(t, b.alice, "hers")
		for _, id := range []string{foreign, "missing", "", "a#b"} {
			_, err := b.bob.Get(t.Context(), id)
			for what, got := range map[string]error{
				"Get":      err,
				"Update":   b.bob.Update(t.Context(), id, owned.Set("title", "his")),
				"Delete":   b.bob.Delete(t.Context(), id),
				"Transfer": b.bob.Transfer(t.Context(), id, "carol", neverAsked(t)),
			} {
				if got != owned.ErrNotFound { // the very same value
					t.Errorf("%s of %q: got %v, want ErrNotFound itself", what, id, got)
				}
			}
		}
		if got, err := b.alice.Get(t.Context(), foreign); err != nil || got.Text("title") != "hers" {
			t.Errorf("got %+v, %v", got, err)
		}
		if n := b.count(t); n != 1 {
			t.Errorf("%d items, want 1: nothing may come from updating what is missing", n)
		}
	})
}

// count is how many items the table has.
func (b bench) count(t testing.TB) int32 {
	t.Helper()
	answer, err := b.client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &b.declared.Table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Count
}

func neverAsked(t testing.TB) owned.Approve {
	return func(context.Context, string, map[string]string) error {
		t.Error("an approval was used up")
		return nil
	}
}

func TestAnItemWithoutAnOwnerIsNobodys(t *testing.T) {
	b := newBench(t, layouts()["owner in an attribute"], owned.Options{})
	item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "lost"}}
	if _, err := b.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &b.declared.Table, Item: item}); err != nil {
		t.Fatal(err)
	}
	_, err := b.alice.Get(t.Context(), "lost")
	want(t, "Get", err, owned.ErrNotFound)
	want(t, "Update", b.alice.Update(t.Context(), "lost", owned.Set("title", "x")), owned.ErrNotFound)
	want(t, "Delete", b.alice.Delete(t.Context(), "lost"), owned.ErrNotFound)
}

func TestNobodyOwnsNothing(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		faults := dynamotest.NewFaults(t, dynamotest.Endpoint(t))
		table, err := owned.Open(t.Context(), dynamotest.Client(faults.Endpoint), b.declared, owned.Options{})
		if err != nil {
			t.Fatal(err)
		}
		faults.Plan(nil)
		for name, h := range map[string]owned.Handle{
			"zero handle": {}, "zero principal": table.As(session.Principal{}), "not logged in": table.As(session.Session{}.Principal()),
			"no reason": table.As(session.InsecurePrincipal("alice", "")), "zero unscoped": owned.Unscoped{}.For("alice"),
		} {
			_, get := h.Get(t.Context(), "id")
			_, create := h.Create(t.Context(), owned.Set("title", "x"))
			_, _, list := h.List(t.Context(), owned.Page{})
			for what, got := range map[string]error{
				"Get": get, "Create": create, "List": list,
				"Update":   h.Update(t.Context(), "id", owned.Set("title", "x")),
				"Delete":   h.Delete(t.Context(), "id"),
				"Transfer": h.Transfer(t.Context(), "id", "bob", neverAsked(t)),
			} {
				want(t, name+": "+what, got, owned.ErrNoPrincipal)
			}
		}
		if n := faults.Calls(""); n != 0 {
			t.Errorf("DynamoDB was asked %d times for nobody", n)
		}
	})
}

func TestOnlyDeclaredAttributesAreWritten(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		id := b.create(t, b.alice, "x")
		for _, name := range []string{"role", "owner_id", "pk", "sk", "id", "other", "_rev", "title.x", "#n0", "", "Title"} {
			for what, c := range map[string]owned.Change{"Set": owned.Set(name, "admin"), "Remove": owned.Remove(name)} {
				want(t, what+" "+name, b.alice.Update(t.Context(), id, owned.Set("body", "x"), c), owned.ErrNotWritable)
			}
			_, err := b.alice.Create(t.Context(), owned.Set(name, "admin"))
			want(t, "Create "+name, err, owned.ErrNotWritable)
		}
		if err := b.alice.Update(t.Context(), id); err == nil {
			t.Error("an update of nothing")
		}
		if err := b.alice.Update(t.Context(), id, owned.Set("title", "a"), owned.Set("title", "b")); err == nil {
			t.Error("an attribute changed twice")
		}
		if err := b.alice.Update(t.Context(), id, owned.Set("title", make(chan int))); err == nil {
			t.Error("a channel in a table")
		}
		if got, _ := b.alice.Get(t.Context(), id); got.Text("role") != "draft" || got.Text("body") != "" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestListShowsTheOwnersItemsPageByPage(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		mine := map[string]bool{}
		for range 7 {
			mine[b.create(t, b.alice, "hers")] = true
			b.create(t, b.bob, "his")
		}
		seen, after := 0, ""
		for pages := 0; ; pages++ {
			items, next, err := b.alice.List(t.Context(), owned.Page{Limit: 3, After: after})
			if err != nil || pages > 7 {
				t.Fatalf("page %d: %v", pages, err)
			}
			for _, i := range items {
				if !mine[i.ID] || i.Text("title") != "hers" {
					t.Fatalf("not hers, or twice: %+v", i)
				}
				delete(mine, i.ID)
				seen++
			}
			if after = next; after == "" {
				break
			}
		}
		if seen != 7 {
			t.Errorf("%d items, want 7", seen)
		}
	})
}
