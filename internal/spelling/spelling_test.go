package spelling

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNearest(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"detekt", "detect"}, {"dtect", "detect"}, {"detetc", "detect"}, {"DETECT", "detect"}, {"det", "detect"},
		{"insepct", "inspect"}, {"xyz", ""}, {"", ""}, {"s", ""}, {"sho", "show"}, {"shwo", "show"}, {"converter", "convert"}, {"banana", ""},
	} {
		assert.Equal(t, c.want, Nearest(c.word, []string{"detect", "inspect", "show", "convert"}), c.word)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"ab", "ba", 1}, {"kitten", "sitting", 3}, {"ä", "a", 1}, {"abcd", "acbd", 1}} {
		assert.Equal(t, c.want, distance(c.a, c.b), "%s %s", c.a, c.b)
	}
}

func TestDidYouMean(t *testing.T) {
	list := []string{"csv"}
	assert.Equal(t, "did you mean csv? formats are csv", DidYouMean("csw", list, "formats are csv"))
	assert.Equal(t, "did you mean csv?", DidYouMean("csw", list, ""))
	assert.Equal(t, "formats are csv", DidYouMean("nothing", list, "formats are csv"))
}
