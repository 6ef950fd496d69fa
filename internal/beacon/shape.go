package beacon

// Shape is what a candidate's series looks like.
type Shape string

// The shapes, the more suspicious first.
const (
	Bursts   Shape = "bursts"    // short active runs, silent between, at the same times of day
	Flat     Shape = "flat"      // day and night alike
	Sparse   Shape = "sparse"    // a call now and then
	TooShort Shape = "too short" // the log doesn't cover what the judgement needs
	Diurnal  Shape = "diurnal"   // follows the working day
)

var shapes = []Shape{Bursts, Flat, Sparse, TooShort, Diurnal}

// Rank orders shapes: 0 is the most suspicious.
func (s Shape) Rank() int {
	for i, known := range shapes {
		if s == known {
			return i
		}
	}
	return len(shapes)
}

// Evidence is the numbers that a shape was decided by.
type Evidence struct{}
