// Package iam writes AWS policy documents: the few forms that our policies need, in
// the spelling that IAM reads. It knows nothing of what a statement means.
package iam

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// A Document is one policy.
type Document struct {
	Version   string
	Statement []Statement
}

// A Statement allows or denies actions on resources.
type Statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string]any `json:",omitempty"`
}

// Effects of a statement.
const (
	Allow = "Allow"
	Deny  = "Deny"
)

// New is a document of statements.
func New(statements ...Statement) Document {
	return Document{Version: "2012-10-17", Statement: statements}
}

// String is the document as JSON, for people to read and for IAM.
func (d Document) String() string {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		panic("iam: strings do not marshal: " + err.Error()) // they always do
	}
	return string(text) + "\n"
}

var (
	tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)
	region    = regexp.MustCompile(`^(\*|[a-z]{2}(-[a-z]+)+-[0-9])$`)
	account   = regexp.MustCompile(`^(\*|[0-9]{12})$`)
)

// TableARN names a table. Region and account may be "*". Names with which IAM would
// match more than one table are refused.
func TableARN(inRegion, ofAccount, table string) (string, error) {
	switch {
	case !tableName.MatchString(table):
		return "", fmt.Errorf("%q is no name of a DynamoDB table", table)
	case !region.MatchString(inRegion):
		return "", fmt.Errorf("%q is no AWS region", inRegion)
	case !account.MatchString(ofAccount):
		return "", fmt.Errorf("%q is no AWS account, which has twelve digits", ofAccount)
	}
	return "arn:aws:dynamodb:" + inRegion + ":" + ofAccount + ":table/" + table, nil
}
