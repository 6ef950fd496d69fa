package simulate

// Writer writes rows to a log. Close finishes the log; it doesn't close what
// lies below. After an error the log is void.
type Writer interface {
	Write(Row) error
	Close() error
}

// columns are the names of a written log's columns.
var columns = [...]string{"timestamp", "src_ip", "dst_ip", "src_port", "dst_port", "protocol", "payload"}

// WriteOffice writes an office log to w and closes it; see Office.
func WriteOffice(cfg OfficeConfig, w Writer) (Truth, error) {
	truth, err := Office(cfg, w.Write)
	if err != nil {
		return Truth{}, err
	}
	return truth, w.Close()
}
