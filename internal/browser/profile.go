package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

const profilePrefix = "mantlet-browser-"

// newProfile makes a profile directory whose third-party-cookie setting is t. The
// setting must stand in the profile before the start: contexts made later are
// off the record, and would block third-party cookies whatever the protocol says.
func newProfile(t finding.ThirdParty) (string, error) {
	sweep(os.TempDir())
	dir, err := os.MkdirTemp("", profilePrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", fmt.Errorf("make a browser profile: %w", err)
	}
	blocked := t == finding.ThirdPartyBlocked
	mode := 0 // 0 allows third-party cookies, 1 blocks them
	if blocked {
		mode = 1
	}
	text, _ := json.Marshal(map[string]any{"profile": map[string]any{
		"cookie_controls_mode":      mode,
		"block_third_party_cookies": blocked,
	}, "credentials_enable_service": false}) // it is thrown away: offering to keep passwords would mislead
	folder := filepath.Join(dir, "Default")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make a browser profile: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "Preferences"), text, 0o600); err != nil {
		return "", fmt.Errorf("make a browser profile: %w", err)
	}
	return dir, nil
}

// sweep removes the profiles in dir whose makers have died without cleaning up:
// the maker's process id is in the name.
func sweep(dir string) {
	stale, _ := filepath.Glob(filepath.Join(dir, profilePrefix+"*"))
	for _, p := range stale {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(p), profilePrefix), "-")
		pid, err := strconv.Atoi(id)
		if err != nil || pid == os.Getpid() || alive(pid) {
			continue
		}
		_ = os.RemoveAll(p) // another scan may be sweeping too
	}
}

// alive errs on the side of life: a profile too many is better than one too few.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || os.IsPermission(err)
}

// removeProfile tries for a while, because helper processes of the browser may
// still be writing when its main process has ended.
func removeProfile(dir string) error {
	const limit, pause = 3 * time.Second, 20 * time.Millisecond
	for start := time.Now(); ; time.Sleep(pause) {
		err := os.RemoveAll(dir)
		if err == nil || time.Since(start) > limit {
			return err
		}
	}
}
