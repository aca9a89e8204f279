package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"

	"github.com/mantlet-dev/mantlet/policy"
)

// A Cookie is put into a Context as if the response of URL had set it.
type Cookie struct {
	// Line is the value of a Set-Cookie header: "sid=1; Path=/; Secure". An
	// attribute that is not in the line is not set: no SameSite stays no SameSite,
	// no Domain makes a cookie of exactly URL's host.
	Line string
	// URL is the address whose response set the cookie.
	URL string
}

// param is the protocol's word for the cookie, nil if the line deletes it or is none.
func (c Cookie) param() (*network.CookieParam, error) {
	k := policy.ParseSetCookie(c.Line)
	origin, err := policy.OriginOfURL(c.URL)
	if err != nil {
		return nil, fmt.Errorf("cookie %q: %w", k.Name, err)
	}
	expires, ended := expiry(k, time.Now())
	if ended || k.Name == "" && k.Value == "" {
		return nil, nil
	}
	p := &network.CookieParam{
		Name: k.Name, Value: k.Value, URL: c.URL, Path: k.Path, Expires: expires,
		Secure: k.Secure, HTTPOnly: k.HTTPOnly,
	}
	if k.SameSite != policy.SameSiteUnset {
		p.SameSite = network.CookieSameSite(k.SameSite.String())
	}
	if k.Domain != "" {
		p.Domain = "." + k.Domain // the protocol takes a bare name for host-only
	}
	if k.Partitioned {
		p.PartitionKey = &network.CookiePartitionKey{TopLevelSite: origin.Scheme() + "://" + origin.RegistrableDomain()}
	}
	return p, nil
}

// expiry is when k expires, 0 for the end of the session, and whether it already
// has. Max-Age wins over Expires (RFC 6265, section 4.1.2.2).
func expiry(k policy.Cookie, now time.Time) (cdp.TimeSinceEpoch, bool) {
	switch {
	case k.HasMaxAge:
		return cdp.TimeSinceEpoch(float64(now.Unix()) + float64(k.MaxAge)), k.MaxAge <= 0
	case k.Expires.IsZero():
		return 0, false
	}
	return cdp.TimeSinceEpoch(k.Expires.Unix()), !k.Expires.After(now)
}

// cookieOf rebuilds the line that sets k, and an address that may set it.
func cookieOf(k *network.Cookie) Cookie {
	line := []string{k.Name + "=" + k.Value, "Path=" + k.Path}
	if k.Name == "" {
		line[0] = k.Value
	}
	if strings.HasPrefix(k.Domain, ".") {
		line = append(line, "Domain="+k.Domain[1:])
	}
	if !k.Session {
		line = append(line, "Expires="+time.Unix(int64(k.Expires), 0).UTC().Format(http.TimeFormat))
	}
	if k.Secure {
		line = append(line, "Secure")
	}
	if k.HTTPOnly {
		line = append(line, "HttpOnly")
	}
	if k.SameSite != "" {
		line = append(line, "SameSite="+string(k.SameSite))
	}
	if k.PartitionKey != nil {
		line = append(line, "Partitioned")
	}
	at := url.URL{Scheme: "https", Host: strings.TrimPrefix(k.Domain, "."), Path: k.Path}
	if k.SourceScheme == network.CookieSourceSchemeNonSecure {
		at.Scheme = "http"
	}
	if k.SourcePort > 0 && k.SourcePort != 443 && k.SourcePort != 80 {
		at.Host += ":" + strconv.FormatInt(k.SourcePort, 10)
	}
	return Cookie{Line: strings.Join(line, "; "), URL: at.String()}
}
