package browser

import (
	"maps"
	"os"
	"slices"
	"strings"
)

// flags is the browser's whole command line: no other place adds to it. Nothing
// here may loosen site isolation, cookie rules, framing or mixed content.
func flags(o Options, profile string) []string {
	f := []string{
		"--remote-debugging-pipe",
		"--user-data-dir=" + profile,
		"--window-size=1280,800",
		"--site-per-process",

		// No traffic that the target or the user did not ask for.
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-sync",
		"--disable-default-apps",
		"--disable-extensions",
		"--disable-client-side-phishing-detection",
		"--disable-domain-reliability",
		"--disable-breakpad",
		"--metrics-recording-only",
		"--dns-prefetch-disable",
		"--no-pings",
		"--no-first-run",
		"--no-default-browser-check",
		// Two services cannot be switched off, only sent to a port that Chromium itself
		// refuses to speak to.
		"--component-updater=url-source=" + nowhere,
		"--gaia-url=" + nowhere,

		// Ways around the proxy.
		"--disable-quic",
		"--webrtc-ip-handling-policy=disable_non_proxied_udp",
		"--force-webrtc-ip-handling-policy=disable_non_proxied_udp", // what it was called before

		"--disable-dev-shm-usage",
		"--password-store=basic",
		"--use-mock-keychain",

		"--disable-features=" + strings.Join(switchedOff, ","),
	}
	if o.Window {
		f = append(f, "--ozone-platform-hint=auto") // on Wayland as well
	} else {
		f = append(append(f, unseen...), certificates(o.Keys))
	}
	if os.Geteuid() == 0 {
		// Chromium refuses to start as root with its sandbox.
		f = append(f, "--no-sandbox")
	}
	if o.ShortLax {
		f = append(f, "--enable-features=ShortLaxAllowUnsafeThreshold")
	}
	if o.UserAgent != "" {
		f = append(f, "--user-agent="+o.UserAgent)
	}
	return append(append(f, route(o)...), "about:blank")
}

// unseen are the flags of a browser that nobody sits in front of. In a window whoever
// does is asked about a bad certificate before they type in a password.
var unseen = []string{
	"--headless=new",

	// The same picture and the same timing everywhere.
	"--disable-gpu",
	"--disable-renderer-backgrounding",
	"--disable-background-timer-throttling",
	"--disable-backgrounding-occluded-windows",
	"--force-color-profile=srgb",
	"--hide-scrollbars",
	"--mute-audio",
}

// certificates is which certificates need no authority that the browser knows: those of
// development servers and of the attacker's pages are their own.
func certificates(keys []string) string {
	if keys == nil {
		return "--ignore-certificate-errors"
	}
	return "--ignore-certificate-errors-spki-list=" + strings.Join(keys, ",")
}

// nowhere has a port that is on Chromium's list of restricted ones.
const nowhere = "http://127.0.0.1:9/"

// switchedOff are features whose absence the package comment owns up to.
var switchedOff = []string{
	// An http attacker page under a real public suffix would silently become https
	// and with that another site than its http target; an attacker who serves no
	// https gets http.
	"HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "HttpsFirstModeV2ForEngagedSites",
	// The attacker is served from loopback, a real one is not.
	"LocalNetworkAccessChecks",
	// The address bar's own pages: every window loads them in processes of their own,
	// which costs more than all that is done in it.
	"WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup",
	// Background work.
	"Translate", "OptimizationHints", "NetworkTimeServiceQuerying", "MediaRouter", "DialMediaRouteProvider", "CertificateTransparencyComponentUpdater",
}

// route is where connections go: all through the proxy, loopback too, or where
// Resolve says.
func route(o Options) []string {
	if o.Proxy != "" {
		return []string{"--proxy-server=http://" + o.Proxy, "--proxy-bypass-list=<-loopback>"}
	}
	f := []string{"--no-proxy-server"}
	if len(o.Resolve) == 0 {
		return f
	}
	var rules []string
	for _, host := range slices.Sorted(maps.Keys(o.Resolve)) {
		rules = append(rules, "MAP "+host+" "+o.Resolve[host])
	}
	return append(f, "--host-resolver-rules="+strings.Join(rules, ","))
}
