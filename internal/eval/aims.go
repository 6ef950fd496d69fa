package eval

// Names of the aims, as tables note their figures.
const (
	aimC2           = "C2 pairs of the labelled logs found"
	aimOthers       = "other findings in the labelled logs with C2"
	aimOthersBenign = "other findings in the labelled logs without"
	aimFirst        = "C2 planted into logs without: first"
	aimTen          = "C2 planted into logs without: among the first ten"
	aimReciprocal   = "C2 planted into logs without: mean reciprocal rank"
	aimKinds        = "kinds of malware: found"
	aimKindsPeriod  = "kinds of malware: period right"
	aimKindsOthers  = "kinds of malware: others a log"
	aimKindsFirst   = "kinds of malware planted: first"
	aimKindsTen     = "kinds of malware planted: among the first ten"
	aimTimers       = "benign timers: findings a log"
	aimTimersMost   = "benign timers: kinds with more than one finding a log"
	aimWorlds       = "what lies between: found"
	aimWorldsOthers = "what lies between: others a log"
	aimPoisson      = "p-values of Poisson calls below .01"
)

// aims are what the judge is measured by, in the order of the table. before is the
// figure of the judge that decided by its narrowest fit (before commit de9c7f4), from
// the same tables.
var aims = []struct{ name, wanted, before string }{
	{aimC2, "all", "5 of 5"},
	{aimOthers, "3 at most", "1"},
	{aimOthersBenign, "3 at most", "2"},
	{aimFirst, ".80", ".91"},
	{aimTen, ".97", ".91"},
	{aimReciprocal, "", ".92"},
	{aimKinds, ".95", ".74"},
	{aimKindsPeriod, ".95", ".91"},
	{aimKindsOthers, ".10 at most", "0.00"},
	{aimKindsFirst, ".80", ".58"},
	{aimKindsTen, ".97", ".66"},
	{aimTimers, "1 at most", "0.57"},
	{aimTimersMost, "0", "1"},
	{aimWorlds, ".95", ".97"},
	{aimWorldsOthers, ".10 at most", "0.53"},
	{aimPoisson, ".01 at most, not far below", "0.0012"},
}

// Aims returns the table of what the judge is measured by, with the figures of other tables;
// an aim whose table is not among them is left out.
func Aims(tables []Table) Table {
	t := Table{
		Title: "Aims",
		Note:  "`before` is the judge that decided by the narrowest fit, measured by the same tables.",
		Head:  []string{"aim", "wanted", "before", "now"},
	}
	for _, a := range aims {
		for _, of := range tables {
			if now, ok := of.figures[a.name]; ok {
				t.Add(a.name, a.wanted, a.before, now)
			}
		}
	}
	return t
}
