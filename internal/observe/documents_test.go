package observe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

func TestRobotsAndSitemapsLeadToPages(t *testing.T) {
	site := look(t, scope.Claim{Exclude: []string{"/private"}}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		base := "http://" + r.Host
		switch r.URL.Path {
		case "/robots.txt":
			fmt.Fprintf(w, "User-agent: *\nDisallow: /hidden # not for you\nDisallow: /private\nDisallow: /*.pdf\nDisallow: /logout\nAllow: /delete-everything\nSitemap: %s/maps/index.xml\n", base)
		case "/maps/index.xml":
			fmt.Fprintf(w, "<sitemapindex><sitemap><loc>%s/maps/one.xml</loc></sitemap><sitemap><loc>http://elsewhere.example/two.xml</loc></sitemap></sitemapindex>", base)
		case "/maps/one.xml":
			fmt.Fprintf(w, "<urlset><url><loc> %s/listed </loc></url><url><loc>http://elsewhere.example/x</loc></url>", base)
		default:
			html(w, "page")
		}
	})
	if diff := cmp.Diff([]string{"/", "/hidden", "/listed"}, paths(site, "")); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestLinksThatChangeAreRecordedAndNotFollowed(t *testing.T) {
	page := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			html(w, `<a href=/logout>Log out</a><a href="/theme?value=dark">Dark</a><a href="/items?delete=3">x</a><a href="/go?id=1">Remove</a>
				<a href=/items/7/delete>Delete</a><a href=/items/8/delete>Delete</a><a href="/items?page=2">More</a>`)
		case "/logout", "/theme", "/go":
			t.Errorf("%s was followed", r.URL)
		case "/items":
			if r.URL.Query().Has("delete") {
				t.Errorf("%s was followed", r.URL)
			}
		case "/items/7/delete":
			html(w, "<form method=post><button>Really delete</button></form>")
		case "/items/8/delete":
			t.Error("a second thing's deletion was opened")
		}
	}
	active := look(t, scope.Claim{}, Options{}, page)
	passive := look(t, scope.Claim{Mode: scope.Passive}, Options{}, page)
	for _, endpoint := range []string{"GET /theme", "GET /items", "GET /go"} {
		if i, a := actionAt(active, endpoint); i < 0 || a.Source != "link" || a.Selector == "" {
			t.Errorf("%s: got %+v", endpoint, a)
		}
	}
	if i, _ := actionAt(active, "GET /logout"); i >= 0 {
		t.Error("logging out became an action to try")
	}
	if i, _ := actionAt(active, "POST /items/{id}/delete"); i < 0 {
		t.Error("active: the page that asks first was not seen")
	}
	if slices.ContainsFunc(paths(passive, ""), func(p string) bool { return strings.HasSuffix(p, "/delete") }) || !hasSkip(passive, "may change something at once", false) {
		t.Errorf("passive: fetched %v, skips %+v", paths(passive, ""), passive.Skips)
	}
	if i, _ := actionAt(passive, "GET /items/{id}/delete"); i < 0 {
		t.Error("passive: the link was not recorded")
	}
}

func TestRoutes(t *testing.T) {
	r := newRoutes()
	r.document("/users/{user_id}")
	r.document("/users/me")
	r.document("/files/report-{year}.pdf")
	r.document("/a/{x}/b/{y}")
	for path, want := range map[string]string{
		"/":                      "/",
		"/users/me":              "/users/me",
		"/users/anybody":         "/users/{user_id}",
		"/files/report-2026.pdf": "/files/report-{year}.pdf",
		"/a/1/b/2?q=3#f":         "/a/{x}/b/{y}",
		"/items/42":              "/items/{id}",
		"/items/42/":             "/items/{id}/",
		"/items/3f2b8c1e-6a4d-4f7b-9c3e-5d1a2b3c4d5e/edit": "/items/{id}/edit",
		"/o/01ARZ3NDEKTSV4RRFFQ69G5FAV":                    "/o/{id}",
		"/c/deadbeef01":                                    "/c/{id}",
		"/t/aGVsbG8gd29ybGQ5OTk4ODc3":                      "/t/{id}",
		"/days/2026-01-15":                                 "/days/{id}",
		"/api/v1/things":                                   "/api/v1/things",
		"/oauth2/authorize":                                "/oauth2/authorize",
		"/facade/decade":                                   "/facade/decade",
		"/step2/account-settings-page":                     "/step2/account-settings-page",
	} {
		if got := r.of("http://site.test" + path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestNamesAreToldFromFunctions(t *testing.T) {
	r := newRoutes()
	shown := func(identity string, paths ...string) (list []address) {
		for _, p := range paths {
			list = append(list, address{identity, "http://site.test" + p})
		}
		return list
	}
	r.learnNames(slices.Concat(
		shown("alice", "/notes/ink/delete", "/notes/card/delete", "/profile/phone/delete", "/profile/picture/delete", "/settings/mail/save", "/settings/name/save", "/news/my-first-post/edit", "/news/a-2nd/edit"),
		shown("bob", "/notes/pen/delete", "/profile/phone/delete", "/profile/picture/delete", "/news/my-first-post/edit", "/news/a-2nd/edit")))
	for path, want := range map[string]string{
		"/notes/ink/delete": "/notes/{id}/delete", "/notes/pen": "/notes/{id}", "/notes/other": "/notes/other",
		"/profile/phone/delete": "/profile/phone/delete", "/settings/mail/save": "/settings/mail/save", "/news/my-first-post/edit": "/news/{id}/edit",
	} {
		if got := r.of("http://site.test" + path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func FuzzRobots(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /a\nSitemap: http://x/s.xml\r\nAllow:/b#c"))
	f.Fuzz(func(t *testing.T, data []byte) {
		paths, sitemaps := parseRobots(data)
		for _, p := range paths {
			if !strings.HasPrefix(p, "/") {
				t.Errorf("%q is no path", p)
			}
		}
		if len(paths)+len(sitemaps) > mostSeeds {
			t.Errorf("%d entries", len(paths)+len(sitemaps))
		}
	})
}

func FuzzSitemap(f *testing.F) {
	f.Add([]byte("<?xml version='1.0'?><urlset><url><loc>http://x/</loc></url></urlset>"))
	f.Add([]byte("<sitemapindex><sitemap><loc>http://x/</loc>"))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b 'c'>]><loc>&b;&b;</loc>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if pages, maps := parseSitemap(data); len(pages)+len(maps) > mostSeeds {
			t.Errorf("%d entries", len(pages)+len(maps))
		}
	})
}

func FuzzRoute(f *testing.F) {
	f.Add("http://site.test/a/1/b", "/a/{x}/b")
	f.Add("http://site.test//%2f/..//", "/x-{y}.z")
	f.Fuzz(func(t *testing.T, raw, documented string) {
		r := newRoutes()
		if strings.HasPrefix(documented, "/") {
			r.document(documented)
		}
		route := r.of(raw)
		if !strings.HasPrefix(route, "/") {
			t.Errorf("%q became %q", raw, route)
		}
		if again := r.of(raw); again != route {
			t.Errorf("%q became %q, then %q", raw, route, again)
		}
	})
}
