// Package translated holds the names of columns in other languages than English.
package translated

// Names holds the names that logs in German, French, Spanish, Portuguese, Italian, Dutch,
// Russian, Chinese, Japanese and Korean have for a canonical column (see flowlog.MapKeys),
// normalised by flowlog.NormalName, the preferred first.
var Names = map[string]string{
	"timestamp": "zeit zeitstempel datumzeit datumuhrzeit startzeit beginn uhrzeit horodatage dateheure dateetheure début debut heure fechahora fechayhora inicio hora datahora dataehora horário horario dataora dataeora inizio ora tijdstip tijd " +
		"datumtijd время датаивремя датавремя 时间 时间戳 日期时间 开始时间 發生時間 時間 日時 時刻 開始時刻 開始日時 タイムスタンプ 시간 일시 시작시간 date datum fecha дата 日期 日付 날짜",
	"src_ip": "quelle quellip quelladresse quellipadresse adressesource adresseipsource sourceadresse iporigine iporigen ipdeorigen ipdeorigem iporigem direcciónorigen direccionorigen direccióniporigen direccioniporigen direccióndeorigen " +
		"origen origem endereçoorigem enderecoorigem endereçodeorigem ipsorgente indirizzosorgente sorgente indirizzoorigine bronip bronadres bron источник ipисточника адресисточника ipадресисточника отправитель " +
		"源地址 源ip 源ip地址 源 来源ip 来源地址 來源ip 來源位址 送信元ip 送信元アドレス 送信元ipアドレス 送信元 출발지ip 출발지주소 출발지",
	"dst_ip": "ziel zielip zieladresse zielipadresse adressedestination adresseipdestination adressededestination destinataire ipdestino ipdedestino direccióndestino direcciondestino direccióndedestino direcciónipdestino " +
		"direccionipdestino destino endereçodestino enderecodestino endereçodedestino ipdestinazione indirizzodestinazione destinazione doelip doeladres doel назначение получатель ipназначения адресназначения ipадресназначения ipполучателя " +
		"адресполучателя 目的地址 目的ip 目的ip地址 目标ip 目标地址 目的 目的位址 宛先ip 宛先アドレス 宛先ipアドレス 宛先 목적지ip 목적지주소 목적지",
	"src_port": "quellport portsource puertoorigen puertodeorigen portaorigem portadeorigem portasorgente portaorigine bronpoort портисточника портотправителя 源端口 来源端口 來源埠 送信元ポート 출발지포트",
	"dst_port": "zielport portdestination portdedestination puertodestino puertodedestino portadestino portadedestino portadestinazione doelpoort портназначения портполучателя 目的端口 目标端口 目的埠 宛先ポート 목적지포트",
	"protocol": "protokoll protocole protocolo protocollo протокол 协议 通訊協定 プロトコル 프로토콜",
	"bytes":    "octetos байт байты 字节 字节数 バイト数 바이트",
	"duration": "dauer dauers durée duree durées duración duracion duração duracao durata duur длительность 持续时间 时长 継続時間",
}
