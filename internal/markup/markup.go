// Package markup fills a template of HTML with values, all of them escaped but those of
// type HTML.
//
// The syntax is that of text/template: {{.Field}}, {{$.Field}}, if, else, range, with,
// define and template; there are no functions and no methods. Note: html/template, which
// the tests hold this package to, finds methods by name, so a program that links it keeps
// every exported method of every type that it has: 8 MB in the case of beacon.
package markup

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/template/parse"
)

// HTML is text that is written as it is.
type HTML string

// Template is a parsed template.
type Template struct {
	name  string
	trees map[string]*parse.Tree
}

// Parse parses a template. Values may stand in the text of elements and in quoted values
// of attributes that hold neither scripts nor addresses: everywhere else only an HTML is safe.
func Parse(name, text string) (*Template, error) {
	trees, err := parse.Parse(name, text, "", "")
	if err != nil {
		return nil, err
	}
	return &Template{name, trees}, nil
}

// Execute writes the template with the fields of data, a struct or a pointer to one.
func (t *Template) Execute(w io.Writer, data any) error {
	root := reflect.ValueOf(data)
	x := &execution{w: w, template: t, root: root}
	x.list(t.trees[t.name].Root, root)
	return x.err
}

// execution is one filling of a template.
type execution struct {
	w        io.Writer
	template *Template
	root     reflect.Value // what $ stands for
	err      error         // the first one; nothing is written after it
}

func (x *execution) fail(node parse.Node, format string, args ...any) {
	if x.err == nil {
		x.err = fmt.Errorf("template %s: %s: %s", x.template.name, node, fmt.Sprintf(format, args...))
	}
}

func (x *execution) write(text string) {
	if x.err == nil {
		_, x.err = io.WriteString(x.w, text)
	}
}

// list writes the nodes of a list, of which dot is the value.
func (x *execution) list(list *parse.ListNode, dot reflect.Value) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		if x.err != nil {
			return
		}
		x.node(node, dot)
	}
}

func (x *execution) node(node parse.Node, dot reflect.Value) {
	switch n := node.(type) {
	case *parse.TextNode:
		x.write(string(n.Text))
	case *parse.ActionNode:
		x.value(x.eval(n.Pipe, dot))
	case *parse.IfNode:
		if truth(x.eval(n.Pipe, dot)) {
			x.list(n.List, dot)
		} else {
			x.list(n.ElseList, dot)
		}
	case *parse.WithNode:
		if v := x.eval(n.Pipe, dot); truth(v) {
			x.list(n.List, v)
		} else {
			x.list(n.ElseList, dot)
		}
	case *parse.RangeNode:
		v := x.eval(n.Pipe, dot)
		if !v.IsValid() || v.Kind() != reflect.Slice {
			x.fail(node, "not a slice")
			return
		}
		for i := range v.Len() {
			x.list(n.List, v.Index(i))
		}
		if v.Len() == 0 {
			x.list(n.ElseList, dot)
		}
	case *parse.TemplateNode:
		x.call(n, dot)
	default:
		x.fail(node, "not supported")
	}
}

// call writes another template, for which $ is its own value.
func (x *execution) call(n *parse.TemplateNode, dot reflect.Value) {
	tree := x.template.trees[n.Name]
	if tree == nil {
		x.fail(n, "there is no such template")
		return
	}
	var v reflect.Value
	if n.Pipe != nil {
		v = x.eval(n.Pipe, dot)
	}
	inner := &execution{w: x.w, template: x.template, root: v, err: x.err}
	inner.list(tree.Root, v)
	x.err = inner.err
}

// eval returns the value of a pipeline, which is one field, dot or $.
func (x *execution) eval(pipe *parse.PipeNode, dot reflect.Value) reflect.Value {
	if len(pipe.Decl) > 0 || len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		x.fail(pipe, "not supported")
		return reflect.Value{}
	}
	switch n := pipe.Cmds[0].Args[0].(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return x.field(n, dot, n.Ident)
	case *parse.VariableNode:
		if n.Ident[0] == "$" {
			return x.field(n, x.root, n.Ident[1:])
		}
	}
	x.fail(pipe, "not supported")
	return reflect.Value{}
}

// field returns the field at the end of a chain of names.
func (x *execution) field(node parse.Node, v reflect.Value, names []string) reflect.Value {
	for _, name := range names {
		for v.IsValid() && v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if !v.IsValid() || v.Kind() != reflect.Struct {
			x.fail(node, "%s: not a field of a struct", name)
			return reflect.Value{}
		}
		if v = v.FieldByName(name); !v.IsValid() {
			x.fail(node, "there is no field %s", name)
			return v
		}
	}
	return v
}

// truth reports whether a value is neither zero nor empty.
func truth(v reflect.Value) bool {
	if v.IsValid() && v.Kind() == reflect.Slice {
		return v.Len() > 0
	}
	return v.IsValid() && !v.IsZero()
}

// value writes a value, escaped unless it is an HTML.
func (x *execution) value(v reflect.Value) {
	if !v.IsValid() || x.err != nil {
		return
	}
	if raw, ok := v.Interface().(HTML); ok {
		x.write(string(raw))
		return
	}
	x.write(escaper.Replace(fmt.Sprint(v.Interface())))
}

// escaper makes text safe in elements and in quoted values of attributes, as html/template
// does.
var escaper = strings.NewReplacer("\x00", "\uFFFD", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")
