package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Works runs the application's own functional tests against base, the instance's URL
// or that of a proxy before it: those that hold for every variant, and behind
// anything that lets an application's own pages work. It says how many there are;
// the error is what failed.
func (i *Instance) Works(ctx context.Context, base string) (tests int, err error) {
	if i.Embedded != nil {
		return shopWorks(ctx, base, i.Identities)
	}
	cmd := i.Suite(ctx, base, "Works")
	if cmd == nil {
		return 0, errors.New("this application brings no tests")
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if ran := ranTests.FindSubmatch(out.Bytes()); ran != nil {
		tests, _ = strconv.Atoi(string(ran[1]))
	}
	if err != nil {
		return tests, fmt.Errorf("%w\n%s", err, out.Bytes())
	}
	if tests == 0 {
		return 0, fmt.Errorf("no test ran\n%s", out.Bytes())
	}
	return tests, nil
}

var ranTests = regexp.MustCompile(`(?m)^Ran (\d+) tests? in`)
