package policy

// JudgeHandshake says whether the rules let a WebSocket be opened. Browsers send
// no fetch metadata with a handshake and apply no CORS to it, so Origin is all
// there is (RFC 6455, section 10.2). Judge asks it for every upgrade.
func (r Rules) JudgeHandshake(q Request) Decision {
	var self Origin
	if refusal := r.admit(&self, &q); refusal != "" {
		return deny(refusal)
	}
	return r.judgeSocket(&self, &q)
}

func (r *Rules) judgeSocket(self *Origin, q *Request) Decision {
	origin, hasOrigin, twice := q.single(headerOrigin)
	if twice {
		return deny(AmbiguousHeader)
	}
	if !hasOrigin {
		// No browser, and nothing of a browser's to ride on.
		if !q.ambient() {
			return allow(NoCredentials)
		}
		return deny(MissingOrigin)
	}
	d := judgeOrigin(self, origin)
	if !d.Allowed && trusts(r.SocketOrigins, origin) {
		return allow(SocketOrigin)
	}
	if !d.Allowed {
		return d
	}
	switch site, ok, twice := q.single(headerFetchSite); {
	case twice:
		return deny(AmbiguousHeader)
	case !ok, site == "same-origin", site == "none":
		return d
	}
	return deny(Contradiction)
}
