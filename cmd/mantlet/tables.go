package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/state"
	"github.com/mantlet-dev/mantlet/owned"
	"github.com/mantlet-dev/mantlet/session/dynamo"
)

// newTablesCommand makes and describes the table for sessions, which the library never
// does by itself, and prints what a role needs to use a table.
func newTablesCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tables",
		Short: "Make the DynamoDB table for sessions, and print IAM policies",
		Long: `Tables makes and describes the table that package session/dynamo keeps sessions in,
and prints the least an IAM role needs: for that table, for one that package owned is
told of in a declaration, or for the scanner to see state changes in any tables.

Region and credentials come from the AWS SDK's usual places.`,
		Example: `  mantlet tables create app-sessions --region eu-west-1
  mantlet tables describe app-sessions --region eu-west-1
  mantlet tables policy app-sessions --region eu-west-1 --account 123456789012
  mantlet tables policy --declaration notes.json --read-only
  mantlet tables policy --scanner app-accounts app-payees --region eu-west-1`,
	}
	cmd.AddCommand(newTablesCreateCommand(e), newTablesDescribeCommand(e), newTablesPolicyCommand(e))
	return cmd
}

// A place is where a table is.
type place struct{ region, endpoint string }

func (p *place) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.region, "region", "", "AWS region")
	cmd.Flags().StringVar(&p.endpoint, "endpoint", "", "another DynamoDB, such as http://127.0.0.1:8000 for DynamoDB Local")
}

func (p *place) client(ctx context.Context) (*awsdynamodb.Client, error) {
	var options []func(*config.LoadOptions) error
	switch {
	case p.region != "":
		options = append(options, config.WithRegion(p.region))
	case p.endpoint != "": // which asks for some region and checks none
		options = append(options, config.WithDefaultRegion("us-east-1"))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("configure dynamodb: %w", err)
	}
	if cfg.Region == "" {
		return nil, errors.New("which region? --region or AWS_REGION says it")
	}
	if p.endpoint == "" {
		return awsdynamodb.NewFromConfig(cfg), nil
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil { // DynamoDB Local wants some and checks none
		cfg.Credentials = credentials.NewStaticCredentialsProvider("local", "local", "")
	}
	return awsdynamodb.NewFromConfig(cfg, func(o *awsdynamodb.Options) { o.BaseEndpoint = aws.String(p.endpoint) }), nil
}

func newTablesCreateCommand(e *env) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a table for sessions: on demand, encrypted, protected, with expiry and recovery",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := at.client(cmd.Context())
			if err != nil {
				return err
			}
			if err := dynamo.Create(cmd.Context(), client, dynamo.Table(args[0])); err != nil {
				return err
			}
			return describeTable(cmd.Context(), e, client, args[0])
		},
	}
	at.flags(cmd)
	return cmd
}

func newTablesDescribeCommand(e *env) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:   "describe NAME",
		Short: "Say whether a table suits sessions, and what could be better; status 1 if it does not",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := at.client(cmd.Context())
			if err != nil {
				return err
			}
			return describeTable(cmd.Context(), e, client, args[0])
		},
	}
	at.flags(cmd)
	return cmd
}

func describeTable(ctx context.Context, e *env, client *awsdynamodb.Client, name string) error {
	d, err := dynamo.Describe(ctx, client, name)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "table %s is %s\n", d.Table, strings.ToLower(d.Status))
	for _, property := range []struct {
		name string
		on   bool
	}{{"billing on demand", d.OnDemand}, {"expired items are removed", d.TTL}, {"point-in-time recovery", d.Recovery}, {"deletion protection", d.Guarded}} {
		mark := "no "
		if property.on {
			mark = "yes"
		}
		fmt.Fprintf(e.stdout, "  %s  %s\n", mark, property.name)
	}
	if len(d.Replicas) > 0 {
		fmt.Fprintf(e.stdout, "  replicas in %s\n", strings.Join(d.Replicas, ", "))
	}
	for _, advice := range d.Advice {
		fmt.Fprintf(e.stdout, "advice: %s\n", advice)
	}
	if d.Unfit != "" {
		return exitError{exitFindings, fmt.Errorf("table %s does not suit sessions: %s", d.Table, d.Unfit)}
	}
	return nil
}

func newTablesPolicyCommand(e *env) *cobra.Command {
	var declaration string
	var scanner bool
	role := owned.Role{}
	cmd := &cobra.Command{
		Use:   "policy [NAME...]",
		Short: "Print the least an IAM role needs: for the session table NAME, a declared one, or the scanner",
		Long: `Policy prints an IAM policy document. With NAME it is for a table of sessions; with
--declaration for a table that package owned is told of in that file (JSON, the fields
of owned.Declaration).

With --scanner it is for "mantlet scan", which reads the tables under dynamodb.tables of
mantlet.yaml, and their streams, to see what an attack has changed: reads only, and
every write is denied. Such a role sees all items of the tables.

Nothing is asked of AWS.`,
		RunE: func(_ *cobra.Command, args []string) error {
			var text string
			var err error
			switch {
			case scanner && declaration != "":
				err = errors.New("--scanner and --declaration are two policies: ask for one at a time")
			case scanner:
				text, err = state.Policy(role.Region, role.Account, args...)
			default:
				text, err = policyText(args, declaration, role)
			}
			if err != nil {
				return err
			}
			fmt.Fprint(e.stdout, text)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&role.Region, "region", "*", "AWS region of the table")
	f.StringVar(&role.Account, "account", "*", "AWS account of the table")
	f.StringVar(&declaration, "declaration", "", "file with the declaration of an owned table")
	f.BoolVar(&scanner, "scanner", false, "the role of the scanner, which reads the tables and their streams")
	f.BoolVar(&role.ReadOnly, "read-only", false, "the role only reads (declared tables)")
	f.BoolVar(&role.Transfers, "transfers", false, "the role gives items to other owners (declared tables)")
	f.BoolVar(&role.Privileged, "privileged", false, "the role may write privileged attributes: for jobs, not for requests (declared tables)")
	f.StringSliceVar(&role.Checks, "check", nil, "table whose items are required by writes, such as memberships (declared tables)")
	f.StringVar(&role.PerOwner, "per-owner", "", "policy variable with the user, for credentials of one user, such as ${aws:PrincipalTag/user} (declared tables)")
	return cmd
}

func policyText(args []string, declaration string, role owned.Role) (string, error) {
	if (len(args) == 1) == (declaration != "") {
		return "", errors.New("which table? give the NAME of a session table, or a --declaration")
	}
	if declaration == "" {
		return dynamo.Policy(role.Region, role.Account, args[0])
	}
	file, err := os.Open(declaration)
	if err != nil {
		return "", err
	}
	defer file.Close()
	d, err := owned.ReadDeclaration(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", declaration, err)
	}
	return d.Policy(role)
}
