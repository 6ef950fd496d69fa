package timelayout

import (
	"fmt"
	"slices"
	"strings"
)

// compileTimeLayout makes a layout of a text in which letters stand as in
// strptime, without %: b for the month's name, ~ between date and time, a point
// for a fraction, a blank for blanks, [ ] around what may be absent. Anything else
// stands for itself, and so does what follows a backslash.
func compileTimeLayout(name, text string) *Layout {
	steps, rest := compileSteps(text)
	if rest != "" {
		panic("unbalanced brackets in the time layout " + text)
	}
	return &Layout{name, steps}
}

func compileSteps(text string) (steps []timeStep, rest string) {
	for text != "" {
		ch := text[0]
		text = text[1:]
		switch {
		case ch == '[':
			var inner []timeStep
			inner, text = compileSteps(text)
			steps = append(steps, timeStep{kind: stepOptional, steps: inner})
		case ch == ']':
			return steps, text
		case ch == '\\':
			steps = append(steps, timeStep{kind: stepLiteral, text: text[:1]})
			text = text[1:]
		case strings.IndexByte("YymdHIMSbapz. ~", ch) >= 0:
			s := timeStep{kind: ch}
			if len(text) > 0 && text[0] == '=' { // exactly two digits
				s.width, text = 2, text[1:]
			}
			steps = append(steps, s)
		default:
			steps = append(steps, timeStep{kind: stepLiteral, text: string(ch)})
		}
	}
	return steps, ""
}

// ISO is every way of ISO 8601 and RFC 3339, and of programs that mean them.
var ISO = compileTimeLayout("iso", "Y-m-d[~]H:M[:S[.]][p][ ][z]")

// Compact is the name of the layouts that are all digits.
const Compact = "compact"

// Forms are the forms that are tried on a column of times, in this order.
// The comment names who writes one.
var Forms = []*Layout{
	ISO,
	compileTimeLayout("iso", "Y/m/d[~]H:M[:S[.]][p][ ][z]"),
	compileTimeLayout("iso", "Y\\.m\\.d[~]H:M[:S[.]][p][ ][z]"),
	compileTimeLayout(Compact, "Ym=d=[[~]H=M=[S=[.]][ ][z]]"),
	compileTimeLayout(Compact, "Ym=d=[~][-]H:M[:S[.]][p][ ][z]"),
	compileTimeLayout("iso", "Y-m-d[~]H=M=[S=[.]][ ][z]"),                           // a date and a time of day in digits, from two columns
	compileTimeLayout("iso", "Y:m:d[~]H:M:S[.][ ][z]"),                              // Sophos UTM, Exif
	compileTimeLayout("kibana", "[a[,] ]b d[,][ ]Y[,][ ][@][ ]H:M[:S[.]][p][ ][z]"), // Kibana, tshark's frame.time, Cisco, SQL Server, PowerShell
	compileTimeLayout("apache", "[\\[]d/b/Y:H:M:S[.][ ][z][\\]]"),                   // Apache, nginx, Squid, HAProxy
	compileTimeLayout("rfc2822", "[a[,] ]d b Y[,] H:M[:S[.]][p][ ][z]"),
	compileTimeLayout("rfc2822", "[a[,] ]d-b-Y[,] H:M[:S[.]][p][ ][z]"),
	compileTimeLayout("rfc2822", "dbY[,] H:M[:S[.]][p][ ][z]"), // Check Point
	compileTimeLayout("ctime", "a b d H:M:S[.] [z ]Y"),
	compileTimeLayout("cisco", "[*]H:M:S[.] [z ][a ]b d Y"),
	compileTimeLayout("syslog", "[a ]b d[,] H:M:S[.][ ][z]"),
	compileTimeLayout("time-first", "H:M[:S[.]][p] Y-m-d"),
	compileTimeLayout("time-first", "H:M[:S[.]][p] Y/m/d"),
	compileTimeLayout("time-first", "H:M[:S[.]][p] d\\.m\\.Y"),
	compileTimeLayout("time-first", "H:M[:S[.]][p] d b Y"),
	compileTimeLayout("oracle", "d-b-Y H\\.M\\.S[.][p][ ][z]"), // NLS_TIMESTAMP_FORMAT by default
	compileTimeLayout("oracle", "d-b-y H\\.M\\.S[.][p][ ][z]"),
	compileTimeLayout("oracle", "d-b-y H:M:S[.][p][ ][z]"),
	compileTimeLayout("cisco", "[*]b d Y H:M:S[.][:][ ][z]"),
	compileTimeLayout("rfc850", "a, d-b-y H:M:S[ ][z]"),
	compileTimeLayout("rfc2822", "[a[,] ]d b y[,] H:M:S[.][p][ ][z]"),
	compileTimeLayout("sas", "dbY:H:M:S[.]"),
	compileTimeLayout("db2", "Y-m-d-H\\.M\\.S[.]"),
	compileTimeLayout("eu", "d\\.m\\.Y[[,] H:M[:S[.]][p][ ][z]]"), // dates with points have the day first wherever they are written
	compileTimeLayout("eu", "d\\.m\\.y[[,] H:M[:S[.]][p][ ][z]]"),
	compileTimeLayout("date", "Y-m-d"),
	compileTimeLayout("date", "Y/m/d"),
}

// OfDay is times of day without the day, of which no time can be made.
var OfDay = compileTimeLayout("time", "H:M[:S[.]][p]")

// MonthFirst and DayFirst are the two readings of dates like 6/15/2024.
var (
	MonthFirst = []*Layout{
		compileTimeLayout("us", "m/d/Y[[,] H:M[:S[.]][p][ ][z]]"),
		compileTimeLayout("us", "m/d/y[[,] H:M[:S[.]][p][ ][z]]"),
		compileTimeLayout("us", "m-d-Y[[,] H:M[:S[.]][p][ ][z]]"),
		compileTimeLayout("us", "H:M[:S[.]][p] m/d/Y"),
		compileTimeLayout("us", "H:M[:S[.]][p] m-d-Y"),
	}
	DayFirst = []*Layout{
		compileTimeLayout("eu", "d/m/Y[[,] H:M[:S[.]][p][ ][z]]"),
		compileTimeLayout("eu", "d/m/y[[,] H:M[:S[.]][p][ ][z]]"),
		compileTimeLayout("eu", "d-m-Y[[,] H:M[:S[.]][p][ ][z]]"),
		compileTimeLayout("eu", "H:M[:S[.]][p] d/m/Y"),
		compileTimeLayout("eu", "H:M[:S[.]][p] d-m-Y"),
	}
)

// strptimeParts are what strptime's compound letters stand for.
var strptimeParts = strings.NewReplacer("%T", "%H:%M:%S", "%F", "%Y-%m-%d", "%D", "%m/%d/%y", "%R", "%H:%M", "%r", "%I:%M:%S %p", "%h", "%b", "%B", "%b", "%A", "%a", "%e", "%d", "%n", " ", "%t", " ")

// Strptime makes a layout of a format of strptime; %f is a fraction, which may be absent with the
// point before it.
func Strptime(format string) (*Layout, error) {
	l := &Layout{Name: format}
	text := strptimeParts.Replace(format)
	for text != "" {
		ch := text[0]
		text = text[1:]
		switch {
		case ch == '%' && text == "":
			return nil, fmt.Errorf("it ends in %%")
		case ch == '%':
			kind := text[0]
			text = text[1:]
			switch {
			case strings.IndexByte("YymdHIMSbapzs", kind) >= 0:
				l.steps = append(l.steps, timeStep{kind: kind})
			case kind == 'Z':
				l.steps = append(l.steps, timeStep{kind: 'z'})
			case kind == 'f', kind == 'L', kind == 'N':
				step := timeStep{kind: stepFraction}
				if n := len(l.steps); n > 0 && (l.steps[n-1].text == "." || l.steps[n-1].text == ",") {
					l.steps = l.steps[:n-1]                                      // the fraction's own
					step = timeStep{kind: stepOptional, steps: []timeStep{step}} // Python leaves it out of a whole second
				}
				l.steps = append(l.steps, step)
			case kind == '%':
				l.steps = append(l.steps, timeStep{kind: stepLiteral, text: "%"})
			default:
				return nil, fmt.Errorf("there is no %%%c", kind)
			}
		case ch == ' ':
			l.steps = append(l.steps, timeStep{kind: stepBlank})
		default:
			l.steps = append(l.steps, timeStep{kind: stepLiteral, text: string(ch)})
		}
	}
	return l, l.complete()
}

// goParts are the elements of a Go layout, the longer ones first.
var goParts = []struct {
	text string
	step timeStep
}{
	{"January", timeStep{kind: 'b'}}, {"Monday", timeStep{kind: 'a'}}, {"2006", timeStep{kind: 'Y'}},
	{"Z07:00", timeStep{kind: 'z'}}, {"-07:00", timeStep{kind: 'z'}}, {"Z0700", timeStep{kind: 'z'}}, {"-0700", timeStep{kind: 'z'}}, {"-07", timeStep{kind: 'z'}},
	{"Jan", timeStep{kind: 'b'}}, {"Mon", timeStep{kind: 'a'}}, {"MST", timeStep{kind: 'z'}},
	{"01", timeStep{kind: 'm', width: 2}}, {"02", timeStep{kind: 'd', width: 2}}, {"_2", timeStep{kind: 'd'}}, {"03", timeStep{kind: 'I', width: 2}}, {"04", timeStep{kind: 'M', width: 2}},
	{"05", timeStep{kind: 'S', width: 2}}, {"06", timeStep{kind: 'y', width: 2}}, {"15", timeStep{kind: 'H'}}, {"PM", timeStep{kind: 'p'}}, {"pm", timeStep{kind: 'p'}},
	{"1", timeStep{kind: 'm'}}, {"2", timeStep{kind: 'd'}}, {"3", timeStep{kind: 'I'}}, {"4", timeStep{kind: 'M'}}, {"5", timeStep{kind: 'S'}},
}

// Go makes a layout of a layout of Go's time package.
func Go(format string) (*Layout, error) {
	l := &Layout{Name: format}
next:
	for text := format; text != ""; {
		if digits := len(text) - len(strings.TrimLeft(text[1:], "09")) - 1; (text[0] == '.' || text[0] == ',') && digits > 0 {
			step := timeStep{kind: stepFraction}
			if text[1] == '9' {
				step = timeStep{kind: stepOptional, steps: []timeStep{step}}
			}
			l.steps = append(l.steps, step)
			text = text[1+digits:]
			continue
		}
		for _, p := range goParts {
			if strings.HasPrefix(text, p.text) {
				l.steps = append(l.steps, p.step)
				text = text[len(p.text):]
				continue next
			}
		}
		if text[0] == ' ' {
			l.steps = append(l.steps, timeStep{kind: stepBlank})
		} else {
			l.steps = append(l.steps, timeStep{kind: stepLiteral, text: text[:1]})
		}
		text = text[1:]
	}
	return l, l.complete()
}

// complete returns an error where a layout of the analyst's leaves the time open.
func (l *Layout) complete() error {
	has := func(kinds string) bool {
		return slices.ContainsFunc(l.steps, func(s timeStep) bool { return strings.IndexByte(kinds, s.kind) >= 0 })
	}
	switch {
	case has("s"):
	case !has("mb") || !has("d"):
		return fmt.Errorf("it has no day of a month")
	case has("I") && !has("p"):
		return fmt.Errorf("its hours are on a 12-hour clock, without AM or PM")
	}
	return nil
}
