CREATE TABLE `db`.`odd\`name` (
    timestamp Int64,
    src_ip FixedString(16),
    dst_ip FixedString(16),
    src_port UInt16,
    dst_port UInt16,
    protocol UInt8,
    bytes Int64,
    src_bytes Int64,
    duration Float64,
    hostname String,
    hostname_ip FixedString(16)
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(toDateTime(intDiv(timestamp, 1000000)), 'UTC')
ORDER BY (dst_ip, timestamp)
