package beacon

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"beacon/internal/infer"
	"beacon/internal/netset"
	"beacon/internal/words"
)

// misleading returns the warnings that follow from the findings themselves.
func (fs *Findings) misleading(c census) (list []Warning) {
	q, t := &fs.Query, fs.Totals
	if fs.Inferred {
		list = append(list, Warning{
			Text: fmt.Sprintf("internal network inferred: %s holds most of the addresses and lies at an end of nearly every flow", q.Internal),
			Hint: "if that is right: --internal " + q.Internal.String(),
		})
	}
	switch {
	case t.Flows == 0:
		bounds := ""
		if q.From != 0 || q.To != 0 {
			bounds = " within the bounds"
		}
		list = append(list, Warning{Text: "the log holds no flow" + bounds})
	case t.Outbound == 0:
		list = append(list, Warning{
			Text: fmt.Sprintf("no flow goes from an internal address (%s) to an external one", q.Internal),
			Hint: "say which network is yours: --internal CIDR",
		})
	}
	if covered := time.Duration(t.Last - t.First); q.Rules.Has(EveryMinute) && t.Flows > 0 && covered < q.Cycle-q.Bucket && q.Slots == q.CycleSlots() {
		list = append(list, Warning{
			Text: fmt.Sprintf("the log covers %s, less than a cycle of %s: no destination can be called in all of its %d slots", words.Typed(covered.Round(time.Second)), words.Typed(q.Cycle), q.Slots),
			Hint: "take a longer log, or fewer slots: --slots N",
		})
	}
	if multicast := c.multicast(); len(multicast) > 0 {
		var named []string
		for _, h := range multicast[:min(len(multicast), namedInWarning)] {
			named = append(named, h.String())
		}
		list = append(list, Warning{
			Text: "flagged multicast is mostly the local network's own chatter: " + firstOf(named, len(multicast)),
			Hint: "--exclude multicast leaves it out",
		})
	}
	return list
}

// NamedNetworks is how many networks of Query.Internal are looked for in the log: a typing error
// shows in a short list.
const NamedNetworks = 100

// vacantWarning names the internal networks that hold no address of the log.
func vacantWarning(vacant []netip.Prefix, t Totals) []Warning {
	if len(vacant) == 0 || t.Flows == 0 || t.InternalHosts == 0 { // all that is internal being missing is said otherwise
		return nil
	}
	names := make([]string, len(vacant))
	for i, p := range vacant {
		names[i] = p.String()
	}
	return []Warning{{
		Text: "no address of the log lies in " + firstOf(names[:min(len(names), namedInWarning)], len(names)) + ", which --internal names",
		Hint: "beacon inspect names the networks that the log has",
	}}
}

// namedInWarning is the number of hosts that a warning names.
const namedInWarning = 5

// firstOf names the first of n hosts, and says how many there are besides.
func firstOf(named []string, n int) string {
	text := strings.Join(named, ", ")
	if more := n - len(named); more > 0 {
		return fmt.Sprintf("%s and %d more", text, more)
	}
	return text
}

// Ports that tell a reply from a request.
const (
	ServerPorts = 1024 // ports below are servers'
	ClientPorts = 1024 // ports from here on may be clients'
)

// Habits is how a log writes its flows down, as far as it can mislead the rule.
type Habits struct {
	Beginning bool  // the counts are of the log's beginning only
	Flows     int64 // flows looked at
	Long      int64 // of these, longer than a bucket
	Outbound  int64 // of these, outbound
	Replies   int64 // of the outbound, from a server's port to a client's

	Neither map[netip.Prefix]int64 // flows with no internal end, by the source's site (see infer.SiteOf)

	Busiest Busy // internal host that most may go through
}

// Busy is an internal host that the calls of others may go through: a proxy, a resolver,
// a NAT gateway.
type Busy struct {
	Host     netset.Host
	Outbound int64 // flows from it to external hosts
	Asked    int64 // flows from other internal hosts to it that ask for an external name
	Callers  int   // other internal hosts that call it
}

// busyCallers is how many internal hosts call one that may be a proxy or a resolver: one
// alone may be a client of any server.
const busyCallers = 2

// busy tells whether most of the outbound flows come from the busiest host, which others
// call, or most of the flows that ask for a name go to it.
func (h Habits) busy() bool {
	b := h.Busiest
	if b.Callers < busyCallers || h.Flows < habitFlows {
		return false
	}
	return 2*b.Outbound > h.Outbound || 2*b.Asked > h.Outbound+b.Asked
}

// NoneOutbound tells whether a log without outbound flows has them all the same, to a
// proxy that the query has to name.
func (h Habits) NoneOutbound() bool { return h.Busiest.Asked == 0 || !h.busy() }

// busyWarning says that one internal host hides who calls.
func (h Habits) busyWarning(which string, q *Query) (list []Warning) {
	b := h.Busiest
	if !h.busy() || q.Proxies.Has(b.Host) {
		return nil
	}
	host := b.Host.String()
	if b.Asked > 0 {
		return []Warning{{
			Text: fmt.Sprintf("%s flows of %s%s go from %s internal hosts to %s and ask for an external name, so it looks like a proxy; they are not judged",
				words.Thousands(b.Asked), which, words.Thousands(h.Flows), words.Thousands(int64(b.Callers)), host),
			Hint: "if it is one: --proxy " + host,
		}}
	}
	return []Warning{{
		Text: fmt.Sprintf("%s makes %s of %s%s outbound flows, and %s internal hosts call it: if it is a proxy, a resolver or a NAT gateway, it stands for all who call through it",
			host, words.Thousands(b.Outbound), which, words.Thousands(h.Outbound), words.Thousands(int64(b.Callers))),
		Hint: fmt.Sprintf("--internal '!%s' judges the calls to it instead of its own; its own log, or that of DNS, names what they ask for", host),
	}}
}

const (
	replyShare = 5  // one outbound flow in so many that is a reply is a large share
	longShare  = 10 // one flow in so many that lasts longer than a bucket is worth a warning
	habitFlows = 20 // flows that a share needs
)

// neitherWarning says that many flows have no internal end, and which network they come
// from.
func (h Habits) neitherWarning(which string, q *Query) (list []Warning) {
	total := int64(0)
	var most netip.Prefix
	for p, n := range h.Neither {
		total += n
		if m := h.Neither[most]; n > m || n == m && p.String() < most.String() {
			most = p
		}
	}
	if total*infer.NeitherShare <= h.Flows || h.Flows < habitFlows {
		return nil
	}
	return []Warning{{
		Text: fmt.Sprintf("%s of %s%s flows have neither end in an internal network, so they are not judged; %s of them come from %s",
			words.Thousands(total), which, words.Thousands(h.Flows), words.Thousands(h.Neither[most]), most),
		Hint: fmt.Sprintf("if that network is yours: --internal %s,%s", q.Internal, most),
	}}
}

// warnings returns what the habits warn of.
func (h Habits) warnings(q *Query) (list []Warning) {
	which := ""
	if h.Beginning {
		which = "the first "
	}
	if h.Outbound >= habitFlows && h.Replies*replyShare > h.Outbound {
		list = append(list, Warning{
			Text: fmt.Sprintf("replies stand as flows of their own: %s of %s%s outbound flows go from a port below %d to a high one, so clients of an internal server look like destinations that it calls",
				words.Thousands(h.Replies), which, words.Thousands(h.Outbound), ServerPorts),
			Hint: "take the requests only, or leave the servers out: --exclude ADDRESS",
		})
	}
	if !q.Span && q.Rules != EveryLong && h.Flows >= habitFlows && h.Long*longShare > h.Flows {
		list = append(list, Warning{
			Text: fmt.Sprintf("%s of %s%s flows last longer than a bucket of %s, and mark only the one that they start in",
				words.Thousands(h.Long), which, words.Thousands(h.Flows), words.Typed(q.Bucket)),
			Hint: "--span marks every bucket that a flow lasts through",
		})
	}
	return slices.Concat(list, h.neitherWarning(which, q), h.busyWarning(which, q))
}
