package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// helpNames is the topic of beacons by name.
func (a *app) helpNames() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "names",
		Short: "How beacons are found by name, and what names a log can have",
		Long: `A destination is an address, a name, or a registered domain. A C2 server behind a
content delivery network calls one name at many addresses; C2 over DNS asks for ever new names
below one domain. Both are one finding.

Where names come from: Zeek's ssl, http, quic and dns logs, Suricata's tls, http, quic and dns
events, proxies (Squid, Blue Coat, Zscaler, HAProxy, nginx), DNS and URL filters, endpoint
agents, any table with a column such as hostname, sni or query, and --names, which gives names
to addresses (dns.log, a CSV file with addresses and names).

What counts: where a record tells both address and name, the flow counts for both, but once in the
totals. In a directory that has conn.log too, or an eve file with flow events, the connection is
counted there, and the record that names it counts for the name alone. A DNS query counts for the
name that it asks for and for the registered domain of that name (of the public suffix list), not
for the resolver. A schedule that shows at a name and at its addresses is one finding: for
the name, or for the address if the name has only that one.

Flags:
  --by address,name,domain  what a destination is; by default all that the log
                            has
  --only, --exclude         take names: c2.example.com is that name; that name
                            and all below it are .example.com, and those below
                            it *.example.com. To --exclude, example.com means
                            .example.com. Its file has one network or domain a
                            line; # begins a comment
  --internal                takes domains too (corp.example); ! leaves out, like
                            !10.0.0.8. Without a network the default ones hold
  --proxy IP                flows to this internal proxy count as outbound to
                            the name that they ask for, and its own for nobody

beacon explain NAME and beacon show NAME take the same names.

A ClickHouse table is judged by address only: its names are shown, and a warning says so unless
--by address is set. --by name or domain, --proxy and names for --only, --exclude, --internal or
explain are errors there; they work on files.

A name is in lower case and without its final dot; an internationalised one is held as
xn--..., and shown in letters too. What can't be a name (over 255 bytes, blanks, control
characters, invalid UTF-8) is no name, and is counted. Anyone can ask for any name: that a name
is well known says nothing about the server behind it.`,
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		fmt.Fprintln(a.stdout.people(), fill(cmd.Long, helpWidth))
	})
	return cmd
}
