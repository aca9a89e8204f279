package prove

import (
	"net"
	"net/url"
	"strconv"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/policy"
)

// Hosts are the made-up host:port pairs under which attempts against target publish
// the attacker's pages at port. Whoever runs the browser has to lead them to the
// attacker's listener.
func Hosts(target policy.Origin, port int) []string {
	var hosts []string
	add := func(where string) {
		if u, err := url.Parse(where); err == nil {
			hosts = append(hosts, net.JoinHostPort(u.Hostname(), strconv.Itoa(port)))
		}
	}
	for _, where := range attacker.Origins(target) {
		add(where)
	}
	add(likeTarget(target))
	return hosts
}
