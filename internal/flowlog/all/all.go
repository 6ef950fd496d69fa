// Package all registers the readers of every format: import it for that alone.
package all

import (
	_ "beacon/internal/flowlog/arrowlog"
	_ "beacon/internal/flowlog/capturelog"
	_ "beacon/internal/flowlog/devicelog"
	_ "beacon/internal/flowlog/jsonlog"
	_ "beacon/internal/flowlog/packetfilter"
	_ "beacon/internal/flowlog/parquetlog"
	_ "beacon/internal/flowlog/textlog"
	_ "beacon/internal/flowlog/wrap"
)
