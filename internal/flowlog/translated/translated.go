// Package translated holds the names of columns in other languages than English.
package translated

// Names holds the names that logs in German, French, Spanish, Portuguese, Italian, Dutch,
// Russian, Chinese, Japanese and Korean have for a canonical column (see flowlog.MapKeys),
// normalised by flowlog.NormalName, the preferred first: those that say address before those
// that may also be of a column of host names.
var Names = map[string]string{
	"timestamp": "zeit zeitstempel datumzeit datumuhrzeit startzeit beginn uhrzeit horodatage dateheure dateetheure début debut heure fechahora fechayhora inicio hora datahora dataehora horário horario dataora dataeora inizio ora tijdstip tijd " +
		"datumtijd время датаивремя датавремя 时间 时间戳 日期时间 开始时间 發生時間 時間 日時 時刻 開始時刻 開始日時 タイムスタンプ 시간 일시 시작시간 date datum fecha дата 日期 日付 날짜",
	"src_ip": "quellip quelladresse quellipadresse adressesource adresseipsource sourceadresse iporigine iporigen ipdeorigen ipdeorigem iporigem direcciónorigen direccionorigen direccióniporigen direccioniporigen direccióndeorigen endereçoorigem enderecoorigem endereçodeorigem ipsorgente indirizzosorgente " +
		"indirizzoorigine bronip bronadres ipисточника адресисточника ipадресисточника 源地址 源ip 源ip地址 来源ip 来源地址 來源ip 來源位址 送信元ip 送信元アドレス 送信元ipアドレス 출발지ip 출발지주소 " +
		"quelle origen origem sorgente bron источник отправитель 源 送信元 출발지",
	"dst_ip": "zielip zieladresse zielipadresse adressedestination adresseipdestination adressededestination ipdestino ipdedestino direccióndestino direcciondestino direccióndedestino direcciónipdestino direccionipdestino endereçodestino enderecodestino endereçodedestino ipdestinazione indirizzodestinazione doelip doeladres " +
		"ipназначения адресназначения ipадресназначения ipполучателя адресполучателя 目的地址 目的ip 目的ip地址 目标ip 目标地址 目的位址 宛先ip 宛先アドレス 宛先ipアドレス 목적지ip 목적지주소 " +
		"ziel destinataire destino destinazione doel назначение получатель 目的 宛先 목적지",
	"src_port": "quellport portsource puertoorigen puertodeorigen portaorigem portadeorigem portasorgente portaorigine bronpoort портисточника портотправителя 源端口 来源端口 來源埠 送信元ポート 출발지포트",
	"dst_port": "zielport portdestination portdedestination puertodestino puertodedestino portadestino portadedestino portadestinazione doelpoort портназначения портполучателя 目的端口 目标端口 目的埠 宛先ポート 목적지포트",
	"protocol": "protokoll protocole protocolo protocollo протокол 协议 通訊協定 プロトコル 프로토콜",
	"bytes":    "octetos байт байты 字节 字节数 バイト数 바이트",
	"duration": "dauer dauers durée duree durées duración duracion duração duracao durata duur длительность 持续时间 时长 継続時間",
}
