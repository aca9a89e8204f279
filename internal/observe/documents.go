package observe

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// apiPlaces are where frameworks put their OpenAPI documents.
var apiPlaces = []string{"/openapi.json", "/swagger.json", "/api/openapi.json", "/v3/api-docs", "/swagger/v1/swagger.json", "/openapi.yaml"}

const (
	// mostSitemaps and mostSeeds bound what robots and sitemaps may name.
	mostSitemaps = 5
	mostSeeds    = 2000
)

// readDocuments reads what a site says about itself: robots, sitemaps, OpenAPI.
func (c *collector) readDocuments() {
	for _, o := range c.grant.Targets() {
		c.readRobots(o.String())
	}
	for _, named := range c.o.OpenAPI {
		c.readNamedAPI(named)
	}
	for _, o := range c.grant.Targets() {
		before := len(c.api.operations)
		for _, place := range apiPlaces {
			if len(c.api.operations) == before && len(c.o.OpenAPI) == 0 {
				c.readAPI(o.String()+place, false)
			}
		}
	}
}

// document fetches one, as anonymous and then as the identities until one may.
func (c *collector) document(rawURL, purpose string) *view {
	if c.grant.Allows(rawURL) != nil || c.stopped != nil {
		return nil
	}
	for _, s := range c.sessions {
		v := c.fetch(s, visit{url: rawURL, purpose: purpose})
		switch {
		case v.err != nil:
			c.noteFailure(v)
			return nil
		case v.exchange.Status == 200:
			return v
		case v.exchange.Status == 404 || v.exchange.Status == 405:
			return nil
		}
	}
	return nil
}

func (c *collector) readRobots(origin string) {
	maps := []string{origin + "/sitemap.xml"}
	if v := c.document(origin+"/robots.txt", "robots"); v != nil && v.page == nil {
		c.keep(v)
		paths, named := parseRobots(v.body)
		for _, p := range paths {
			c.addSeed(origin + p)
		}
		maps = append(named, maps...)
	}
	tried := map[string]bool{}
	for len(maps) > 0 && len(tried) < mostSitemaps {
		next := maps[0]
		maps = maps[1:]
		if tried[next] {
			continue
		}
		tried[next] = true
		v := c.document(next, "robots")
		if v == nil || v.page != nil {
			continue
		}
		c.keep(v)
		pages, further := parseSitemap(v.body)
		for _, p := range pages {
			c.addSeed(p)
		}
		maps = append(maps, further...)
	}
}

// addSeed takes an address that robots or a sitemap name. What its words say it
// does is left alone: nobody clicked there.
func (c *collector) addSeed(raw string) {
	u, err := url.Parse(raw)
	if err != nil || len(c.seeds) >= mostSeeds {
		return
	}
	u.Fragment, u.RawFragment = "", ""
	if raw = u.String(); c.grant.Allows(raw) == nil && !markup.IsLogout(raw, "") && !markup.SuggestsChange(raw, "") && !markup.NamesChange(raw) {
		c.seeds = append(c.seeds, visit{url: raw, purpose: "crawl"})
	}
}

// parseRobots gives the plain paths that a robots file names, allowed or not, and
// its sitemaps. It is read to find pages and not as a permission: those who run
// scans on their own site decide what is in scope.
func parseRobots(data []byte) (paths, sitemaps []string) {
	for _, line := range strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = strings.Cut(line, "#")
		key, value, found := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !found || value == "" || len(paths)+len(sitemaps) >= mostSeeds {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "allow", "disallow":
			if strings.HasPrefix(value, "/") && !strings.ContainsAny(value, "*$ ") {
				paths = append(paths, value)
			}
		case "sitemap":
			sitemaps = append(sitemaps, value)
		}
	}
	return paths, sitemaps
}

// parseSitemap gives the pages that a sitemap names, and the sitemaps that an index
// names. It takes what it can of a broken file.
func parseSitemap(data []byte) (pages, sitemaps []string) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	inIndex, inLoc := false, false
	for len(pages)+len(sitemaps) < mostSeeds {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			inIndex = inIndex || t.Name.Local == "sitemapindex"
			inLoc = t.Name.Local == "loc"
		case xml.EndElement:
			inLoc = false
		case xml.CharData:
			loc := strings.TrimSpace(string(t))
			switch {
			case !inLoc || loc == "":
			case inIndex:
				sitemaps = append(sitemaps, loc)
			default:
				pages = append(pages, loc)
			}
		}
	}
	return pages, sitemaps
}

// readAPI reads the document at an address; missing ones matter only if somebody
// named them.
func (c *collector) readAPI(rawURL string, named bool) {
	if c.apiRead[rawURL] {
		return
	}
	c.apiRead[rawURL] = true
	v := c.document(rawURL, "openapi")
	if v == nil {
		if named {
			c.skip(finding.Skip{What: rawURL, Why: "the OpenAPI document could not be fetched", Incomplete: true})
		}
		return
	}
	if c.takeAPI(v.body, rawURL, named) {
		c.keep(v)
	}
}

func (c *collector) takeAPI(data []byte, source string, named bool) bool {
	doc, err := parseOpenAPI(data, source)
	if err != nil {
		if named || !errors.Is(err, errNoOpenAPI) {
			c.skip(finding.Skip{What: source, Why: err.Error(), Incomplete: named})
		}
		return false
	}
	c.api.add(c.routes, doc, source)
	return true
}

func (c *collector) readNamedAPI(named string) {
	isURL := strings.HasPrefix(named, "http://") || strings.HasPrefix(named, "https://")
	if info, err := os.Stat(named); !isURL && err == nil && info.Mode().IsRegular() {
		data, err := os.ReadFile(named)
		if err != nil {
			c.skip(finding.Skip{What: named, Why: err.Error(), Incomplete: true})
			return
		}
		c.takeAPI(data, c.site.Target, true)
		return
	}
	if u, ok := c.absolute(named); ok {
		c.readAPI(u, true)
		return
	}
	c.skip(finding.Skip{What: named, Why: "it is neither a file nor an address in scope", Incomplete: true})
}

var apiInPage = regexp.MustCompile(`["'\x60]([^"'\x60\s]*(?:openapi|swagger|api-docs)[^"'\x60\s]*\.?(?:json|yaml|yml)?)["'\x60]`)

// readLinkedAPI tries the documents that pages name, such as the one that
// interactive documentation shows.
func (c *collector) readLinkedAPI(views []*view) {
	tried := 0
	for _, v := range views {
		if v.page == nil || v.exchange.Status != 200 {
			continue
		}
		for _, m := range apiInPage.FindAllSubmatch(v.body, 20) {
			u, ok := v.page.Resolve(string(m[1]))
			if !ok || isAsset(u) || c.apiRead[u] || tried == 10 {
				continue
			}
			tried++
			c.readAPI(u, false)
		}
	}
}
