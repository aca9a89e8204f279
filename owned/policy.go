package owned

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/mantlet-dev/mantlet/internal/iam"
)

// A Role is an IAM role that uses a declared table.
type Role struct {
	Region, Account string // may be "*"
	ReadOnly        bool
	// Privileged roles may write privileged attributes: those of jobs and
	// administration, never the one that serves requests.
	Privileged bool
	// Transfers: the role calls Handle.Transfer. With the owner in the key items are
	// then written whole, so that privileged attributes cannot be denied to writes.
	Transfers bool
	// Checks are the tables of the role's Requirements.
	Checks []string
	// PerOwner is a policy variable that holds the user, such as
	// ${aws:PrincipalTag/user}: the role then reaches that user's items only. For
	// credentials given out per user, with the owner in the key.
	PerOwner string
}

var policyVariable = regexp.MustCompile(`^\$\{[A-Za-z0-9:/._-]+\}$`)

// Policy is the least that a role needs for what package owned does with the table,
// as an IAM document. It is the last line: what it denies stays denied when somebody
// uses a client without this package.
func (d Declaration) Policy(r Role) (string, error) {
	if err := d.validate(); err != nil {
		return "", fmt.Errorf("write policy: %w", err)
	}
	arn, err := iam.TableARN(r.Region, r.Account, d.Table)
	if err != nil {
		return "", fmt.Errorf("write policy: %w", err)
	}
	owned := iam.Statement{Sid: "OwnedItems", Effect: iam.Allow, Action: d.actions(r), Resource: []string{arn}}
	if r.PerOwner != "" {
		if !d.inKey() || !policyVariable.MatchString(r.PerOwner) {
			return "", errors.New("write policy: per-owner needs the owner in the key, and a variable like ${aws:PrincipalTag/user}")
		}
		// All keys of no keys are as wanted, hence the second condition.
		owned.Condition = map[string]map[string]any{
			"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": []string{d.OwnerPrefix + r.PerOwner}},
			"Null":                      {"dynamodb:LeadingKeys": "false"},
		}
	}
	statements := []iam.Statement{owned, {Sid: "Describe", Effect: iam.Allow, Action: []string{"dynamodb:DescribeTable"}, Resource: []string{arn}}}
	if d.Index != "" {
		statements = append(statements, iam.Statement{Sid: "OwnersIndex", Effect: iam.Allow, Action: []string{"dynamodb:Query"}, Resource: []string{arn + "/index/" + d.Index}})
	}
	for i, table := range r.Checks {
		checked, err := iam.TableARN(r.Region, r.Account, table)
		if err != nil {
			return "", fmt.Errorf("write policy: %w", err)
		}
		statements = append(statements, iam.Statement{Sid: fmt.Sprintf("Check%d", i+1), Effect: iam.Allow, Action: []string{"dynamodb:ConditionCheckItem"}, Resource: []string{checked}})
	}
	return iam.New(append(statements, d.denials(r, arn)...)...).String(), nil
}

// actions follow what reading and writing call; transactions need those of their parts.
func (d Declaration) actions(r Role) []string {
	actions := []string{"dynamodb:Query"}
	if d.inKey() {
		actions = append(actions, "dynamodb:GetItem")
	}
	if d.Index != "" {
		actions = append(actions, "dynamodb:BatchGetItem")
	}
	if !r.ReadOnly {
		actions = append(actions, "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
	}
	return actions
}

// denials hold whatever other policies of the role allow.
func (d Declaration) denials(r Role, arn string) []iam.Statement {
	denials := []iam.Statement{{
		Sid: "NoUnconditionalAccess", Effect: iam.Deny, Resource: []string{arn, arn + "/index/*"},
		Action: []string{
			"dynamodb:Scan", "dynamodb:BatchWriteItem",
			"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete",
		},
	}}
	if len(d.Privileged) == 0 || r.Privileged || r.ReadOnly {
		return denials
	}
	actions := []string{"dynamodb:UpdateItem"}
	if !d.putsPrivileged() && !(r.Transfers && d.inKey()) {
		actions = append(actions, "dynamodb:PutItem")
	}
	return append(denials, iam.Statement{
		Sid: "NoPrivilegedAttributes", Effect: iam.Deny, Action: actions, Resource: []string{arn},
		Condition: map[string]map[string]any{"ForAnyValue:StringEquals": {"dynamodb:Attributes": d.Privileged}},
	})
}

// putsPrivileged says that new items begin with privileged attributes.
func (d Declaration) putsPrivileged() bool {
	for _, name := range d.Privileged {
		if _, ok := d.Initial[name]; ok {
			return true
		}
	}
	return false
}
