package manual

import _ "embed"

// Watch is the help of beacon watch. Tests check the systemd unit and run the script for
// cron in it.
//
//go:embed watch.txt
var Watch string
