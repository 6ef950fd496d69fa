package machine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// scopes are the objects of json and ndjson.
var scopes = []struct {
	name   string
	object any
}{{"run", jsonRun{}}, {"destination", jsonDay{}}, {"schedule", jsonSchedule{}}, {"connection", jsonLasting{}}}

// JSONSchema returns the JSON Schema (draft 2020-12) of the documents of json and of the
// lines of ndjson. It is made of the types that are written and their doc tags.
func JSONSchema() []byte {
	defs := map[string]any{}
	var refs []any
	for _, s := range scopes {
		object := schemaOf(reflect.TypeOf(s.object))
		properties := object["properties"].(map[string]map[string]any)
		properties["scope"]["const"] = s.name
		properties["schema"]["const"] = SchemaVersion
		defs[s.name] = object
		refs = append(refs, map[string]any{"$ref": "#/$defs/" + s.name})
	}
	defs["object"] = map[string]any{"oneOf": refs}
	schema := map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "beacon: the objects of -f ndjson, and the array of them that -f json writes",
		"description": "The first object is the run, the others are the findings by rank. Times are RFC 3339 in UTC.",
		"$defs":       defs,
		"anyOf": []any{
			map[string]any{"$ref": "#/$defs/object"},
			map[string]any{"type": "array", "items": map[string]any{"$ref": "#/$defs/object"}},
		},
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // maps of strings
	}
	return append(text, '\n')
}

// schemaOf returns the schema of a type that is written as JSON.
func schemaOf(t reflect.Type) map[string]any {
	switch t.Kind() {
	case reflect.Pointer:
		s := schemaOf(t.Elem())
		s["type"] = []any{s["type"], "null"}
		return s
	case reflect.String:
		if t == reflect.TypeFor[utc]() {
			return map[string]any{"type": "string", "format": "date-time"}
		}
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return map[string]any{"type": "integer"}
	case reflect.Map:
		return map[string]any{"type": "object"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Array:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem()), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Struct:
		return objectSchema(t)
	}
	panic(fmt.Sprintf("no JSON Schema of %s", t))
}

func objectSchema(t reflect.Type) map[string]any {
	properties := map[string]map[string]any{}
	required := []string{}
	for _, f := range fieldsOf(t) {
		s := schemaOf(f.Type)
		s["description"] = f.Tag.Get("doc")
		if enum := f.Tag.Get("enum"); enum != "" {
			s["enum"] = strings.Split(enum, ",")
		}
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		properties[name] = s
		if option != "omitempty" {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// fieldsOf returns the fields that a struct is written with, those of an embedded struct
// in its place.
func fieldsOf(t reflect.Type) (fields []reflect.StructField) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			fields = append(fields, fieldsOf(f.Type)...)
		} else {
			fields = append(fields, f)
		}
	}
	return fields
}

// FieldTable returns the fields of each scope as Markdown, for the README of package
// report.
func FieldTable() string {
	var b strings.Builder
	b.WriteString("| scope | field | type | meaning |\n| --- | --- | --- | --- |\n")
	common := map[string]bool{}
	addRows(&b, "every finding", "", reflect.TypeFor[jsonFinding](), nil)
	for _, f := range fieldsOf(reflect.TypeFor[jsonFinding]()) {
		common[f.Name] = true
	}
	addRows(&b, "run", "", reflect.TypeFor[jsonRun](), nil)
	addRows(&b, "destination", "", reflect.TypeFor[jsonDay](), common)
	addRows(&b, "schedule", "", reflect.TypeFor[jsonSchedule](), common)
	return b.String()
}

// addRows adds a line for each field of a struct and of those within it, but for the
// ones to skip.
func addRows(b *strings.Builder, scope, prefix string, t reflect.Type, skip map[string]bool) {
	for _, f := range fieldsOf(t) {
		if skip[f.Name] {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fmt.Fprintf(b, "| %s | `%s%s` | %s | %s |\n", scope, prefix, name, typeWords(f.Type), f.Tag.Get("doc"))
		switch inner := f.Type; {
		case inner.Kind() == reflect.Struct:
			addRows(b, scope, prefix+name+".", inner, nil)
		case inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct:
			addRows(b, scope, prefix+name+"[].", inner.Elem(), nil)
		}
	}
}

func typeWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeWords(t.Elem()) + " or null"
	case reflect.Slice:
		return "list"
	case reflect.Array:
		return "[low, high]"
	}
	if t == reflect.TypeFor[utc]() {
		return "time"
	}
	return schemaOf(t)["type"].(string)
}
