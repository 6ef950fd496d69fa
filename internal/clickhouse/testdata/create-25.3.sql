CREATE TABLE `db`.`odd\`name` (
    timestamp DateTime64(6, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    src_ip IPv6 CODEC(ZSTD(1)),
    dst_ip IPv6 CODEC(ZSTD(1)),
    src_port UInt16 CODEC(ZSTD(1)),
    dst_port UInt16 CODEC(ZSTD(1)),
    protocol UInt8 CODEC(ZSTD(1)),
    bytes Int64 CODEC(ZSTD(1)),
    src_bytes Int64 CODEC(ZSTD(1)),
    duration Float64 CODEC(ZSTD(1)),
    hostname String CODEC(ZSTD(1)),
    hostname_ip IPv6 CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(timestamp, 'UTC')
ORDER BY (dst_ip, timestamp)
