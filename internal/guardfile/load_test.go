package guardfile

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mantlet-dev/mantlet/guard"
)

// enabled is the example with every commented-out key switched on.
func enabled() []byte {
	text := strings.Replace(string(Example), "policy: {}", "policy:", 1)
	return regexp.MustCompile(`(?m)^# ( *[a-z_]+:)`).ReplaceAll([]byte(text), []byte("$1"))
}

func getenv(name string) string {
	return map[string]string{"GUARD_KEY": strings.Repeat("k", 32), "PRINCIPAL_KEY": strings.Repeat("p", 32)}[name]
}

func TestTheExampleIsAcceptedAndMakesAGuard(t *testing.T) {
	for name, text := range map[string][]byte{"as printed": Example, "everything enabled": enabled()} {
		file, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := validate(t, text); err != nil {
			t.Errorf("%s: against the schema: %v", name, err)
		}
		options, err := file.Options(getenv)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if file.Principal.Sessions != nil {
			options.Principals.Of = func(*http.Request) (string, error) { return "", nil }
			if _, err := file.Principal.Sessions.Options(getenv); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := guard.New(file.Policy, options); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if full := name != "as printed"; full && (file.CORS == nil || len(file.Policy.Embedders) != 1 || file.Limits.HeaderBytes != 65536 || len(options.InsecureOff) != 1) {
			t.Errorf("%s: got %+v", name, file)
		}
	}
}

func TestSchemaAndFileAndExampleHaveTheSameKeys(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	got, want := schemaKeys(schema, ""), fieldKeys(reflect.TypeFor[File](), "")
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("file (-) and schema (+) differ:\n%s", diff)
	}
	for _, key := range want {
		if last := key[strings.LastIndexByte(key, '.')+1:]; !strings.Contains(string(Example), last+":") {
			t.Errorf("the example does not show %s", key)
		}
	}
}

func fieldKeys(t reflect.Type, path string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var keys []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		here := strings.TrimPrefix(path+"."+name, ".")
		keys = append(append(keys, here), fieldKeys(f.Type, here)...)
	}
	return keys
}

func schemaKeys(node map[string]any, path string) []string {
	var keys []string
	if items, ok := node["items"].(map[string]any); ok {
		keys = schemaKeys(items, path)
	}
	properties, _ := node["properties"].(map[string]any)
	for name, child := range properties {
		here := strings.TrimPrefix(path+"."+name, ".")
		keys = append(append(keys, here), schemaKeys(child.(map[string]any), here)...)
	}
	return keys
}

func validate(t *testing.T, text []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("guard.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("guard.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"an unknown key", "upstream: http://a\nlisten_on: :80\n", "[2:1] unknown field"},
		{"an unknown rule of the policy", "policy:\n  trusted_orgins: []\n", "[2:3] unknown field"},
		{"a word where a list is wanted", "json_paths: /api\n", "[1:"},
		{"broken YAML", "upstream: [\n", "["},
		{"a duplicate key", "admin: a\nadmin: b\n", "[2:1]"},
		{"binary", "admin: \x00\n", "NUL"},
		{"a time without a unit", "https: {hsts: 10}\n", `https.hsts: "10"`},
		{"a key that is not set", "tokens: {keys: [NOT_SET]}\n", "environment variable NOT_SET"},
		{"a proxy that is no network", "https: {trusted_proxies: [proxy.example]}\n", "no address or network"},
		{"a principal's key that is not set", "principal: {keys: [NOT_SET], audience: app}\n", "principal.keys: the environment variable NOT_SET"},
		{"sessions in two places", "principal: {sessions: {table: t, signed_keys: [GUARD_KEY]}}\n", "either in a table or in signed cookies"},
		{"a region of no table", "principal: {sessions: {region: eu-west-1}}\n", "no table is named"},
		{"a life that is none", "principal: {life: long}\n", `principal.life: "long"`},
		{"SameSite=None", "cookies: {same_site: none}\n", "neither lax nor strict"},
	} {
		file, err := Parse([]byte(test.text))
		if err == nil {
			_, err = file.Options(getenv)
		}
		if s := file.Principal.Sessions; s != nil && err == nil {
			_, err = s.Options(getenv)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Example)
	f.Add(enabled())
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if file, err := Parse(text); err == nil {
			if options, err := file.Options(getenv); err == nil {
				guard.New(file.Policy, options)
			}
		}
	})
}

func TestSharingCanOnlyBeTakenAway(t *testing.T) {
	for _, test := range []struct {
		text string
		want guard.CORS
		says string // the guard's refusal
	}{
		{"cors: {tighten: true, origins: [https://partner.example, \"*\"]}", guard.CORS{Tighten: true, Origins: []string{"https://partner.example", "*"}}, ""},
		{"cors: {tighten: true, origins: []}", guard.CORS{Tighten: true, Origins: []string{}}, ""},
		{"cors: {tighten: true, credentials: true}", guard.CORS{Tighten: true, Credentials: true}, "to the application"},
		{"cors: {tighten: true, origins: [http://partner.example]}", guard.CORS{Tighten: true, Origins: []string{"http://partner.example"}}, "plain http"},
	} {
		file, err := Parse([]byte(test.text))
		if err != nil {
			t.Fatalf("%s: %v", test.text, err)
		}
		if err := validate(t, []byte(test.text)); err != nil {
			t.Errorf("%s: against the schema: %v", test.text, err)
		}
		options, err := file.Options(getenv)
		if err != nil || options.CORS == nil || !reflect.DeepEqual(*options.CORS, test.want) {
			t.Errorf("%s: got %+v, %v", test.text, options.CORS, err)
		}
		if _, err := guard.New(file.Policy, options); (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: the guard says %v", test.text, err)
		}
	}
}
