"""Whether a state-changing request can have come from the application's own pages."""

from urllib.parse import urlsplit

# Answering to any other name would let a page bound to this address by its own
# DNS entry call itself same-origin. Names under .localhost never leave the machine.
HOSTS = {"127.0.0.1", "localhost"}


def _served(host):
    name = urlsplit("//" + host).hostname or ""
    return name in HOSTS or name.endswith(".localhost")


def suspicious_socket(scheme, headers):
    """The same of a WebSocket handshake. Origin is all there is to go by: no other evidence comes with it."""
    host, origin = ([value for key, value in headers if key == name] for name in ("host", "origin"))
    if len(host) != 1 or not _served(host[0]):
        return "not a name of this application"
    own = ("https" if scheme in ("wss", "https") else "http") + f"://{host[0]}"
    return None if origin == [own] else "another origin"


def suspicious(method, scheme, headers):
    """Why a request may be forged, or None. headers: (lower-case name, value) as received."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return None

    def sent(name):
        return [value for key, value in headers if key == name]

    host, origin, site, referer = sent("host"), sent("origin"), sent("sec-fetch-site"), sent("referer")
    if len(host) != 1 or not _served(host[0]):
        return "not a name of this application"
    own = f"{scheme}://{host[0]}"
    if origin:
        return None if origin == [own] else "another origin"
    if site:
        return None if site == ["same-origin"] else "another site"
    if referer:
        parts = urlsplit(referer[0])
        return None if f"{parts.scheme}://{parts.netloc}" == own else "another page"
    # Nothing tells where it comes from. Without a cookie there is no authority
    # to borrow: programs that use a bearer token look like this.
    return "no sign of where it comes from" if sent("cookie") else None


# Which origins a weak variant takes for its own. Each is (origin as sent or "", Host) -> bool.

def own_origin(origin, host):
    return origin in (f"http://{host}", f"https://{host}")


def any_origin(origin, host):
    return True


def begins_like_own(origin, host):
    """A prefix is not a host: the name may go on."""
    return (urlsplit(origin).hostname or "").startswith(host.rpartition(":")[0])


def ends_like(domain):
    """A suffix is not a domain: something may stand before it without a dot."""

    def check(origin, host):
        return own_origin(origin, host) or (urlsplit(origin).hostname or "").endswith(domain)

    return check


def one_of(*origins):
    def check(origin, host):
        return origin in origins

    return check
