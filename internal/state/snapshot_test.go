package state_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

func TestJSONIsKeyedByPathAndById(t *testing.T) {
	before := []byte(`{"me":{"email":"a@b"},"items":[{"id":1,"name":"one"},{"id":2,"name":"two"}],"tags":["x","y"]}`)
	after := []byte(`{"items":[{"id":2,"name":"two"},{"id":3,"name":"three"},{"id":1,"name":"uno"}],"me":{"email":"c@d"},"tags":["y","x","z"]}`)
	got := state.Diff(flatJSON(t, before), flatJSON(t, after))
	want := []finding.Change{
		{Where: "GET /x $.items[id=1].name", Before: "one", After: "uno"},
		{Where: "GET /x $.items[id=3].id", After: "3"},
		{Where: "GET /x $.items[id=3].name", After: "three"},
		{Where: "GET /x $.me.email", Before: "a@b", After: "c@d"},
		{Where: "GET /x $.tags[]", After: "z"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func flatJSON(t *testing.T, body []byte) state.Snapshot {
	t.Helper()
	s, err := state.FlattenJSON("GET /x", body)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const payees = `<!doctype html><title>Bank</title><body><main>
<h1>Payees</h1><script>var x = "not seen"</script>
<form method=post action="/settings"><input type=hidden name=csrf_token value="IjVhNTRj.awKI7A.9oD"><input name=email value="a@b.test"><input type=password name=pw value=secret>
<select name=lang><option value=en>English<option value=de selected>Deutsch</select>
<input type=checkbox name=news value=on checked><textarea name=note>hello</textarea><button>Save</button></form>
<table class=payees><tr><td>Electric</td><td>DE02</td><td><a href="/payees/1/delete">Delete</a></td></tr></table>
<ul><li>one <b>bold</b></li></ul><p hidden>hidden</p></main>`

func TestPreformattedTextIsReadLineByLine(t *testing.T) {
	got := state.Diff(nil, state.FlattenHTML("GET /p", []byte("<body><pre>\nUid :  2\nName : Ann\n</pre>")))
	want := []finding.Change{{Where: "GET /p html>body>pre", After: "Name : Ann"}, {Where: "GET /p html>body>pre", After: "Uid : 2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHTMLIsWhatAReaderSees(t *testing.T) {
	got := state.Diff(nil, state.FlattenHTML("GET /p", []byte(payees)))
	want := []finding.Change{
		{Where: "GET /p body>main>h1", After: "Payees"},
		{Where: "GET /p form[POST /settings] email", After: "a@b.test"},
		{Where: "GET /p form[POST /settings] lang", After: "de"},
		{Where: "GET /p form[POST /settings] news=on", After: "checked"},
		{Where: "GET /p form[POST /settings] note", After: "hello"},
		{Where: "GET /p html>head>title", After: "Bank"},
		{Where: "GET /p link", After: "/payees/1/delete"},
		{Where: "GET /p main>form>button", After: "Save"},
		{Where: "GET /p main>ul>li", After: "one bold"},
		{Where: "GET /p table.payees>tbody>tr", After: "Electric | DE02 | Delete"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestANewFirstRowIsOneChange(t *testing.T) {
	page := func(rows string) state.Snapshot {
		return state.FlattenHTML("GET /p", []byte("<table>"+rows+"</table>"))
	}
	got := state.Diff(page("<tr><td>b<tr><td>c"), page("<tr><td>a<tr><td>b<tr><td>c"))
	if len(got) != 1 || got[0].After != "a" {
		t.Errorf("got %v, want one new row", got)
	}
}

func TestNoiseHidesWhatChangesByItself(t *testing.T) {
	page := func(clock, visits, body string) state.Snapshot {
		return state.FlattenHTML("GET /p", []byte("<p>Served at "+clock+"</p><p>Visits: "+visits+"</p><div>"+body+"</div>"))
	}
	var noise state.Noise
	noise.Learn(state.Diff(page("10:01:02", "7", "hello"), page("10:01:03", "8", "hello")))
	if left := noise.Filter(state.Diff(page("11:00:00", "9", "hello"), page("12:00:00", "12", "hello"))); len(left) != 0 {
		t.Errorf("clock and counter are noise, got %v", left)
	}
	left := noise.Filter(state.Diff(page("11:00:00", "9", "hello"), page("12:00:00", "12", "changed")))
	if len(left) != 2 {
		t.Errorf("a line of another shape is no noise, got %v", left)
	}
}

func TestAPlaceWhereThingsAppearByThemselvesIsNoise(t *testing.T) {
	var noise state.Noise
	noise.Learn([]finding.Change{{Where: "dynamodb log[id=17].text", After: "read the page"}})
	if !noise.Covers(finding.Change{Where: "dynamodb log[id=18].text", After: "something else altogether"}) {
		t.Error("a log that grows by itself says nothing, whatever it says")
	}
	if noise.Covers(finding.Change{Where: "dynamodb users[id=1].text", After: "read the page"}) {
		t.Error("another table is no noise")
	}
}

func FuzzFlattenJSON(f *testing.F) {
	f.Add([]byte(`{"a":[{"id":1},{"id":2}],"b":[1,[2,{"c":null}]]}`))
	f.Add([]byte(`[[],{}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := state.FlattenJSON("GET /", body)
		if err == nil && len(state.Diff(s, s)) != 0 {
			t.Error("a snapshot differs from itself")
		}
	})
}

func FuzzFlattenHTML(f *testing.F) {
	f.Add([]byte(payees))
	f.Add([]byte(`<table><form><tr><td><select name=a><option>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, b := state.FlattenHTML("GET /", body), state.FlattenHTML("GET /", body)
		if d := state.Diff(a, b); len(d) != 0 {
			t.Errorf("the same page differs from itself: %v", d)
		}
	})
}
