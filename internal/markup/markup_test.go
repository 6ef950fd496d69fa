package markup

import (
	"html/template"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type item struct {
	Name string
	Tags []string
	Next *item
}

type sample struct {
	Title  string
	N      int64
	Share  float64
	Flag   bool
	Items  []item
	First  *item
	Absent *item
}

func values(text string) sample {
	one := item{Name: text, Tags: []string{text, "", "b"}}
	return sample{Title: text, N: -7, Share: .25, Flag: true, Items: []item{one, {}, {Name: "z", Next: &one}}, First: &one}
}

const text = `{{define "tags"}}<b title="{{.Name}}">{{range .Tags}}[{{.}}{{$.Name}}]{{else}}none{{end}}</b>{{end -}}
<h1 id="{{.Title}}">{{.Title}}</h1> {{.N}} {{.Share}} {{.Flag}}
{{- range .Items}}
<p class="{{if .Name}}named{{else}}bare{{end}}">{{template "tags" .}}{{with .Next}}{{.Name}} of {{$.Title}}{{else}}last {{$.N}}{{end}}</p>
{{- end}}
{{if .Absent}}there{{end}}{{with .First}}{{.Name}}{{end}}{{if .Flag}}yes{{end}}
`

// TestExecute holds the package to html/template, whatever the values are.
func TestExecute(t *testing.T) {
	all := new(strings.Builder)
	for r := range rune(0x250) {
		all.WriteRune(r)
	}
	for _, hostile := range []string{"", "plain", `<script>alert("1")</script>`, `" onclick='x' a="`, "a&amp;b+c`\x00</h1>", "\xff\xfe", all.String()} {
		var got, want strings.Builder
		own, err := Parse("own", text)
		require.NoError(t, err)
		require.NoError(t, own.Execute(&got, values(hostile)))
		require.NoError(t, template.Must(template.New("own").Parse(text)).Execute(&want, values(hostile)))
		assert.Equal(t, want.String(), got.String())
	}
}

func TestHTMLIsWrittenAsItIs(t *testing.T) {
	var got strings.Builder
	own, err := Parse("own", "{{.A}}{{.B}}")
	require.NoError(t, err)
	require.NoError(t, own.Execute(&got, struct {
		A HTML
		B string
	}{"<b>", "<b>"}))
	assert.Equal(t, "<b>&lt;b&gt;", got.String())
}

// What a template can't say is an error, never a silent gap.
func TestErrors(t *testing.T) {
	for _, bad := range []string{"{{.Nope}}", "{{range .Title}}{{end}}", "{{.Title.Length}}", `{{template "nope" .}}`, "{{$x := .N}}", `{{"text"}}`, "{{.Absent.Name}}", "{{break}}"} {
		own, err := Parse("own", bad)
		if err == nil {
			err = own.Execute(new(strings.Builder), values("x"))
		}
		assert.Error(t, err, bad)
	}
}
