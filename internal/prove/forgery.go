package prove

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// A forgery is one variant of a plan, filled in: what the attacker's page sends.
type forgery struct {
	variant  finding.Variant
	sub      submission
	marker   marker
	vehicles []attacker.Vehicle // that can deliver it, the best first
	consent  consent            // for a variant that the browser asks the target about
}

// forge makes a forgery with a fresh marker. The error is an *errNotTestable if
// no attacker could send that variant.
func (s *subject) forge(ctx context.Context, v finding.Variant) (forgery, error) {
	if s.ready != nil {
		if err := s.ready(ctx); err != nil {
			return forgery{}, err
		}
	}
	fill, err := s.fillForged(ctx)
	if err != nil {
		return forgery{}, err
	}
	if s.extra != nil {
		fill.values = append(slices.DeleteFunc(fill.values, func(v value) bool { return v.name == s.extra.name }), *s.extra)
	}
	fg := forgery{variant: v, marker: fill.marker, sub: s.submission(fill)}
	// Headers of the application's script cannot be set from another origin
	// without its consent, so an attacker goes without.
	fg.sub.headers = nil
	if err := s.placeTokens(ctx, &fg); err != nil {
		return fg, err
	}
	if err := fg.reshape(s.action); err != nil {
		return fg, err
	}
	if v.Consent {
		if fg.consent, err = s.bench.askConsent(ctx, s.target, fg.sub.address(), fg.sub.method, fg.sub.encoding, v); err != nil {
			return fg, err
		}
	}
	fg.vehicles = fg.deliverable()
	if len(fg.vehicles) == 0 {
		return fg, impossible("no page of another origin can send it without asking first: %s", fg.obstacle())
	}
	return fg, nil
}

// fillForged fills the action in for a forgery, with what an attacker may know.
func (s *subject) fillForged(ctx context.Context) (filling, error) {
	switch {
	case s.nursery != nil:
		return s.forgeCanary(ctx, finding.Finding{})
	case s.witness.kind == byTransition:
		// The change has to differ from what stands now, which any attacker may guess.
		if err := s.open(ctx); err != nil {
			return filling{}, err
		}
	}
	return s.fill(s.style), nil
}

// reshape applies what the variant says of method and encoding.
func (fg *forgery) reshape(a finding.Action) error {
	v := fg.variant
	if v.HasEncoding {
		fg.sub.encoding = v.Encoding
		fg.sub.asJSON = a.Encoding == finding.EncodingJSON && (v.Encoding == "" || v.Encoding == finding.EncodingText || v.Encoding == finding.EncodingJSON)
	}
	if v.Method != "" {
		fg.sub.method = strings.ToUpper(v.Method)
	}
	if v.Override != "" {
		if v.Method == "" {
			fg.sub.method = http.MethodPost
		}
		real := strings.ToUpper(a.Method)
		switch name, inQuery := strings.CutPrefix(v.Override, "query:"); {
		case inQuery:
			u := *fg.sub.url
			query := u.Query()
			query.Set(name, real)
			u.RawQuery = query.Encode()
			fg.sub.url = &u
		case strings.HasPrefix(strings.ToUpper(v.Override), "X-"):
			return impossible("the header %s cannot be set from another origin without its consent", v.Override)
		default:
			fg.sub.values = append([]value{{name: v.Override, text: real}}, fg.sub.values...)
		}
	}
	if fg.sub.method == http.MethodGet {
		fg.sub.encoding, fg.sub.asJSON = "", false
	}
	return nil
}

// deliverable lists the vehicles that carry the forgery as it is.
func (fg *forgery) deliverable() []attacker.Vehicle {
	if fg.variant.Consent {
		return []attacker.Vehicle{attacker.Fetch}
	}
	switch fg.sub.method {
	case http.MethodGet:
		return []attacker.Vehicle{attacker.Link, attacker.Image, attacker.Frame}
	case http.MethodPost:
	default:
		return nil
	}
	switch fg.sub.encoding {
	case finding.EncodingURL:
		return []attacker.Vehicle{attacker.Form}
	case finding.EncodingMultipart:
		for _, v := range fg.sub.values {
			if v.kind == "file" {
				return []attacker.Vehicle{attacker.Fetch}
			}
		}
		return []attacker.Vehicle{attacker.Form}
	case finding.EncodingText:
		return []attacker.Vehicle{attacker.Fetch, attacker.Form}
	case "":
		return []attacker.Vehicle{attacker.Fetch}
	}
	return nil
}

func (fg *forgery) obstacle() string {
	if m := fg.sub.method; m != http.MethodGet && m != http.MethodPost {
		return "the method " + m + " needs a preflight"
	}
	return "the content type " + fg.sub.encoding + " needs a preflight"
}

// page is the attacker's page that sends the forgery by one vehicle.
func (fg *forgery) page(by attacker.Vehicle) attacker.Forge {
	p := attacker.Forge{
		Vehicle: by, Method: fg.sub.method, URL: fg.sub.address(), Encoding: fg.sub.encoding,
		NoReferrer: fg.variant.Origin == finding.OriginSilent, Sandboxed: fg.variant.Origin == finding.OriginNull,
	}
	if fg.sub.method == http.MethodGet {
		return p
	}
	for _, v := range fg.sub.inBody() {
		field := attacker.Field{Name: v.name, Value: v.text}
		if v.kind == "file" {
			field.FileName, field.Type = v.text+".txt", "text/plain"
		}
		p.Fields = append(p.Fields, field)
	}
	if fg.sub.asJSON || fg.sub.encoding == finding.EncodingText || fg.sub.encoding == "" {
		body, _ := fg.sub.body()
		p.Body = string(body)
	}
	return p
}

// means is how the forgery travels by one vehicle from a page of origin from.
func (fg *forgery) means(by attacker.Vehicle, from, to policy.Origin) policy.Means {
	m := policy.Means{Page: from, PageURL: from.String() + "/", To: to, Method: fg.sub.method, BodyType: fg.sub.encoding}
	if fg.variant.Origin == finding.OriginNull {
		m.Page, m.PageURL = policy.Opaque, ""
	}
	if fg.variant.Origin == finding.OriginSilent {
		m.ReferrerPolicy = "no-referrer"
	}
	m.CORS, m.Consented = fg.variant.Consent, fg.consent.given(m.Page)
	switch by {
	case attacker.Form:
		m.By = policy.ByForm
	case attacker.Fetch:
		m.By = policy.ByFetch
	case attacker.Image:
		m.By, m.Dest = policy.ByElement, "image"
	case attacker.Frame:
		m.By = policy.ByFrame
	case attacker.Link:
		m.By = policy.ByLink
	}
	return m
}

// whyNot says why a browser does not send the forgery from a page.
func (fg *forgery) whyNot(sent policy.Sent, page policy.Origin) string {
	if fg.variant.Origin == finding.OriginNull {
		page = policy.Opaque
	}
	if why := fg.consent.why(page); sent.Preflight && why != "" {
		return "the browser asks the target first, which does not consent: " + why
	}
	return sent.Reason.Explain()
}

func kindOf(by attacker.Vehicle) policy.Kind {
	switch by {
	case attacker.Form, attacker.Link:
		return policy.TopLevelNavigation
	case attacker.Frame:
		return policy.Subframe
	}
	return policy.Subresource
}

// placeTokens does with the action's tokens what the variant says.
func (s *subject) placeTokens(ctx context.Context, fg *forgery) error {
	use := fg.variant.Token
	var genuine []value
	var kept []value
	for _, v := range fg.sub.values {
		if v.token {
			genuine = append(genuine, v)
		} else {
			kept = append(kept, v)
		}
	}
	s.dropQueryTokens(fg, use)
	if len(genuine) == 0 {
		return s.withoutField(ctx, fg, use)
	}
	fg.sub.values = kept
	switch use {
	case finding.TokenAsIs, finding.TokenAbsent:
		// Of a token that belongs to the victim the attacker knows nothing: as found means without.
		return nil
	case finding.TokenEmpty, finding.TokenWrong:
		for _, v := range genuine {
			v.text = map[finding.TokenUse]string{finding.TokenEmpty: "", finding.TokenWrong: wrongToken(v.text)}[use]
			fg.sub.values = append(fg.sub.values, v)
		}
		return nil
	case finding.TokenInQuery:
		for _, v := range genuine {
			v.in = "query"
			fg.sub.values = append(fg.sub.values, v)
		}
		return nil
	}
	for _, v := range genuine {
		text, err := s.foreignToken(ctx, use, v.name)
		if err != nil {
			return err
		}
		v.text = text
		fg.sub.values = append(fg.sub.values, v)
	}
	return nil
}

// withoutField handles actions whose form has no token field: the token is in the
// address, in a header, or there is none.
func (s *subject) withoutField(ctx context.Context, fg *forgery, use finding.TokenUse) error {
	name := s.action.HeaderToken
	switch use {
	case finding.TokenOtherSession, finding.TokenBeforeLogin:
		if name != "" {
			return impossible("the token travels in the header %s, which cannot be set from another origin without its consent", name)
		}
		for _, n := range s.queryTokens(fg.sub.url) {
			text, err := s.foreignToken(ctx, use, n)
			if err != nil {
				return err
			}
			fg.sub.values = append(fg.sub.values, value{name: n, in: "query", text: text, token: true})
		}
	}
	return nil
}

// dropQueryTokens takes a token out of the address, except where the variant is
// about just that.
func (s *subject) dropQueryTokens(fg *forgery, use finding.TokenUse) {
	if use == finding.TokenInQuery {
		return
	}
	u := *fg.sub.url
	query := u.Query()
	for _, name := range s.queryTokens(&u) {
		switch use {
		case finding.TokenEmpty:
			query.Set(name, "")
		case finding.TokenWrong:
			query.Set(name, wrongToken(query.Get(name)))
		default:
			query.Del(name)
		}
		u.RawQuery = query.Encode()
	}
	fg.sub.url = &u
}

func (s *subject) queryTokens(u *url.URL) []string {
	var names []string
	for name, values := range u.Query() {
		if s.tokens[name] || len(values) > 0 && (tokenLike.MatchString(name) && len(values[0]) >= 8 || looksRandom(values[0])) {
			names = append(names, name)
		}
	}
	return names
}
