package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// loadSwagger2 converts a Swagger 2 document, in JSON or YAML; nil and no error if it
// is none.
func loadSwagger2(data []byte, loader *openapi3.Loader) (*openapi3.T, error) {
	if data = bytes.TrimSpace(data); !bytes.HasPrefix(data, []byte("{")) {
		if !bytes.Contains(data, []byte("swagger")) || bytes.Contains(data, []byte("\nopenapi:")) || bytes.HasPrefix(data, []byte("openapi:")) {
			return nil, nil
		}
		var err error
		if data, err = yamlToJSON(data); err != nil {
			return nil, err
		}
	}
	var version struct {
		Swagger any `json:"swagger"`
	}
	if json.Unmarshal(data, &version) != nil || !strings.HasPrefix(fmt.Sprint(version.Swagger), "2") {
		return nil, nil
	}
	var old openapi2.T
	if err := old.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	return openapi2conv.ToV3WithLoader(&old, loader, nil)
}

// yamlToJSON reads YAML without the anchors that make a small document large.
func yamlToJSON(data []byte) ([]byte, error) {
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Type == token.AnchorType || t.Type == token.AliasType || t.Type == token.MergeKeyType {
			return nil, errors.New("anchors and aliases are not read: convert the document to JSON")
		}
	}
	return yaml.YAMLToJSON(data)
}
