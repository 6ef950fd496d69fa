package wrap

import "testing"

func TestQuotesLine(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`'a','b'`, `"a","b"`},
		{`'a, b','','c'`, `"a, b","","c"`},
		{`'it''s',''''`, `"it's","'"`},
		{`'it\'s, b',443`, `"it's, b",443`},
		{`'o'brien','say "x"'`, `"o'brien","say ""x"""`},
		{`'a', 'b',  c`, `"a","b",  c`},
		{"'a','b'\r", "\"a\",\"b\"\r"},
		{`'tis,'a "b",o'clock`, `'tis,'a "b",o'clock`},
		{`"x,'y'","a "",'b'",'z'`, `"x,'y'","a "",'b'","z"`},
		{`'a',`, `"a",`},
		{``, ``},
	} {
		q := quotes{separator: ','}
		if got := string(q.line([]byte(c.line))); got != c.want {
			t.Errorf("%s becomes %s, not %s", c.line, got, c.want)
		}
	}
}
