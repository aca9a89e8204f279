package observe

import (
	"fmt"
	"net/http"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// doors are addresses at which applications leave open what is meant for operators
// and developers. What answers there is judged by its content, since some sites
// answer everything with a page.
var doors = []string{
	"/.env", "/.git/HEAD",
	"/console", "/debug/pprof/", "/debug/vars", "/__debug__/render_panel/",
	"/actuator", "/metrics", "/server-status", "/phpinfo.php",
}

// keptDoor is how much of such an answer is kept: what it is shows at once.
const keptDoor = 16 << 10

// tryDoors asks each target for each of them once, as a visitor. Who does not want
// one of them asked for excludes its path from the scope.
func (c *collector) tryDoors() {
	if c.stopped != nil {
		return
	}
	var visits []visit
	for _, o := range c.grant.Targets() {
		for _, path := range doors {
			raw := o.String() + path
			if c.grant.Allows(raw) == nil && c.byURL[viewKey("", raw)] == nil {
				visits = append(visits, visit{url: raw, purpose: "door"})
			}
		}
	}
	for _, v := range c.fetchAll(c.sessions[0], visits) {
		x := v.exchange
		if x.Status >= http.StatusMultipleChoices && x.Status < http.StatusBadRequest || x.Status == http.StatusNotFound {
			continue
		}
		x.ID, x.Route, x.Body = fmt.Sprintf("d%d", len(c.site.Doors)+1), pathOf(x.URL), v.body[:min(len(v.body), keptDoor)]
		c.site.Doors = append(c.site.Doors, x)
	}
}

// readLogins takes over how the target answered the logins.
func (c *collector) readLogins() {
	for _, s := range c.sessions {
		for _, a := range s.LoginAnswers() {
			c.site.Logins = append(c.site.Logins, LoginAnswer{Identity: s.Name(), Status: a.Status, Header: a.Header, Ambient: s.Ambient(),
				Endpoint: finding.Endpoint{Method: http.MethodPost, Route: c.routes.of(a.URL), URL: a.URL}})
		}
	}
}
