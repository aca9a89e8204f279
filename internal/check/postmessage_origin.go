package check

import (
	"net/http"
	"regexp"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
	"github.com/mantlet-dev/mantlet/policy"
)

var postMessageOrigin = &Check{
	ID:    string(finding.PostMessageOrigin),
	Doc:   "scripts that hear messages of other windows and do not ask who sends them",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		at := map[string]int{} // by script, which a layout puts on every page
		stands := map[string]bool{}
		var list []finding.Finding
		for _, page := range p.Site.Pages {
			if page.Exchange.Identity == "" {
				continue // what a visitor is shown acts for nobody
			}
			for _, h := range page.Handlers {
				if h.Sender == markup.SenderExactly {
					continue
				}
				here := finding.Endpoint{Method: http.MethodGet, Route: page.Exchange.Route, URL: page.Exchange.URL}
				if i, known := at[h.Script]; known {
					if place := h.Script + "\x00" + here.String(); !stands[place] {
						stands[place] = true
						list[i].Routes = append(list[i].Routes, here)
					}
					continue
				}
				stands[h.Script+"\x00"+here.String()] = true
				at[h.Script] = len(list)
				list = append(list, heard(p, here, page.Exchange.Identity, h))
			}
		}
		for _, f := range list {
			p.Report(f)
		}
	},
}

// acts matches what a handler does with more than what is drawn.
var acts = regexp.MustCompile(`\bfetch\s*\(|XMLHttpRequest|\baxios\b|\$\.(?:ajax|post|get)\b|\.submit\s*\(|sendBeacon|postMessage\s*\(|\blocation\b|\beval\s*\(|innerHTML|document\.write|localStorage|sessionStorage|document\.cookie|\.click\s*\(`)

// heard is the suspicion about one handler. It stands by itself where the handler is
// seen to act and to ask nobody; otherwise only an attack makes it one.
func heard(p *Pass, here finding.Endpoint, who string, h markup.Handler) finding.Finding {
	a := finding.Action{Method: http.MethodGet, URL: here.URL, Route: here.Route, Page: here.URL, Source: "script"}
	f := forgeryAs(p, a, who, http.MethodGet, policy.TopLevelNavigation, policy.Subframe)
	why := "The handler does not ask who sent the message."
	if h.Sender == markup.SenderPartly {
		why = "The handler compares only a part of the sender's origin, which another site can have too."
	}
	sure := acts.MatchString(h.Script) && h.Sender != markup.SenderUnclear && anyOpen(f.vector)
	if !sure {
		why = "The handler may not ask who sent the message; it is a finding only if a foreign page's message has an effect."
	}
	found := f.finding(finding.PostMessageOrigin, why, !sure)
	found.Plan.Kind, found.Plan.Messages = finding.PlanMessage, h.Messages
	found.Evidence[0] = finding.Evidence{Kind: "note", Source: here.URL, Text: h.Script}
	return found
}
