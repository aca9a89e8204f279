package owned_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/owned"
)

// A statement is what IAM would read.
type statement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        map[string]map[string]any
}

func statements(t *testing.T, d owned.Declaration, r owned.Role) map[string]statement {
	t.Helper()
	d.Table = "notes"
	text, err := d.Policy(r)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Version   string
		Statement []statement
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil || document.Version != "2012-10-17" {
		t.Fatalf("%v in %s", err, text)
	}
	byName := map[string]statement{}
	for _, s := range document.Statement {
		for _, action := range s.Action {
			if s.Effect == "Allow" && (strings.Contains(action, "*") || strings.Contains(action, "Scan") || strings.Contains(action, "PartiQL")) {
				t.Errorf("%s is allowed", action)
			}
		}
		for _, resource := range s.Resource {
			if !strings.HasPrefix(resource, "arn:aws:dynamodb:eu-west-1:123456789012:table/") {
				t.Errorf("resource %s is none of our tables", resource)
			}
		}
		byName[s.Sid] = s
	}
	return byName
}

var app = owned.Role{Region: "eu-west-1", Account: "123456789012"}

func TestPolicyIsTheLeastThatWorks(t *testing.T) {
	inKey, inAttribute := layouts()["owner in the key"], layouts()["owner in an attribute"]
	got := statements(t, inKey, app)
	if want := []string{"dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}; !slices.Equal(got["OwnedItems"].Action, want) {
		t.Errorf("got %v, want %v", got["OwnedItems"].Action, want)
	}
	if !slices.Contains(got["NoUnconditionalAccess"].Action, "dynamodb:BatchWriteItem") {
		t.Error("writes without conditions are not denied")
	}

	got = statements(t, inAttribute, app)
	if slices.Contains(got["OwnedItems"].Action, "dynamodb:GetItem") || !slices.Contains(got["OwnedItems"].Action, "dynamodb:BatchGetItem") {
		t.Errorf("got %v", got["OwnedItems"].Action)
	}
	if index := got["OwnersIndex"].Resource; len(index) != 1 || !strings.HasSuffix(index[0], ":table/notes/index/by-owner") {
		t.Errorf("got %v", index)
	}

	reader := app
	reader.ReadOnly, reader.Checks = true, []string{"members"}
	got = statements(t, inKey, reader)
	if want := []string{"dynamodb:Query", "dynamodb:GetItem"}; !slices.Equal(got["OwnedItems"].Action, want) {
		t.Errorf("a reader: got %v, want %v", got["OwnedItems"].Action, want)
	}
	if check := got["Check1"]; !slices.Equal(check.Action, []string{"dynamodb:ConditionCheckItem"}) || !strings.HasSuffix(check.Resource[0], "/members") {
		t.Errorf("got %+v", check)
	}
}

func TestPolicyDeniesPrivilegedAttributes(t *testing.T) {
	d := layouts()["owner in the key"]
	denied := func(d owned.Declaration, r owned.Role) []string {
		return statements(t, d, r)["NoPrivilegedAttributes"].Action
	}
	if got := denied(d, app); !slices.Equal(got, []string{"dynamodb:UpdateItem"}) { // new items begin with a role
		t.Errorf("got %v", got)
	}
	d.Initial = nil
	if got := denied(d, app); !slices.Equal(got, []string{"dynamodb:UpdateItem", "dynamodb:PutItem"}) {
		t.Errorf("got %v", got)
	}
	moving, admin := app, app
	moving.Transfers, admin.Privileged = true, true
	if got := denied(d, moving); !slices.Equal(got, []string{"dynamodb:UpdateItem"}) {
		t.Errorf("with transfers: got %v", got)
	}
	if got := denied(d, admin); got != nil {
		t.Errorf("for administration: got %v", got)
	}
}

func TestPolicyPerOwner(t *testing.T) {
	role := app
	role.PerOwner = "${aws:PrincipalTag/user}"
	got := statements(t, layouts()["owner in the key"], role)["OwnedItems"].Condition
	keys, _ := got["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"].([]any)
	if len(keys) != 1 || keys[0] != "u#${aws:PrincipalTag/user}" || got["Null"]["dynamodb:LeadingKeys"] != "false" {
		t.Errorf("got %v", got)
	}
	d := layouts()["owner in an attribute"]
	d.Table = "notes"
	if text, err := d.Policy(role); err == nil {
		t.Errorf("leading keys are ids there, yet: %s", text)
	}
	for _, bad := range []owned.Role{{Region: "eu-west-1", Account: "123456789012", PerOwner: "*"}, {Region: "x", Account: "*"}, {Region: "eu-west-1", Account: "*", Checks: []string{"a*"}}} {
		d := layouts()["owner in the key"]
		d.Table = "notes"
		if text, err := d.Policy(bad); err == nil {
			t.Errorf("%+v: %s", bad, text)
		}
	}
}
