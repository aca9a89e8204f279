package guard

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// headers are the values that are the same for every response. Their slices are
// shared between responses: no room to append to, and never written to.
type headers struct {
	referrerPolicy, nosniff, hsts []string // hsts is nil for none
}

func newHeaders(o Options) headers {
	h := headers{referrerPolicy: []string{"strict-origin-when-cross-origin"}, nosniff: []string{"nosniff"}}
	if o.ReferrerPolicy != "" {
		h.referrerPolicy = []string{o.ReferrerPolicy}
	}
	if o.Transport.HSTS >= 0 {
		age := o.Transport.HSTS
		if age == 0 {
			age = 365 * 24 * time.Hour
		}
		value := "max-age=" + strconv.Itoa(int(age.Seconds()))
		if o.Transport.HSTSSubdomains {
			value += "; includeSubDomains"
		}
		h.hsts = []string{value}
	}
	return h
}

// sent is which headers of interest a response has, under whatever spelling:
// handlers may put names into the map that are not in canonical form.
type sent struct {
	csp, xfo, referrerPolicy, hsts, cookies bool
}

func lookAt(h http.Header) sent {
	var s sent
	if len(h) == 0 {
		return s // starting to range costs more than the rest
	}
	for name := range h {
		switch len(name) {
		case len(headerSetCookie):
			s.cookies = s.cookies || strings.EqualFold(name, headerSetCookie)
		case len(policy.HeaderXFO): // as long as Referrer-Policy
			s.xfo = s.xfo || strings.EqualFold(name, policy.HeaderXFO)
			s.referrerPolicy = s.referrerPolicy || strings.EqualFold(name, headerReferrerPolicy)
		case len(policy.HeaderCSP):
			s.csp = s.csp || strings.EqualFold(name, policy.HeaderCSP)
		case len(headerHSTS):
			s.hsts = s.hsts || strings.EqualFold(name, headerHSTS)
		}
	}
	return s
}

// writeHeaders puts the guard's headers into a response that is about to go.
func (g *Guard) writeHeaders(h http.Header, r *http.Request, stripped bool) {
	has := lookAt(h)
	g.writeFraming(h, r, has)
	if stripped {
		removeHeader(h, headerSetCookie) // made for nobody: it would replace the user's session
	} else if has.cookies {
		g.writeCookies(h, r)
	}
	if g.cors != nil {
		g.writeSharing(h, r)
	}
	if g.options.StripFrames { // the same address has two answers
		addVary(h, "Sec-Fetch-Site")
		addVary(h, "Sec-Fetch-Dest")
	}
	if has.referrerPolicy {
		g.warnOfNoReferrer(h)
	}
	if g.headersMode != Enforce {
		return
	}
	if !has.referrerPolicy {
		h[headerReferrerPolicy] = g.headers.referrerPolicy
	}
	h[headerNosniff] = g.headers.nosniff
	if g.headers.hsts != nil && !has.hsts && g.isSecure(r) && !isLocalhost(r.Host) {
		h[headerHSTS] = g.headers.hsts
	}
}

// warnOfNoReferrer tells, once, that the application makes its own forms arrive with
// Origin: null (Fetch, section 3.2; measured). Over https Sec-Fetch-Site still tells
// them from others; over plain http they are refused.
func (g *Guard) warnOfNoReferrer(h http.Header) {
	if log := g.options.Logger; log != nil && strings.EqualFold(h.Get(headerReferrerPolicy), "no-referrer") {
		g.noReferrer.Do(func() {
			log.Warn("the application sends Referrer-Policy: no-referrer, so its own forms arrive with Origin: null; same-origin would not")
		})
	}
}

// isLocalhost: a browser would keep the header for every port of this machine.
func isLocalhost(host string) bool {
	if name, _, _ := strings.Cut(host, ":"); !strings.HasSuffix(strings.TrimSuffix(name, "."), "localhost") {
		return false // nearly always, and cheap
	}
	o, err := policy.OriginOfURL("http://" + host)
	return err == nil && o.IsLoopback()
}

// removeHeader deletes a header under every spelling.
func removeHeader(h http.Header, name string) {
	for have := range h {
		if len(have) == len(name) && strings.EqualFold(have, name) {
			delete(h, have)
		}
	}
}

// addVary names a request header that the answer depends on, once.
func addVary(h http.Header, name string) {
	for _, line := range h[headerVary] {
		for have := range strings.SplitSeq(line, ",") {
			if have = strings.TrimSpace(have); have == "*" || strings.EqualFold(have, name) {
				return
			}
		}
	}
	h[headerVary] = append(h[headerVary][:len(h[headerVary]):len(h[headerVary])], name)
}
