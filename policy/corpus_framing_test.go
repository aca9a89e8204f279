package policy

import "testing"

func corpusFraming(t *testing.T, folder string) { t.Skip("not judged yet") }

func corpusWildXFO(t *testing.T, folder string) { t.Skip("not judged yet") }
