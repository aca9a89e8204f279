package scope

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// errAddress is the cause of refusing an address at connect time.
var errAddress = errors.New("address refused")

// reserved are the ranges that are no public hosts and that netip's own
// predicates do not cover (IANA special-purpose address registries).
var reserved = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
	"2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(list ...string) []netip.Prefix {
	var ps []netip.Prefix
	for _, s := range list {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

// isPublic says whether an address can only be a host on the public internet.
func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	return !within(reserved, a)
}

func within(ranges []netip.Prefix, a netip.Addr) bool {
	for _, p := range ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// dialer connects to the hosts of a claim. It looks at the address that is really
// dialled, so a name that changes its mind between check and use gains nothing.
type dialer struct {
	hosts    map[string]string
	private  []netip.Prefix
	timeout  time.Duration
	resolver *net.Resolver // nil: this machine's
}

// dial connects to host:port, which the caller has found to be in scope.
func (d *dialer) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	if mapped, ok := d.hosts[hostport]; ok {
		return d.dialAny(ctx, network, mapped)
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", hostport, err)
	}
	nd := net.Dialer{Timeout: d.timeout, Resolver: d.resolver, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		return d.permit(host, address)
	}}
	if !isLocalName(host) {
		return nd.DialContext(ctx, network, hostport)
	}
	// Browsers resolve localhost and names below it to loopback without asking DNS.
	conn, err := nd.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		if six, err6 := nd.DialContext(ctx, network, net.JoinHostPort("::1", port)); err6 == nil {
			return six, nil
		}
	}
	return conn, err
}

// dialAny connects to an address that was declared as such.
func (d *dialer) dialAny(ctx context.Context, network, addr string) (net.Conn, error) {
	nd := net.Dialer{Timeout: d.timeout}
	return nd.DialContext(ctx, network, addr)
}

// permit decides whether the address that a host led to may be dialled.
func (d *dialer) permit(host, address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errAddress, err)
	}
	a := ap.Addr().Unmap().WithZone("")
	if isLocalName(host) {
		if a.IsLoopback() {
			return nil
		}
		return fmt.Errorf("%w: %s led to %s, which is not loopback", errAddress, host, a)
	}
	if literal, err := netip.ParseAddr(host); err == nil && literal.Unmap().WithZone("") == a {
		return nil // the address itself was declared
	}
	if isPublic(a) || within(d.private, a) {
		return nil
	}
	return fmt.Errorf("%w: %s led to %s, which is not a public address; declare the range under scope.private if it is yours",
		errAddress, host, a)
}

func isLocalName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// dialKey is how an origin is written for the dialer.
func dialKey(o policy.Origin) string {
	return net.JoinHostPort(strings.Trim(o.Host(), "[]"), fmt.Sprint(o.Port()))
}
