package policy

import "testing"

func corpusRequests(t *testing.T, folder string) { t.Skip("not judged yet") }
