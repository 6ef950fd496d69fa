// Package columnnames holds the names that logs have for what a flow has.
package columnnames

// English holds the names that logs have for a canonical column (see flowlog.MapKeys), normalised
// by flowlog.NormalName, the preferred first.
var English = map[string]string{
	"timestamp": "flowstart flowstarttime flowstartms flowstartmilliseconds flowstartseconds sessionstart sessionstarttime eventstart eventstarttime timestampstart starttimestamp connectionstart beginat timestart " +
		"timestamp ts time starttime start stime firstseen first datefirstseen eventstart timeflowstartns timeflowstart eventts timems " +
		"datetime datetimeutc utctime timestamputc timeutc timegenerated timegeneratedutc eventtime epoch firstpacket timefirst firstswitched timestampstart " +
		"startdate startdatetime begin begintime bidirectionalfirstseenms frametimeepoch itime generatetime receivetime logtime devtime rt createdat timecreated firstpackettime starttimeutc startdatetimeutc absstart absdate unixtime devicereceipttime receivedtime receivedat eventtimestamp logdate when querytimestamp eventdate dateandtime timelocal localtime creationtime createtime devicetimestamp timereceived",
	"src_ip": "fdcip srcip sourceip ipsource src source srcaddr sip sa saddr idorigh sourceaddress srcendpointip src4addr src6addr " +
		"ipsrc srcipaddr srcipaddress sourceipaddress sourceipaddr sourceaddr srcaddress sourceipv4address sourceipv6address ipv4srcaddr ipv6srcaddr srcipv4 srcipv6 sourceipv4 sourceipv6 origh " +
		"clientip cip cliip clientaddr clientipaddr clientipaddress clientaddress initiatorip initiator localip localaddr localaddress originatorip callerip srcnatip srchost sourcehost from fromip fromaddr fromaddress csip localaddressip4 localaddressip6 clientipv4 clientipv6 addressa client laddr laddrip ipsourceaddress",
	"dst_ip": "fdsip dstip destip destinationip ipdestination dst dest dstaddr dip da daddr idresph destaddress dstendpointip dst4addr dst6addr destinationaddress " +
		"ipdst dstipaddr dstipaddress destipaddr destipaddress destinationipaddress destinationipaddr destinationaddr dstaddress destinationipv4address destinationipv6address ipv4dstaddr ipv6dstaddr dstipv4 dstipv6 destinationipv4 destinationipv6 resph destination " +
		"serverip srvip serveraddr serveripaddr serveraddress responderip responder remoteip remoteaddr remoteaddress peerip dsthost desthost destinationhost to toip toaddr toaddress cdip remoteaddressip4 remoteaddressip6 serveripv4 serveripv6 targetip targetaddress addressb raddr raddrip rip originip ipdestinationaddress",
	"src_port": "fdcport srcport sport sp spt idorigp sourceport srcendpointport " +
		"portsrc l4srcport sourcetransportport srcportnumber sourceportnumber tcpsrcport udpsrcport clientport cport cliport initiatorport localport origp srcpt fromport csport ipsrcport l4tcpsourceport porta lport laddrport",
	"dst_port": "fdsport port dstport destport dport dp dpt idrespp destinationport dstendpointport " +
		"portdst l4dstport destinationtransportport dstportnumber destinationportnumber destportnumber tcpdstport udpdstport serverport srvport responderport remoteport respp dsport toport cdport targetport ipdstport l4tcpdestinationport portb rport raddrport originport dstpt service",
	"protocol": "protocol proto pr pro prot ipprotocol networktransport " +
		"ipproto protocolid protoid protocolidentifier protocolnumber l4proto l4protocol transport transportprotocol networkprotocol networkiananumber connectioninfoprotocolnum connectioninfoprotocolname fdl4proto",
	"bytes": "bytes byt ibyt inbytes totbytes bytessent payload networkbytes trafficbytes " +
		"totalbytes bytestotal octets octettotalcount octetdeltacount bidirectionalbytes flowbytes numbytes doctets bytescount sumbytes bytesout",
	"src_bytes": "srcbytes origbytes bytestoserver origipbytes sourcebytes bytesab",
	"duration":  "duration dur td elapsed elapsedtime sessionduration durationseconds durations",
	"end": "end endtime te etime lastseen last timeflowendns timeflowend eventend endat " +
		"flowend flowendtime flowendmilliseconds flowendseconds sessionendtime eventendtime timestampend endtimestamp lastpacket timelast lastswitched stoptime bidirectionallastseenms lastpackettime endtimeutc enddatetimeutc",
	"state": "connstate flowstate connectionstate tcpflags tcpflag flg flags",
	"name": "servername sni tlssni httphost tlsclientservername tlsservername destinationdomain dstdomain dstdomainname destdomain urldomain " +
		"destinationhostname dsthostname desthostname destinationfqdn dstfqdn remoteurl dstname destname dstendpointhostname destdns cshost fqdn host hostname",
	"query": "query qname queryname dnsquery dnsquestionname questionname dnsqueryname dnsrrname rrname",
}

// BytePairs are two columns whose sum is the bytes of a flow, the source's part
// first, where no column holds them all.
var BytePairs = [][2]string{{"origbytes", "respbytes"}, {"bytestoserver", "bytestoclient"}, {"sourcebytes", "destinationbytes"}, {"srcbytes", "dstbytes"}, {"origipbytes", "respipbytes"},
	{"bytessent", "bytesreceived"}, {"sentbytes", "receivedbytes"}, {"sentbytes", "recvbytes"}, {"sentbyte", "rcvdbyte"}, {"bytesent", "bytesrcvd"}, {"bytesout", "bytesin"}, {"outbytes", "inbytes"},
	{"clientbytes", "serverbytes"}, {"bytesfromclient", "bytesfromserver"}, {"initiatorbytes", "responderbytes"}, {"initiatoroctets", "responderoctets"}, {"src2dstbytes", "dst2srcbytes"},
	{"octettotalcount", "reverseoctettotalcount"}, {"octetdeltacount", "reverseoctetdeltacount"}, {"sbytes", "dbytes"}, {"srcbytes", "destbytes"}, {"trafficbytesout", "trafficbytesin"}, {"csbytes", "scbytes"},
	{"bytesfrominitiator", "bytesfromtarget"}, {"clientbytes", "originbytes"}, {"bytesbyinitiator", "bytesbyresponder"}, {"bytessrctodest", "bytesdesttosrc"}, {"txbytes", "rxbytes"}, {"srctodstbytes", "dsttosrcbytes"}, {"uploadbytes", "downloadbytes"}, {"clienttoserverbytes", "servertoclientbytes"}, {"httprequestbytes", "httpresponsebytes"}}

// Store are columns of what log stores export: there host is who sent in the
// record, and no name of the destination.
var Store = []string{"_time", "_raw", "_indextime", "sourcetype", "splunk_server", "@timestamp", "TimeGenerated", "TimeGenerated [UTC]", "dvc", "devname", "agent.id", "agent.name"}

// Request are columns that logs of HTTP requests have: there host is the server's
// name.
var Request = append([]string{"uri", "url", "requesturl", "requesturi", "path", "useragent", "httpuseragent", "referer", "referrer", "statuscode"}, Methods...)

// Methods are the columns of methods of HTTP, which logs of processes have none of.
var Methods = []string{"method", "httpmethod", "requestmethod", "csmethod"}

// Translated holds the names that logs in German, French, Spanish, Portuguese, Italian, Dutch,
// Russian, Chinese, Japanese and Korean have for a canonical column (see flowlog.MapKeys),
// normalised by flowlog.NormalName, the preferred first: those that say address before those
// that may also be of a column of host names.
var Translated = map[string]string{
	"timestamp": "zeit zeitstempel zeitpunkt datumzeit datumuhrzeit startzeit beginn uhrzeit horodatage dateheure dateetheure début debut heure fechahora fechayhora inicio hora datahora dataehora horário horario dataora dataeora inizio ora tijdstip tijd " +
		"datumtijd время датаивремя датавремя 时间 时间戳 日期时间 开始时间 發生時間 時間 日時 時刻 開始時刻 開始日時 タイムスタンプ 시간 일시 시작시간 date datum fecha data дата 日期 日付 날짜",
	"src_ip": "quellip quelladresse quellipadresse adressesource adresseipsource sourceadresse iporigine iporigen ipdeorigen ipdeorigem iporigem direcciónorigen direccionorigen direccióniporigen direccioniporigen direccióndeorigen endereçoorigem enderecoorigem endereçodeorigem ipsorgente indirizzosorgente " +
		"indirizzoorigine bronip bronadres ipисточника адресисточника ipадресисточника 源地址 源ip 源ip地址 来源ip 来源地址 來源ip 來源位址 送信元ip 送信元アドレス 送信元ipアドレス 출발지ip 출발지주소 " +
		"quelle origen origem origine sorgente bron источник отправитель 源 送信元 출발지",
	"dst_ip": "zielip zieladresse zielipadresse adressedestination adresseipdestination adressededestination ipdestino ipdedestino direccióndestino direcciondestino direccióndedestino direcciónipdestino direccionipdestino endereçodestino enderecodestino endereçodedestino ipdestinazione indirizzodestinazione doelip doeladres " +
		"ipназначения адресназначения ipадресназначения ipполучателя адресполучателя 目的地址 目的ip 目的ip地址 目标ip 目标地址 目的位址 宛先ip 宛先アドレス 宛先ipアドレス 목적지ip 목적지주소 " +
		"ziel destinataire destino destinazione doel назначение получатель 目的 宛先 목적지",
	"src_port": "quellport portsource puertoorigen puertodeorigen portaorigem portadeorigem portasorgente portaorigine bronpoort портисточника портотправителя 源端口 来源端口 來源埠 送信元ポート 출발지포트",
	"dst_port": "zielport portdestination portdedestination puertodestino puertodedestino portadestino portadedestino portadestinazione doelpoort портназначения портполучателя 目的端口 目标端口 目的埠 宛先ポート 목적지포트",
	"protocol": "protokoll protocole protocolo protocollo протокол 协议 通訊協定 協定 プロトコル 프로토콜",
	"bytes":    "octetos байт байты 字节 字节数 位元組 位元組數 バイト数 바이트",
	"duration": "dauer dauers durée duree durées duración duracion duração duracao durata duur длительность 持续时间 时长 継続時間",
}
