package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// enabled is the example with every commented-out key switched on.
func enabled() []byte {
	key := regexp.MustCompile(`(?m)^# ((?: *- )?[ ]*[a-z_]+:| +- |  )`)
	var out []string
	for _, line := range strings.Split(string(Example), "\n") {
		if key.MatchString(line) && !strings.Contains(line, "$schema") && !prose(line) {
			line = line[2:]
			line = regexp.MustCompile(`^( +)# (submit:)`).ReplaceAllString(line, "$1$2")
		}
		out = append(out, line)
	}
	return []byte(strings.Join(out, "\n"))
}

// prose are the comment lines that explain and happen to hold a colon.
func prose(line string) bool { return strings.HasPrefix(line, "# passive:") }

func TestTheExampleIsAcceptedAsItIsAndWithEveryKeyEnabled(t *testing.T) {
	for name, text := range map[string][]byte{"as printed": Example, "everything enabled": enabled()} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := validate(t, text); err != nil {
			t.Errorf("%s: against the schema: %v", name, err)
		}
	}
}

func TestEnablingTheExampleReallyEnablesIt(t *testing.T) {
	f, err := Parse(enabled())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Identities) != 5 || len(f.DynamoDB.Tables) != 1 || f.Budget.Pages != 300 || f.Identities[0].Login.Form.Submit == "" || len(f.Policy.Embedders) != 1 {
		t.Errorf("got %+v", f)
	}
}

func TestTheExampleNamesEveryKey(t *testing.T) {
	text := string(Example)
	for _, key := range keys(reflect.TypeOf(File{}), nil) {
		last := key[strings.LastIndexByte(key, '.')+1:]
		if strings.HasPrefix(key, "policy.") {
			continue // the rules have a manual of their own
		}
		if !strings.Contains(text, last+":") && !strings.Contains(key, "success") {
			t.Errorf("the example does not show %s", key)
		}
	}
}

func TestSchemaAndFileHaveTheSameKeys(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	var got []string
	schemaKeys(schema, "", &got)
	want := keys(reflect.TypeOf(File{}), nil)
	sort.Strings(got)
	sort.Strings(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("file (-) and schema (+) differ:\n%s", diff)
	}
}

func keys(t reflect.Type, path []string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var out []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		here := append(append([]string{}, path...), name)
		out = append(out, strings.Join(here, "."))
		out = append(out, keys(t.Field(i).Type, here)...)
	}
	return out
}

func schemaKeys(node map[string]any, path string, out *[]string) {
	if items, ok := node["items"].(map[string]any); ok {
		schemaKeys(items, path, out)
	}
	properties, _ := node["properties"].(map[string]any)
	for name, child := range properties {
		here := strings.TrimPrefix(path+"."+name, ".")
		*out = append(*out, here)
		schemaKeys(child.(map[string]any), here, out)
	}
}

func validate(t *testing.T, text []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mantlet.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("mantlet.schema.json")
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
		{"an unknown key", "targets: [http://127.0.0.1]\ntragets: []\n", "[2:1] unknown field"},
		{"an unknown key deep inside", "identities:\n  - name: a\n    logn: {}\n", "[3:5] unknown field"},
		{"a list where a word is wanted", "mode: [active]\n", "[1:"},
		{"broken YAML", "targets: [\n", "["},
		{"a word that is none of the modes", "mode: agressive\n", "mode: \"agressive\" is not one of passive, active\n>  1 | mode: agressive"},
		{"a word that is no format's, with a mark at its place", "targets: [http://127.0.0.1]\nfail_on: never\n", "\n                ^"},
		{"a target that is no URL", "targets: [localhost:8000]\n", "no http or https URL"},
		{"a range that is none", "scope: {private: [10.0.0.0]}\n", "no address range"},
		{"an alias", "mode: &m active\nfail_on: *m\n", "[1:7] anchors and aliases"},
		{"a second document", "mode: active\n---\nmode: passive\n", "second document"},
		{"a limit below zero", "budget: {pages: -1}\n", "cannot be below zero"},
		{"an identity called anonymous", "identities: [{name: anonymous, cookie: A}]\n", "always looked at"},
		{"a token that is no pointer", "identities: [{name: a, login: {json: {url: /l, token: access}}}]\n", "no JSON pointer"},
		{"a time without a unit", "budget: {timeout: 10}\n", "budget.timeout"},
		{"an identity without a way to log in", "identities: [{name: a}]\n", "needs a login"},
		{"two identities of one name", "identities: [{name: a, cookie: A}, {name: a, cookie: B}]\n", "the name is taken"},
		{"a login without url", "identities: [{name: a, login: {form: {fields: {u: x}}}}]\n", "login needs a url"},
		{"an origin that is none", "policy: {trusted_origins: [example.org/path]}\n", "policy"},
		{"a duplicate key", "mode: active\nmode: passive\n", "[2:1]"},
		{"binary", "mode: \x00\n", "NUL"},
	} {
		_, err := Parse([]byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}

func TestSecretsComeFromTheEnvironmentOnly(t *testing.T) {
	env := map[string]string{"PW": "hunter22"}
	text := "identities:\n  - name: a\n    login: {form: {url: /login, fields: {u: a}, secrets: {p: %s}}}\n"
	for _, test := range []struct{ name, variable, want string }{
		{"set", "PW", ""},
		{"unset", "NOT_SET", `identity "a": login.form.secrets.p: environment variable NOT_SET is not set`},
		{"the secret itself", "'s3cr3t-p4ss!'", "no name of an environment variable"},
		{"a secret that could be a name", "s3cr3tpass", "looks like a secret itself"},
		{"nothing", "~", "names no environment variable"},
	} {
		file, err := Parse([]byte(strings.Replace(text, "%s", test.variable, 1)))
		if err != nil {
			t.Fatal(err)
		}
		specs, err := file.Specs(func(name string) string { return env[name] })
		switch {
		case test.want == "" && (err != nil || specs[0].Form.Secrets["p"] != "hunter22"):
			t.Errorf("%s: got %v, %v", test.name, specs, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		case test.want != "" && strings.Contains(err.Error(), "s3cr3t"):
			t.Errorf("%s: the error quotes the secret", test.name)
		}
	}
}

func TestAnEmptyFileIsAllDefaults(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n"} {
		if f, err := Parse([]byte(text)); err != nil || !reflect.DeepEqual(f, File{}) {
			t.Errorf("%q: got %+v, %v", text, f, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Example)
	f.Add(enabled())
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse(text)
		if err == nil {
			file.Specs(func(string) string { return "value" })
		}
	})
}
