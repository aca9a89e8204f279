package owned_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/mantlet-dev/mantlet/owned"
	"github.com/mantlet-dev/mantlet/session"
)

// A handler that changes a note. Nothing of the request says whose note it is.
func Example() {
	var (
		notes    *owned.Table     // of owned.Open
		sessions *session.Manager // of session.New
	)
	http.HandleFunc("PUT /notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		s, err := sessions.Load(r)
		if err != nil {
			sessions.Refuse(w, r, err)
			return
		}
		err = notes.As(s.Principal()).Update(r.Context(), r.PathValue("id"), owned.Set("title", r.PostFormValue("title")))
		switch {
		case errors.Is(err, owned.ErrNotFound): // missing, or another's
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, "try again later", http.StatusServiceUnavailable)
		}
	})
}

func ExampleDeclaration_Policy() {
	notes := owned.Declaration{
		Table: "notes", Partition: "pk", Sort: "sk", OwnerPrefix: "u#", Kind: "note#",
		Writable: []string{"title", "body"}, Privileged: []string{"role"},
	}
	policy, err := notes.Policy(owned.Role{Region: "eu-west-1", Account: "123456789012", ReadOnly: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(policy)
	// Output:
	// {
	//   "Version": "2012-10-17",
	//   "Statement": [
	//     {
	//       "Sid": "OwnedItems",
	//       "Effect": "Allow",
	//       "Action": [
	//         "dynamodb:Query",
	//         "dynamodb:GetItem"
	//       ],
	//       "Resource": [
	//         "arn:aws:dynamodb:eu-west-1:123456789012:table/notes"
	//       ]
	//     },
	//     {
	//       "Sid": "Describe",
	//       "Effect": "Allow",
	//       "Action": [
	//         "dynamodb:DescribeTable"
	//       ],
	//       "Resource": [
	//         "arn:aws:dynamodb:eu-west-1:123456789012:table/notes"
	//       ]
	//     },
	//     {
	//       "Sid": "NoUnconditionalAccess",
	//       "Effect": "Deny",
	//       "Action": [
	//         "dynamodb:Scan",
	//         "dynamodb:BatchWriteItem",
	//         "dynamodb:PartiQLSelect",
	//         "dynamodb:PartiQLInsert",
	//         "dynamodb:PartiQLUpdate",
	//         "dynamodb:PartiQLDelete"
	//       ],
	//       "Resource": [
	//         "arn:aws:dynamodb:eu-west-1:123456789012:table/notes",
	//         "arn:aws:dynamodb:eu-west-1:123456789012:table/notes/index/*"
	//       ]
	//     }
	//   ]
	// }
}
