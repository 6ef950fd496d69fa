package cli_test

import (
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// writeDatabase is the command mmdb FILE NETWORK ASN ORGANIZATION COUNTRY of the scripts: it
// writes a MaxMind database with one record.
func writeDatabase(args []string) int {
	err := func() error {
		_, network, err := net.ParseCIDR(args[1])
		if err != nil {
			return err
		}
		asn, err := strconv.ParseUint(args[2], 10, 32)
		if err != nil {
			return err
		}
		w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", RecordSize: 24, IncludeReservedNetworks: true})
		if err != nil {
			return err
		}
		err = w.Insert(network, mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(asn),
			"autonomous_system_organization": mmdbtype.String(args[3]), "country": mmdbtype.Map{"iso_code": mmdbtype.String(args[4])}})
		if err != nil {
			return err
		}
		f, err := os.Create(args[0])
		if err != nil {
			return err
		}
		if _, err := w.WriteTo(f); err != nil {
			return err
		}
		return f.Close()
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
