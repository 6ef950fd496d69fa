package plot

import (
	"strings"
	"sync"
	"unicode/utf8"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
)

// textHandler lays out text in the two fonts of the pictures. Note: package
// gonum.org/v1/plot itself holds twelve fonts and a writer of PDF, which add 5 MB to
// the binary; its packages vg and text do without.
var textHandler = sync.OnceValue(func() text.Handler {
	face := func(bold bool, ttf []byte) font.Face {
		f, err := opentype.Parse(ttf)
		if err != nil {
			panic(err) // it is embedded
		}
		return font.Face{Font: plotFont(0, bold), Face: f}
	}
	return text.Plain{Fonts: font.NewCache(font.Collection{face(false, liberationsansregular.TTF), face(true, liberationsansbold.TTF)})}
})

// regular is the font that shows which letters a picture of pixels can have.
var regular = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(liberationsansregular.TTF)
	if err != nil {
		panic(err) // it is embedded
	}
	return f
})

// drawable returns a text with a question mark for each letter that the fonts don't have, such
// as Arabic and Chinese ones: nothing would be drawn for it.
func drawable(line string) string {
	var buffer sfnt.Buffer
	return strings.Map(func(r rune) rune {
		if n, err := regular().GlyphIndex(&buffer, r); r >= utf8.RuneSelf && (err != nil || n == 0) {
			return '?'
		}
		return r
	}, line)
}

// plotFont returns the font of a size, in points.
func plotFont(size font.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return f
}
