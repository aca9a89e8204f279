package config

import _ "embed"

// Example is a commented mantlet.yaml with every key, as `mantlet init` prints it.
//
//go:embed example.yaml
var Example []byte

// Schema is the JSON Schema of the file, for editors.
//
//go:embed mantlet.schema.json
var Schema []byte
