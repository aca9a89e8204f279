package browser

import (
	"os/exec"
	"runtime"
)

// programs are the names under which distributions install Chromium, the plain
// one first; absolute paths are where macOS puts applications.
var programs = []string{
	"chromium",
	"chromium-browser",
	"google-chrome",
	"google-chrome-stable",
	"chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// Find returns the program to run: path if it is not empty, else the first
// Chromium or Chrome installed. Its error is a *MissingError.
func Find(path string) (string, error) {
	if path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", &MissingError{Path: path}
		}
		return found, nil
	}
	for _, name := range programs {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", &MissingError{}
}

// A MissingError says that no browser was found, and how to get one.
type MissingError struct {
	Path string // what was asked for, "" if every known name was tried
}

func (e *MissingError) Error() string {
	if e.Path != "" {
		return "no browser at " + e.Path + ": give the path of a Chromium or Chrome program"
	}
	how := "install Chromium or Chrome"
	switch runtime.GOOS {
	case "linux":
		how = "install one, on Debian and Ubuntu with apt-get install chromium"
	case "darwin":
		how = "install one, for example with brew install --cask chromium"
	}
	return "no Chromium or Chrome found: " + how + ", or set MANTLET_BROWSER to its path"
}
