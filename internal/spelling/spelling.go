// Package spelling guesses which word a mistyped one stands for.
package spelling

import (
	"strings"
)

// maxShare is the part of a word's letters, one in so many, that may be wrong: cobra and git
// suggest at about as many.
const maxShare = 3

// Nearest returns the word of the list that a mistyped one most likely stands for, "" if none
// is near. Case doesn't matter. Of several that are equally near it returns the first.
func Nearest(word string, list []string) string {
	word = strings.ToLower(word)
	best, least := "", max(1, len([]rune(word))/maxShare)+1
	for _, known := range list {
		d := distance(word, strings.ToLower(known))
		if d < least {
			best, least = known, d
		}
	}
	if best != "" || len(word) < minPrefix {
		return best
	}
	for _, known := range list {
		if strings.HasPrefix(strings.ToLower(known), word) {
			return known
		}
	}
	return ""
}

// minPrefix is the length from which the beginning of a word tells it.
const minPrefix = 2

// distance returns how many letters must be inserted, left out, changed, or swapped with
// their neighbour to make one word of the other (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, above, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(t)]
}

// DidYouMean returns a question that proposes the word that a mistyped one most likely stands
// for, followed by rest, or rest alone if no word is near.
func DidYouMean(word string, list []string, rest string) string {
	near := Nearest(word, list)
	switch {
	case near == "":
		return rest
	case rest == "":
		return "did you mean " + near + "?"
	}
	return "did you mean " + near + "? " + rest
}
