package prove

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// HostsLike are the host:port pairs of sites whose names end like the domains given,
// and of partners over unencrypted http, for variants that name one.
func HostsLike(domains, partners []string) []string {
	var hosts []string
	for _, p := range partners {
		if o, ok := finding.Downgraded(p); ok {
			hosts = append(hosts, net.JoinHostPort(strings.Trim(o.Host(), "[]"), strconv.Itoa(int(o.Port()))))
		}
	}
	for _, d := range domains {
		if o, ok := finding.Ending(d); ok {
			hosts = append(hosts, net.JoinHostPort(o.Host(), strconv.Itoa(int(o.Port()))))
		}
	}
	return hosts
}

// Hosts are the made-up host:port pairs under which attempts against target publish
// the attacker's pages: at port, or where the port is a part of what is made up.
// Whoever runs the browser has to lead them to the attacker's listener.
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
	for _, use := range impostors {
		o, ok := finding.Impostor(target, use)
		if ok && (o.Host() != target.Host() || o.Port() != target.Port()) {
			host := net.JoinHostPort(strings.Trim(o.Host(), "[]"), strconv.Itoa(int(o.Port())))
			hosts = append(hosts, host)
		}
	}
	return hosts
}
