package browser

import "regexp"

// A DisplayError says that there is no screen to open a window on.
type DisplayError struct {
	Name string // of the display that was tried, "" if none is named
}

func (e *DisplayError) Error() string {
	if e.Name != "" {
		return "the display " + e.Name + ", which DISPLAY names, cannot be opened"
	}
	return "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
}

// displayRefused is how Chromium says that it cannot open its window.
var displayRefused = regexp.MustCompile(`(?i)missing x server|cannot open display|unable to open x display|failed to connect to wayland|platform failed to initialize`)

// hasDisplay says whether a display is named; only Unix names them.
func hasDisplay(system string, getenv func(string) string) bool {
	if system == "darwin" || system == "windows" {
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}
