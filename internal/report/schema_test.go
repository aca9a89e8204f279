package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// compile gives the schema of part ("document", "message"). Strict is the schema
// with every unknown field forbidden: our own output must not hold a field that
// the published schema does not know, though readers have to ignore such.
func compile(t *testing.T, part string, strict bool) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema))
	if err != nil {
		t.Fatal(err)
	}
	if strict {
		for _, def := range schema.(map[string]any)["$defs"].(map[string]any) {
			if def := def.(map[string]any); def["properties"] != nil {
				def["additionalProperties"] = false
			}
		}
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("scan.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("scan.json#/$defs/" + part)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func validate(t *testing.T, schema *jsonschema.Schema, text string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v\nin %s", err, text)
	}
}

func TestEveryReportValidates(t *testing.T) {
	document, message := compile(t, "document", true), compile(t, "message", true)
	random := rand.New(rand.NewPCG(3, 4))
	reports := []Report{sample(t), {Run: finding.Run{Schema: Schema, Mode: "passive"}}, new(Collector).Report()}
	for range 60 {
		reports = append(reports, invented(random))
	}
	for i, r := range reports {
		r.Run.Schema, r.Run.Mode = Schema, "active"
		r = collected(t, r)
		for _, m := range r.Messages() {
			line, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, message, string(line))
		}
		var out strings.Builder
		if err := JSON(&out, r); err != nil {
			t.Fatal(err)
		}
		validate(t, document, out.String())
		if t.Failed() {
			t.Fatalf("report %d", i)
		}
	}
	validate(t, message, `{"progress":{"phase":"prove","text":"","done":1,"total":0,"requests":3}}`)
}

func TestSchemaRefusesWhatIsNoReport(t *testing.T) {
	message := compile(t, "message", false)
	for _, text := range []string{
		`{}`, `[]`, `{"skip":{"what":"a"}}`, `{"skip":{"what":"a","why":"b"},"end":{}}`,
		`{"finding":{"id":"x","weakness":"csrf","title":"","endpoint":{"method":"","route":"","url":""},"state":"proven","why":"","severity":"high","cvss":{"vector":"","score":7}}}`,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if message.Validate(value) == nil {
			t.Errorf("the schema accepts %s", text)
		}
	}
}

// collected is r after it went through a stream and a Collector.
func collected(t *testing.T, r Report) Report {
	t.Helper()
	var c Collector
	for _, m := range r.Messages() {
		if err := c.Handle(m); err != nil {
			t.Fatal(err)
		}
	}
	return c.Report()
}

// words are the closed vocabularies from which invented picks; a named string type
// that is missing here gets free text.
var words = map[reflect.Type][]string{
	reflect.TypeFor[finding.State]():      {"suspected", "proven", "refuted", "not-testable"},
	reflect.TypeFor[finding.Severity]():   {"critical", "high", "medium", "low", "info"},
	reflect.TypeFor[finding.From]():       {"cross-site", "sibling", "other-port"},
	reflect.TypeFor[finding.Age]():        {"fresh", "aged"},
	reflect.TypeFor[finding.ThirdParty](): {"allowed", "blocked"},
	reflect.TypeFor[finding.PlanKind]():   {"frame", "forge"},
	reflect.TypeFor[finding.Weakness]():   {"csrf", "clickjacking", "cookie-samesite", "unheard-of"},
}

// invented is a report in which everything that can be there may be there.
func invented(random *rand.Rand) Report {
	var r Report
	invent(reflect.ValueOf(&r).Elem(), random)
	for _, list := range [][]finding.Finding{r.Findings, r.Refuted} {
		for i := range list {
			list[i].CVSS.Score = float64(random.IntN(101)) / 10
			if list[i].Proof == nil {
				list[i].Proof = &finding.Proof{}
			}
			for j := range list[i].Vector {
				list[i].Vector[j].By = "browser"
			}
		}
	}
	r.End.Score = finding.Score{}
	return r
}

func invent(v reflect.Value, random *rand.Rand) {
	switch v.Kind() {
	case reflect.Pointer:
		if random.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			invent(v.Elem(), random)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), random.IntN(4), 4))
		for i := range v.Len() {
			invent(v.Index(i), random)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(random.IntN(1e9)))))
			return
		}
		for i := range v.NumField() {
			invent(v.Field(i), random)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d <&\"'", random.IntN(1000)))
		if list := words[v.Type()]; list != nil {
			v.SetString(list[random.IntN(len(list))])
		}
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int:
		v.SetInt(int64(random.IntN(1000)))
	}
}
