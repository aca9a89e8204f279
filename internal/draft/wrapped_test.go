package draft

import (
	"strings"
	"testing"
)

// A login that is wrapped into an object is drafted with pointers, and a token that
// goes into a header of its own with that header.
func TestWrappedLogins(t *testing.T) {
	const document = `{"openapi": "3.0.0", "info": {"title": "w", "version": "1"},
	 "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "%s"}}, "schemas": {
	  "Login": {"type": "object", "properties": {"email": {"type": "string"}, "password": {"type": "string"}}},
	  "User": {"type": "object", "properties": {"token": {"type": "string"}}}}},
	 "paths": {"/users/login": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"user": {"$ref": "#/components/schemas/Login"}}}}}},
	  "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object", "properties": {"user": {"$ref": "#/components/schemas/User"}}}}}}}}}}}`
	for header, want := range map[string]string{"Authorization": "", "X-Api-Key": "X-Api-Key: {token}"} {
		d, err := FromOpenAPI([]byte(strings.Replace(document, "%s", header, 1)), "http://127.0.0.1:8000/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		if l := d.Login; l == nil || l.User != "/user/email" || l.Password != "/user/password" || l.Token != "/user/token" || l.TokenAs != want {
			t.Errorf("%s: %+v", header, l)
		}
	}
}
