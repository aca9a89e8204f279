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

// param is the protocol's word for the cookie, nil if the line deletes it.
func (c Cookie) param() (*network.CookieParam, error) {
	k, err := http.ParseSetCookie(c.Line)
	if err != nil {
		name, _, _ := strings.Cut(c.Line, "=") // the value may be a secret
		return nil, fmt.Errorf("parse the cookie %q: %w", name, err)
	}
	origin, err := policy.OriginOfURL(c.URL)
	if err != nil {
		return nil, fmt.Errorf("cookie %q: %w", k.Name, err)
	}
	p := &network.CookieParam{
		Name: k.Name, Value: k.Value, URL: c.URL, Path: k.Path,
		Secure: k.Secure, HTTPOnly: k.HttpOnly, SameSite: sameSite(k.SameSite),
	}
	if k.Quoted {
		p.Value = `"` + k.Value + `"`
	}
	if k.Domain != "" {
		p.Domain = "." + strings.TrimPrefix(k.Domain, ".")
	}
	switch {
	case k.MaxAge < 0:
		return nil, nil
	case k.MaxAge > 0: // Max-Age wins over Expires (RFC 6265, section 4.1.2.2)
		p.Expires = cdp.TimeSinceEpoch(time.Now().Unix() + int64(k.MaxAge))
	case !k.Expires.IsZero() && k.Expires.Before(time.Now()):
		return nil, nil
	case !k.Expires.IsZero():
		p.Expires = cdp.TimeSinceEpoch(k.Expires.Unix())
	}
	if k.Partitioned {
		p.PartitionKey = &network.CookiePartitionKey{TopLevelSite: origin.Scheme() + "://" + origin.RegistrableDomain()}
	}
	return p, nil
}

// sameSite leaves what a browser does not know unset, as a browser does.
func sameSite(s http.SameSite) network.CookieSameSite {
	switch s {
	case http.SameSiteStrictMode:
		return network.CookieSameSiteStrict
	case http.SameSiteLaxMode:
		return network.CookieSameSiteLax
	case http.SameSiteNoneMode:
		return network.CookieSameSiteNone
	}
	return ""
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
