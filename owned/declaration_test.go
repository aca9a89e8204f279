package owned

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestDeclarationsThatWouldNotHold(t *testing.T) {
	inKey := func(change func(*Declaration)) Declaration {
		d := Declaration{Table: "notes", Partition: "pk", Sort: "sk", OwnerPrefix: "u#", Kind: "note#", Writable: []string{"title"}}
		change(&d)
		return d
	}
	if err := inKey(func(*Declaration) {}).validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Declaration){
		"no table":                   func(d *Declaration) { d.Table = "" },
		"no owner at all":            func(d *Declaration) { d.Kind = "" },
		"owner twice":                func(d *Declaration) { d.Owner = "owner_id" },
		"no prefix":                  func(d *Declaration) { d.OwnerPrefix = "" },
		"no sort key":                func(d *Declaration) { d.Sort = "" },
		"kind that ids can reach":    func(d *Declaration) { d.Kind = "note" },
		"kind within a kind":         func(d *Declaration) { d.Kind = "note#part#" },
		"kind of nothing":            func(d *Declaration) { d.Kind = "#" },
		"index beside the key":       func(d *Declaration) { d.Index = "by-owner" },
		"key is writable":            func(d *Declaration) { d.Writable = []string{"sk"} },
		"writable and privileged":    func(d *Declaration) { d.Privileged = []string{"title"} },
		"our own attribute":          func(d *Declaration) { d.Writable = []string{"_rev"} },
		"a path":                     func(d *Declaration) { d.Writable = []string{"a.b"} },
		"a placeholder":              func(d *Declaration) { d.Writable = []string{"#n0"} },
		"initial that is writable":   func(d *Declaration) { d.Initial = map[string]any{"title": "x"} },
		"initial key":                func(d *Declaration) { d.Initial = map[string]any{"pk": "x"} },
		"initial that is no value":   func(d *Declaration) { d.Initial = map[string]any{"role": struct{}{}} },
		"sort key with owner beside": func(d *Declaration) { d.Kind, d.OwnerPrefix, d.Owner = "", "", "owner_id" },
	} {
		if err := inKey(change).validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDeclarationsAreReadStrictly(t *testing.T) {
	good := `{"Table": "notes", "Partition": "id", "Owner": "owner_id", "Writable": ["title"], "Initial": {"votes": 12345678901234567}}`
	d, err := ReadDeclaration(strings.NewReader(good))
	if err != nil || d.Initial["votes"] != json.Number("12345678901234567") {
		t.Fatalf("got %+v, %v", d, err)
	}
	for _, bad := range []string{"", "{}", good + good, strings.Replace(good, "Owner", "Ownr", 1), `[]`} {
		if _, err := ReadDeclaration(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: accepted", bad)
		}
	}
}

// Whatever a request calls an attribute: either it is declared as writable, or the
// update is refused; and what DynamoDB parses never contains it.
func FuzzAttributeName(f *testing.F) {
	for _, seed := range []string{"title", "role", "owner_id", "id", "title = :x, role", "#n0", ":v0", "_rev", "", "Title", "title "} {
		f.Add(seed, "body")
	}
	table := &Table{declared: Declaration{Table: "notes", Partition: "id", Owner: "owner_id", Writable: []string{"title", "body"}, Privileged: []string{"role"}}}
	placeholders := "SET REMOVE ADD = , # : n v 0 1 2 3"
	f.Fuzz(func(t *testing.T, first, second string) {
		h := Handle{table: table, owner: "alice"}
		var e expression
		text, err := h.update(&e, []Change{Set(first, second), Remove(second)})
		writable := first != second && slices.Contains(table.declared.Writable, first) && slices.Contains(table.declared.Writable, second)
		if (err == nil) != writable {
			t.Fatalf("%q, %q: %v", first, second, err)
		}
		if strings.Trim(text, placeholders) != "" {
			t.Errorf("%q, %q: expression %q", first, second, text)
		}
	})
}

// A declaration that is read is one that holds, whatever its names are; and it gives
// a policy or says why not.
func FuzzDeclaration(f *testing.F) {
	f.Add(`{"Table": "notes", "Partition": "id", "Owner": "owner_id", "Writable": ["title"]}`)
	f.Add(`{"Table": "notes", "Partition": "pk", "Sort": "sk", "OwnerPrefix": "u#", "Kind": "note#", "Writable": ["title"], "Privileged": ["role"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ReadDeclaration(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, name := range slices.Concat(d.Writable, d.Privileged) {
			if !attributeName.MatchString(name) || name == d.Partition || name == d.Sort || name == d.Owner {
				t.Errorf("%q may be written", name)
			}
		}
		policy, err := d.Policy(Role{Region: "*", Account: "*"})
		if err == nil && !json.Valid([]byte(policy)) {
			t.Errorf("policy %s", policy)
		}
	})
}
