package names

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
	"beacon/internal/lease"
)

// Each log says that a laptop had 10.0.0.5 from 8 to 10 o'clock, and a phone from then on.
var leaseLogs = map[string]string{
	"zeek": "#separator \\x09\n#set_separator\t,\n#path\tdhcp\n#fields\tts\tclient_addr\tmac\thost_name\tclient_fqdn\tassigned_addr\tlease_time\tmsg_types\n" +
		"1592726400.5\t-\t00:1A:2b:3c:4d:5e\tLAPTOP\t-\t10.0.0.5\t86400.0\tDISCOVER,OFFER,REQUEST,ACK\n" +
		"1592726401.5\t10.0.0.9\t00:1a:2b:3c:4d:5f\t-\tphone.corp.example\t-\t-\tINFORM,ACK\n" +
		"1592726402.5\t-\t00:1a:2b:3c:4d:60\tother\t-\t10.0.0.5\t-\tDISCOVER,OFFER\n" +
		"1592733600.0\t-\t00:1a:2b:3c:4d:5f\t-\t-\t10.0.0.5\t86400.0\tDISCOVER,OFFER,REQUEST,ACK\n",
	"zeek of old": "#separator \\x09\n#path\tdhcp\n#fields\tts\tmac\tassigned_ip\tlease_time\n1592726400.5\t00:1a:2b:3c:4d:5e\t10.0.0.5\t86400.0\n1592733600.0\t00:1a:2b:3c:4d:5f\t10.0.0.5\t86400.0\n",
	"zeek json": `{"ts":1592726400.5,"mac":"00:1a:2b:3c:4d:5e","host_name":"laptop","assigned_addr":"10.0.0.5","lease_time":86400.0,"msg_types":["DISCOVER","OFFER","REQUEST","ACK"]}
{"ts":"2020-06-21T10:00:00.000Z","mac":"00:1a:2b:3c:4d:5f","client_addr":"10.0.0.5","msg_types":["REQUEST","ACK"],"client_fqdn":"phone.corp.example"}
`,
	"eve": `{"timestamp":"2020-06-21T08:00:00.000000+0000","event_type":"dhcp","dhcp":{"type":"request","client_mac":"00:1a:2b:3c:4d:5e","dhcp_type":"discover","hostname":"laptop"}}
{"timestamp":"2020-06-21T08:00:00.100000+0000","event_type":"dhcp","dhcp":{"type":"reply","client_mac":"00:1a:2b:3c:4d:5e","assigned_ip":"10.0.0.5","dhcp_type":"ack","lease_time":86400}}
{"timestamp":"2020-06-21T10:00:00.000000+0000","event_type":"dhcp","dhcp":{"type":"reply","client_mac":"00:1a:2b:3c:4d:5f","assigned_ip":"0.0.0.0","client_ip":"10.0.0.5","dhcp_type":"ack"}}
`,
	"dnsmasq": `Jun 21 08:00:00 router dnsmasq-dhcp[812]: DHCPDISCOVER(br-lan) 00:1a:2b:3c:4d:5e
Jun 21 08:00:00 router dnsmasq-dhcp[812]: DHCPREQUEST(br-lan) 10.0.0.5 00:1a:2b:3c:4d:5e
Jun 21 08:00:00 router dnsmasq-dhcp[812]: DHCPACK(br-lan) 10.0.0.5 00:1a:2b:3c:4d:5e laptop
Jun 21 08:00:01 router kernel: eth0: link is up
Jun 21 10:00:00 router dnsmasq-dhcp[812]: DHCPACK(br-lan) 10.0.0.5 00:1a:2b:3c:4d:5f
`,
	"dhcpd": `2020-06-21T08:00:00+00:00 gw dhcpd[77]: DHCPDISCOVER from 00:1a:2b:3c:4d:5e (laptop) via eth0
2020-06-21T08:00:00+00:00 gw dhcpd[77]: DHCPACK on 10.0.0.5 to 00:1a:2b:3c:4d:5e (laptop) via eth0
2020-06-21T09:59:00+00:00 gw dhcpd[77]: DHCPRELEASE of 10.0.0.5 from 00:1a:2b:3c:4d:5e (laptop) via eth0 (found)
2020-06-21T10:00:00+00:00 gw dhcpd[77]: DHCPACK to 10.0.0.5 (00:1a:2b:3c:4d:5f) via eth0
`,
	"kea": `2020-06-21 08:00:00.100 INFO  [kea-dhcp4.leases/9] DHCP4_LEASE_ALLOC [hwtype=1 00:1a:2b:3c:4d:5e], cid=[no info], tid=0x1: lease 10.0.0.5 has been allocated for 86400 seconds
2020-06-21 10:00:00.000 INFO  [kea-dhcp4.leases/9] DHCP4_LEASE_ALLOC [hwtype=1 00:1a:2b:3c:4d:5f], cid=[01:00:1a], tid=0x2: lease 10.0.0.5 has been allocated for 86400 seconds
`,
	"kea's leases": `address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id
10.0.0.5,00:1a:2b:3c:4d:5e,,86400,1592812800,1,0,0,laptop,0,,0
10.0.0.5,00:1a:2b:3c:4d:5e,,0,1592733000,1,0,0,,2,,0
10.0.0.5,00:1a:2b:3c:4d:5f,,86400,1592820000,1,0,0,,0,,0
`,
	"dhcpd's leases": `# The format of this file is documented in the dhcpd.leases(5) manual page.
lease 10.0.0.5 {
  starts 0 2020/06/21 08:00:00;
  ends 1 2020/06/22 08:00:00;
  binding state active;
  next binding state free;
  hardware ethernet 00:1a:2b:3c:4d:5e;
  client-hostname "laptop";
}
lease 10.0.0.5 {
  starts 0 2020/06/21 10:00:00;
  ends 1 2020/06/22 10:00:00;
  binding state active;
  hardware ethernet 00:1a:2b:3c:4d:5f;
}
`,
	"windows": "\t\tMicrosoft DHCP Service Activity Log\r\n\r\n\r\nEvent ID  Meaning\r\n00\tThe log was started.\r\n10\tA new IP address was leased to a client.\r\n\r\n" +
		"ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID\r\n" +
		"00,06/21/20,00:00:01,Started,,,,,0\r\n" +
		"10,06/21/20,08:00:00,Assign,10.0.0.5,laptop,001A2B3C4D5E,,0\r\n" +
		"30,06/21/20,08:00:00,DNS Update Request,5.0.0.10,laptop,,,0\r\n" +
		"10,06/21/20,10:00:00,Assign,10.0.0.5,,001A2B3C4D5F,,0\r\n",
	"windows in German": "\t\tMicrosoft DHCP-Dienst-Aktivit\xe4tsprotokoll\r\n\r\n00\tDas Protokoll wurde gestartet.\r\n\r\n" +
		"ID,Datum,Uhrzeit,Beschreibung,IP-Adresse,Hostname,MAC-Adresse,Benutzername, TransaktionsID\r\n" +
		"00,06/21/20,00:00:01,Gestartet,,,,,0\r\n" +
		"10,06/21/20,08:00:00,Zuweisen,10.0.0.5,laptop,001A2B3C4D5E,,0\r\n" +
		"11,06/21/20,10:00:00,Erneuern,10.0.0.5,,001A2B3C4D5F,,0\r\n",
	"windows of old": "ID Date,Time,Description,IP Address,Host Name,MAC Address\r\n" +
		"10,06/21/2020,08:00:00,Assign,10.0.0.5,laptop,001A2B3C4D5E\r\n" +
		"10,06/21/2020,10:00:00,Assign,10.0.0.5,,001A2B3C4D5F\r\n",
	"zeek json with addresses": `{"ts":1592726400.5,"uids":["C1"],"client_addr":"10.0.0.5","server_addr":"10.0.0.1","mac":"00:1a:2b:3c:4d:5e","host_name":"laptop","assigned_addr":"10.0.0.5","lease_time":86400.0,"msg_types":["REQUEST","ACK"],"duration":0.1}
{"ts":1592733600.0,"uids":["C2"],"client_addr":"10.0.0.5","server_addr":"10.0.0.1","mac":"00:1a:2b:3c:4d:5f","assigned_addr":"10.0.0.5","lease_time":86400.0,"msg_types":["REQUEST","ACK"],"duration":0.1}
`,
	"zeek json of old": `{"ts":1592726400.5,"uid":"C1","id.orig_h":"10.0.0.5","id.orig_p":68,"id.resp_h":"10.0.0.1","id.resp_p":67,"mac":"00:1a:2b:3c:4d:5e","assigned_ip":"10.0.0.5","lease_time":86400.0}
{"ts":1592733600.0,"uid":"C2","id.orig_h":"10.0.0.5","id.orig_p":68,"id.resp_h":"10.0.0.1","id.resp_p":67,"mac":"00:1a:2b:3c:4d:5f","assigned_ip":"10.0.0.5","lease_time":86400.0}
`,
	"eve with flows": `{"timestamp":"2020-06-21T08:00:00.000000+0000","flow_id":1,"event_type":"flow","src_ip":"10.0.0.5","src_port":40000,"dest_ip":"203.0.113.9","dest_port":443,"proto":"TCP","flow":{"bytes_toserver":1,"bytes_toclient":1,"start":"2020-06-21T08:00:00.000000+0000","end":"2020-06-21T08:00:01.000000+0000"}}
{"timestamp":"2020-06-21T08:00:00.100000+0000","flow_id":2,"event_type":"dhcp","src_ip":"10.0.0.1","src_port":67,"dest_ip":"10.0.0.5","dest_port":68,"proto":"UDP","dhcp":{"type":"reply","client_mac":"00:1a:2b:3c:4d:5e","assigned_ip":"10.0.0.5","dhcp_type":"ack","hostname":"laptop"}}
{"timestamp":"2020-06-21T10:00:00.000000+0000","flow_id":3,"event_type":"dhcp","src_ip":"10.0.0.1","src_port":67,"dest_ip":"10.0.0.5","dest_port":68,"proto":"UDP","dhcp":{"type":"reply","client_mac":"00:1a:2b:3c:4d:5f","assigned_ip":"10.0.0.5","dhcp_type":"ack"}}
`,
	"a table": "timestamp;ip;mac;hostname\n2020-06-21 08:00:00;10.0.0.5;001a.2b3c.4d5e;laptop\n2020-06-21 10:00:00;10.0.0.5;00-1a-2b-3c-4d-5f;\n",
}

func TestReadLeases(t *testing.T) {
	addr := netip.MustParseAddr("10.0.0.5")
	for name, text := range leaseLogs {
		for packed, text := range map[string][]byte{"": []byte(text), ".gz": logtest.Zip(t, []byte(text))} {
			got, err := Read([]string{logtest.WriteFile(t, "leases"+packed, text)}, nil, &flowlog.Options{Year: 2020})
			require.NoError(t, err, name)
			for hour, mac := range map[int]string{8: "00:1a:2b:3c:4d:5e", 9: "00:1a:2b:3c:4d:5e", 10: "00:1a:2b:3c:4d:5f", 12: "00:1a:2b:3c:4d:5f"} {
				d, _, _ := got.Leases.At(addr, time.Date(2020, 6, 21, hour, 0, 1, 0, time.UTC).UnixNano())
				require.NotNil(t, d, "%s at %d", name, hour)
				require.Equal(t, mac, d.MAC, "%s at %d", name, hour)
				if name != "kea" && !strings.HasSuffix(name, "of old") && hour < 10 {
					require.Equal(t, "laptop", d.Name, name)
				}
				if name == "zeek" && hour >= 10 {
					require.Equal(t, "phone.corp.example", d.Name)
				}
			}
			require.Equal(t, name == "a table", len(got.Names) > 0, name)
		}
	}
}

// The same logs are read as other tools keep them.
func TestReadLeasesInOtherForms(t *testing.T) {
	records := strings.Split(strings.TrimSpace(leaseLogs["zeek json with addresses"]), "\n")
	var indented, splunk bytes.Buffer
	for _, r := range records {
		require.NoError(t, json.Indent(&indented, []byte(r), "", "  "))
		raw, err := json.Marshal(r)
		require.NoError(t, err)
		fmt.Fprintf(&splunk, "{\"result\":{\"_raw\":%s}}\n", raw)
	}
	utf16 := []byte{0xff, 0xfe}
	for _, ch := range leaseLogs["windows"] {
		utf16 = append(utf16, byte(ch), byte(ch>>8))
	}
	logs := map[string]string{
		"an array":            "[" + strings.Join(records, ",") + "]",
		"an array of lines":   "[\n" + strings.Join(records, ",\n") + "\n]\n",
		"indented":            indented.String(),
		"behind a blank line": "\n" + strings.Join(records, "\n"),
		"Elasticsearch":       `{"hits":{"hits":[{"_source":` + strings.Join(records, `},{"_source":`) + `}]}}`,
		"Splunk":              splunk.String(),
		"UTF-16":              string(utf16),
	}
	addr := netip.MustParseAddr("10.0.0.5")
	for name, text := range logs {
		opt := &flowlog.Options{Year: 2020}
		got, err := Read([]string{logtest.WriteFile(t, "leases", []byte(text))}, nil, opt)
		require.NoError(t, err, name)
		for hour, mac := range map[int]string{9: "00:1a:2b:3c:4d:5e", 11: "00:1a:2b:3c:4d:5f"} {
			at := time.Date(2020, 6, 21, hour, 0, 0, 0, time.UTC).UnixNano()
			d, _, _ := got.Leases.At(addr, at)
			require.NotNil(t, d, "%s at %d", name, hour)
			require.Equal(t, mac, d.MAC, "%s at %d", name, hour)
			require.Equal(t, d, besideFlows(t, text, addr, at), "%s at %d, beside flows", name, hour)
		}
	}
}

// besideFlows returns who had an address by a log that lies in the directory of flows.
func besideFlows(t *testing.T, text string, addr netip.Addr, at int64) *lease.Device {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "flows.csv"), []byte("start,src,dst\n1592726400,10.0.0.5,203.0.113.9\n1592726401,10.0.0.5,203.0.113.9\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "leases"), []byte(text), 0o600))
	opt := &flowlog.Options{Year: 2020, Marks: MayHoldLeases}
	log, err := flowlog.Open([]string{dir}, nil, *opt)
	require.NoError(t, err)
	defer log.Close()
	d, _, _ := Beside(context.Background(), log, 1, nil, opt).At(addr, at)
	require.Empty(t, log.Skipped, text)
	return d
}

// Messages and lease files of IPv6 have the hardware address in an identifier. A lease file may
// hold only the end of a lease.
func TestReadMoreLeases(t *testing.T) {
	for name, c := range map[string]struct{ text, address string }{
		"kea 6":            {"2020-06-21 08:00:00.123 INFO  [kea-dhcp6.leases/1] DHCP6_LEASE_ALLOC [duid 00:01:00:01:26:00:00:01:00:1a:2b:3c:4d:5e], [no hwaddr info], tid=0x1: lease for address 2001:db8::5 and iaid=1 has been allocated for 4000 seconds\n", "2001:db8::5"},
		"kea 6 new":        {"2020-06-21 08:00:00.123 INFO  [kea-dhcp6.leases/1] DHCP6_LEASE_ALLOC duid=[00:03:00:01:00:1a:2b:3c:4d:5e], [no hwaddr info], tid=0x1: lease for address 2001:db8::5 and iaid=1 has been allocated for 4000 seconds\n", "2001:db8::5"},
		"kea 6 csv":        {"address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context\n2001:db8::5,00:01:00:01:26:00:00:01:00:1a:2b:3c:4d:5e,4000,1592730400,1,3000,0,1,128,0,0,laptop,,0,\n", "2001:db8::5"},
		"dnsmasq 6":        {"Jun 21 08:00:00 router dnsmasq-dhcp[812]: DHCPREPLY(br-lan) 2001:db8::5 00:01:00:01:26:00:00:01:00:1a:2b:3c:4d:5e laptop\n", "2001:db8::5"},
		"PowerShell":       {"#TYPE Microsoft.Management.Infrastructure.CimInstance\r\n\"IPAddress\",\"ScopeId\",\"ClientId\",\"HostName\",\"AddressState\",\"LeaseExpiryTime\"\r\n\"10.0.0.5\",\"10.0.0.0\",\"00-1a-2b-3c-4d-5e\",\"laptop\",\"Active\",\"6/29/2020 8:00:00 AM\"\r\n", "10.0.0.5"},
		"Windows' console": {"Client IP Address\tName\tLease Expiration\tType\tUnique ID\tDescription\r\n10.0.0.5\tlaptop\t6/29/2020 8:00:00 AM\tDHCP\t001a2b3c4d5e\t\r\n", "10.0.0.5"},
		"expired":          {"lease 10.0.0.5 {\n  starts 0 2020/06/21 07:00:00;\n  ends 0 2020/06/21 12:00:00;\n  binding state free;\n  hardware ethernet 00:1a:2b:3c:4d:5e;\n}\nlease 10.0.0.5 {\n  starts 6 2020/06/20 07:00:00;\n  ends 6 2020/06/20 12:00:00;\n  binding state free;\n  hardware ethernet 00:1a:2b:3c:4d:5f;\n}\n", "10.0.0.5"},
		"epoch":            {"lease 10.0.0.5 {\n  starts epoch 1592722800; # Sun Jun 21 07:00:00 2020\n  ends epoch 1592740800; # Sun Jun 21 12:00:00 2020\n  binding state active;\n  hardware ethernet 00:1a:2b:3c:4d:5e;\n}\nlease 10.0.0.5 {\n  starts epoch 1592630000;\n  ends never;\n  binding state active;\n  hardware ethernet 00:1a:2b:3c:4d:5f;\n}\n", "10.0.0.5"},
	} {
		got, err := Read([]string{logtest.WriteFile(t, "leases", []byte(c.text))}, nil, &flowlog.Options{Year: 2020})
		require.NoError(t, err, name)
		d, _, _ := got.Leases.At(netip.MustParseAddr(c.address), time.Date(2020, 6, 21, 9, 0, 0, 0, time.UTC).UnixNano())
		require.NotNil(t, d, name)
		require.Equal(t, "00:1a:2b:3c:4d:5e", d.MAC, name)
		if strings.Contains(c.text, "laptop") {
			require.Equal(t, "laptop", d.Name, name)
		} else {
			require.Empty(t, d.Name, name)
		}
	}
}

// A file of a directory that holds no names, or a damaged one, is passed over; one that is
// named, and a directory without names, are errors.
func TestReadDirectory(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	conn := write("conn.log", "#separator \\x09\n#path\tconn\n#fields\tts\n1.5\n")
	_, err := Read([]string{dir}, nil, &flowlog.Options{})
	require.ErrorContains(t, err, "no name of an address")
	write("dhcp.log", leaseLogs["zeek"])
	got, err := Read([]string{dir}, nil, &flowlog.Options{})
	require.NoError(t, err)
	require.Len(t, got.Skipped, 1)
	require.ErrorContains(t, got.Skipped[0], "conn.log: no name of an address")
	require.True(t, got.Leases.Has(netip.MustParseAddr("10.0.0.5")))
	_, err = Read([]string{dir, conn}, nil, &flowlog.Options{})
	require.ErrorContains(t, err, "conn.log: no name of an address")
}

// In a directory each is read beside the flows, and nothing of it is passed over.
func TestBeside(t *testing.T) {
	addr, at := netip.MustParseAddr("10.0.0.5"), time.Date(2020, 6, 21, 9, 0, 0, 0, time.UTC).UnixNano()
	logs := maps.Clone(leaseLogs)
	logs["dnsmasq's leases"] = "1592812800 00:1a:2b:3c:4d:5e 10.0.0.5 laptop *\n"
	for name, text := range logs {
		d := besideFlows(t, text, addr, at)
		require.NotNil(t, d, name)
		require.Equal(t, "00:1a:2b:3c:4d:5e", d.MAC, name)
	}
}

// A renewal tells that the host had the address before; that it asked for one, that it
// hadn't.
func TestRenewals(t *testing.T) {
	addr, before := netip.MustParseAddr("10.0.0.5"), time.Date(2020, 6, 21, 7, 0, 0, 0, time.UTC).UnixNano()
	for name, fresh := range map[string]bool{"zeek": true, "zeek of old": false, "zeek json": true, "eve": true, "dnsmasq": true, "dhcpd": true, "windows": true, "kea's leases": false, "a table": false} {
		got, err := Read([]string{logtest.WriteFile(t, "leases", []byte(leaseLogs[name]))}, nil, &flowlog.Options{Year: 2020})
		require.NoError(t, err)
		d, _, _ := got.Leases.At(addr, before)
		require.Equal(t, fresh, d == nil, name)
	}
}

// dnsmasq's lease file tells who has an address, not since when.
func TestReadDnsmasqLeases(t *testing.T) {
	got, err := Read([]string{logtest.WriteFile(t, "dnsmasq.leases", []byte("1592812800 00:1a:2b:3c:4d:5e 10.0.0.5 laptop 01:00:1a:2b:3c:4d:5e\n1592812800 00:1a:2b:3c:4d:5f 10.0.0.6 * *\n"))}, nil, &flowlog.Options{})
	require.NoError(t, err)
	d, _, _ := got.Leases.At(netip.MustParseAddr("10.0.0.5"), 0)
	require.Equal(t, "laptop", d.Name)
	d, _, _ = got.Leases.At(netip.MustParseAddr("10.0.0.6"), 0)
	require.Empty(t, d.Name)
}

func FuzzReadLeases(f *testing.F) {
	for _, text := range leaseLogs {
		f.Add([]byte(text))
	}
	for _, text := range agentLogs {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Read([]string{logtest.WriteFile(t, "leases", text)}, nil, &flowlog.Options{Year: 2020})
		if err == nil && got.Leases == nil {
			require.NotEmpty(t, got.Names)
		}
	})
}
