package policy

import "testing"

func corpusCookies(t *testing.T, folder string) { t.Skip("not judged yet") }
