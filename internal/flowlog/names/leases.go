package names

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/numbers"
	"beacon/internal/lease"
	"beacon/internal/netset"
)

// record is a record of a DHCP log, as text.
type record struct {
	time    string
	address string
	mac     string
	names   [2]string     // the first that is one counts
	length  time.Duration // 0 where the log doesn't tell
	event   leaseEvent
}

// leaseEvent says what a record means for an address.
type leaseEvent uint8

const (
	noEvent leaseEvent = iota
	granted
	ended
)

// lease adds a record. Records that are no leases are ignored.
func (n *nameTable) lease(r *record) {
	at, _, ok := n.stamper.Stamp([]byte(r.time))
	if !ok && r.time != "" {
		return
	}
	n.leaseAt(r, at)
}

// leaseAt adds a record with its time in ns since the Unix epoch.
func (n *nameTable) leaseAt(r *record, at int64) {
	d := lease.Device{MAC: lease.CleanMAC(r.mac)}
	for _, name := range r.names {
		if d.Name == "" {
			d.Name = cleanName(name)
		}
	}
	switch {
	case d.MAC == "":
	case d.Name != "":
		n.called(d.MAC, d.Name)
	default:
		d.Name = n.hostNames[d.MAC]
	}
	addr, err := netip.ParseAddr(r.address)
	if err != nil || r.event == noEvent || d == (lease.Device{}) {
		return
	}
	fresh := n.seeking[d.MAC]
	delete(n.seeking, d.MAC)
	n.found = true
	if err := n.leases.Add(lease.Grant{Addr: addr, Device: d, Time: at, Length: r.length, Fresh: fresh, Ended: r.event == ended}); err != nil && n.err == nil {
		n.err = err
	}
}

// seeks notes that a device asks for any address, so that its next grant is no renewal.
func (n *nameTable) seeks(mac string) {
	if mac = lease.CleanMAC(mac); mac != "" && len(n.seeking) < maxDevices {
		if n.seeking == nil {
			n.seeking = map[string]bool{}
		}
		n.seeking[strings.Clone(mac)] = true
	}
}

// called notes the name by which a device calls itself.
func (n *nameTable) called(mac, name string) {
	if n.hostNames[mac] == name || len(n.hostNames) >= maxDevices {
		return
	}
	if n.hostNames == nil {
		n.hostNames = map[string]string{}
	}
	n.hostNames[strings.Clone(mac)] = strings.Clone(name)
}

// maxDevices is the largest number of devices whose name or request is remembered until a
// record has their address.
const maxDevices = 1 << 20

// cleanName returns the name of a host, "" if the text is none.
func cleanName(text string) string {
	h, ok := netset.CleanName([]byte(text))
	if !ok || !h.IsName() || strings.Trim(text, "-*") == "" || text == "(empty)" {
		return ""
	}
	return h.Name
}

// seconds reads a number of seconds, 0 if the text is none.
func seconds(text string) time.Duration {
	d, ok := numbers.ParseSeconds([]byte(text), time.Second)
	if !ok {
		return 0
	}
	return time.Duration(max(0, d))
}

// zeekLease is the columns of Zeek's dhcp.log, from 1; 0 where there is none.
type zeekLease struct {
	time, mac, assigned, client, host, fqdn, length, types int
}

func newZeekLease(at func(string) int) (z zeekLease) {
	z = zeekLease{time: at("ts"), mac: at("mac"), assigned: at("assigned_addr") + at("assigned_ip"), client: at("client_addr"),
		host: at("host_name"), fqdn: at("client_fqdn"), length: at("lease_time"), types: at("msg_types")}
	if z.mac == 0 || z.assigned == 0 {
		return zeekLease{}
	}
	return z
}

// line adds a line of dhcp.log.
func (z *zeekLease) line(n *nameTable, field func(int) string) {
	if z.mac > 0 {
		n.zeekLease(&record{time: field(z.time), mac: field(z.mac), names: [2]string{field(z.fqdn), field(z.host)}, length: seconds(field(z.length))},
			field(z.assigned), field(z.client), field(z.types))
	}
}

// zeekLease adds a record of dhcp.log, which sums up the messages of one exchange. If it assigns
// no address, the client already has the one that it asks with.
func (n *nameTable) zeekLease(r *record, assigned, client, types string) {
	r.address, r.event = assigned, granted
	if _, err := netip.ParseAddr(assigned); err != nil {
		r.address = client
	}
	switch {
	case strings.Contains(types, "ACK"):
		if strings.Contains(types, "DISCOVER") {
			n.seeks(r.mac)
		}
	case strings.Contains(types, "RELEASE"):
		r.event = ended
	case types != "" && types != "-" && types != "(empty)":
		r.event = noEvent
	}
	n.lease(r)
}

// jsonLease adds a DHCP record in JSON: Zeek's, or an event of Suricata's. It returns false for
// other records.
func (n *nameTable) jsonLease(v *fastjson.Value) bool {
	text := func(path ...string) string { return string(cut.Scalar(v.Get(path...), path)) }
	if v.Exists("mac") && (v.Exists("assigned_addr") || v.Exists("assigned_ip") || v.Exists("client_addr") || v.Exists("msg_types")) {
		types := make([]string, 0, 4)
		for _, t := range v.GetArray("msg_types") {
			types = append(types, string(t.GetStringBytes()))
		}
		n.zeekLease(&record{time: text("ts"), mac: text("mac"), names: [2]string{text("client_fqdn"), text("host_name")}, length: seconds(text("lease_time"))},
			text("assigned_addr")+text("assigned_ip"), text("client_addr"), strings.Join(types, ","))
		return true
	}
	if v.Get("dhcp", "client_mac") == nil {
		return false
	}
	r := record{time: text("timestamp"), address: text("dhcp", "assigned_ip"), mac: text("dhcp", "client_mac"),
		names: [2]string{text("dhcp", "hostname")}, length: seconds(text("dhcp", "lease_time"))}
	switch text("dhcp", "dhcp_type") {
	case "ack":
		r.event = granted
	case "discover":
		n.seeks(r.mac)
	case "release":
		r.event = ended
	}
	if a, err := netip.ParseAddr(r.address); err != nil || a.IsUnspecified() {
		r.address = text("dhcp", "client_ip")
	}
	n.lease(&r)
	return true
}

// csvLease is the columns of a table of leases, from 1; 0 where there is none: Kea's lease
// file, or any table with addresses and MACs.
type csvLease struct {
	mac, duid, address, name, date, time, expire, lifetime int
}

// newCSVLease finds the columns in a header. It returns the zero value if the table has no
// leases.
func newCSVLease(header [][]byte) (c csvLease) {
	columns := map[string]*int{"mac": &c.mac, "macaddress": &c.mac, "hwaddr": &c.mac, "duid": &c.duid, "clientmac": &c.mac, "clientid": &c.mac, "uniqueid": &c.mac, "hostname": &c.name, "name": &c.name, "host": &c.name,
		"ip": &c.address, "address": &c.address, "ipaddress": &c.address, "clientip": &c.address, "clientipaddress": &c.address, "date": &c.date, "time": &c.time, "timestamp": &c.time, "ts": &c.time,
		"expire": &c.expire, "validlifetime": &c.lifetime}
	for i, field := range header {
		if at := columns[flowlog.NormalName(string(field))]; at != nil && *at == 0 {
			*at = i + 1
		}
	}
	if c.mac == 0 || c.address == 0 {
		return csvLease{}
	}
	return c
}

// line adds a row.
func (c *csvLease) line(n *nameTable, fields [][]byte) {
	field := func(column int) string {
		if column == 0 || column > len(fields) {
			return ""
		}
		return strings.TrimSpace(string(fields[column-1]))
	}
	r := record{address: field(c.address), mac: cmp.Or(field(c.mac), field(c.duid)), names: [2]string{field(c.name)}, event: granted}
	switch {
	case c.expire > 0:
		expire, r1 := numbers.ParseUint([]byte(field(c.expire)))
		r.length = seconds(field(c.lifetime))
		if r1 && expire < 1<<33 {
			if r.length == 0 && c.lifetime > 0 { // how Kea writes a lease that was given back
				r.event = ended
			}
			n.leaseAt(&r, expire*int64(time.Second)-int64(r.length))
		}
	default:
		r.time = strings.TrimSpace(field(c.date) + " " + field(c.time))
		n.lease(&r)
		n.add(r.address, r.names[0])
	}
}
