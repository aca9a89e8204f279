package report

import (
	"reflect"
	"testing"
)

// hostile is the sample with text put into every string of it, however deep. The
// words of our own closed vocabularies (State, Severity …) are left alone, or
// nothing would be shown as proven, except in one further finding, where they are
// spoiled as well: a saved stream may hold anything.
func hostile(t testing.TB, text string) Report {
	r := sample(t)
	spoil(reflect.ValueOf(&r).Elem(), text, false)
	stranger := sample(t).Findings[0]
	spoil(reflect.ValueOf(&stranger).Elem(), text, true)
	r.Findings = append(r.Findings, stranger)
	return r
}

// spoil adds text to every string under v, and to those of named types if words.
func spoil(v reflect.Value, text string, words bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem(), text, words)
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i), text, words)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				spoil(v.Field(i), text, words)
			}
		}
	case reflect.String:
		if words || v.Type() == reflect.TypeFor[string]() {
			v.SetString(v.String() + text)
		}
	}
}
