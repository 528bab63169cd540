package starter

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle string

// section is what the documentation says of one resource.
type section struct {
	Name       string
	Operations []operation
}

type operation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []field
	Request, Response                      []field
}

type field struct {
	Name, In, Type, Doc string
	Required            bool
	Depth               int
}

// newDocs renders the OpenAPI document as one page that needs nothing else: no script, no other host.
func newDocs(api *huma.OpenAPI) (http.Handler, error) {
	page, err := template.New("docs").Parse(docsPage)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Title": api.Info.Title, "Version": api.Info.Version, "Description": api.Info.Description, "Sections": sections(api),
		"Style": template.CSS(docsStyle), //nolint:gosec // our own file
	})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(docsStyle))
	policy := "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(out.Bytes())
	}), nil
}

func sections(api *huma.OpenAPI) []section {
	var all []section
	for path, item := range api.Paths {
		for method, o := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete,
		} {
			if o == nil {
				continue
			}
			name := "Other"
			if len(o.Tags) > 0 {
				name = o.Tags[0]
			}
			at := slices.IndexFunc(all, func(s section) bool { return s.Name == name })
			if at < 0 {
				at = len(all)
				all = append(all, section{Name: name})
			}
			all[at].Operations = append(all[at].Operations, describe(api, method, path, o))
		}
	}
	slices.SortFunc(all, func(a, b section) int { return cmp.Compare(a.Name, b.Name) })
	for _, s := range all {
		slices.SortFunc(s.Operations, func(a, b operation) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method)) })
	}
	return all
}

func describe(api *huma.OpenAPI, method, path string, o *huma.Operation) operation {
	d := operation{ID: o.OperationID, Method: method, Path: path, Summary: o.Summary, Description: o.Description}
	for _, p := range o.Parameters {
		d.Parameters = append(d.Parameters, field{Name: p.Name, In: p.In, Type: kind(api, p.Schema), Doc: p.Description, Required: p.Required})
	}
	if o.RequestBody != nil {
		d.Request = fields(api, o.RequestBody.Content["application/json"], 0)
	}
	for _, status := range []string{"200", "201"} {
		if r := o.Responses[status]; r != nil {
			d.Response = fields(api, r.Content["application/json"], 0)
		}
	}
	return d
}

func fields(api *huma.OpenAPI, media *huma.MediaType, depth int) []field {
	if media == nil {
		return nil
	}
	return properties(api, media.Schema, depth)
}

// maxDocDepth is how far the page follows objects in objects.
const maxDocDepth = 2

func properties(api *huma.OpenAPI, schema *huma.Schema, depth int) (all []field) {
	schema = resolved(api, schema)
	if schema != nil && schema.Items != nil {
		schema = resolved(api, schema.Items)
	}
	if schema == nil || depth > maxDocDepth {
		return nil
	}
	names := make([]string, 0, len(schema.Properties))
	for name := range schema.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p := schema.Properties[name]
		doc := p.Description
		if target := resolved(api, p); doc == "" && target != nil {
			doc = target.Description
		}
		all = append(all, field{Name: name, Type: kind(api, p), Doc: doc, Required: slices.Contains(schema.Required, name), Depth: depth})
		all = append(all, properties(api, p, depth+1)...)
	}
	return all
}

func resolved(api *huma.OpenAPI, schema *huma.Schema) *huma.Schema {
	if schema != nil && schema.Ref != "" {
		return api.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	return schema
}

// kind is what a value looks like, in words.
func kind(api *huma.OpenAPI, schema *huma.Schema) string {
	schema = resolved(api, schema)
	if schema == nil {
		return "any"
	}
	var choices []string
	for _, v := range schema.Enum {
		if s, ok := v.(string); ok {
			choices = append(choices, s)
		}
	}
	of, isSchema := schema.AdditionalProperties.(*huma.Schema)
	switch {
	case len(choices) > 0:
		return strings.Join(choices, " | ")
	case schema.Type == "array":
		return "list of " + kind(api, schema.Items)
	case schema.Type == "object" && isSchema:
		return "object of " + kind(api, of)
	case schema.Format == "date-time":
		return "time"
	}
	return cmp.Or(schema.Type, "any")
}
