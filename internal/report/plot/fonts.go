package plot

import (
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
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

// plotFont returns the font of a size, in points.
func plotFont(size font.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return f
}
