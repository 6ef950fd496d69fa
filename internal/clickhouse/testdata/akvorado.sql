-- totals
WITH
    toUInt32(`TimeReceived`) AS beacon_time
SELECT
    toInt64(countIf(1)) AS beacon_flows,
    toInt64(minIf(beacon_time, 1)) AS beacon_first,
    toInt64(maxIf(beacon_time, 1)) AS beacon_last,
    toInt64(countIf(0)) AS beacon_excluded,
    toInt64(countIf(((`SrcAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) AND NOT (`DstAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255'))))) AS beacon_outbound,
    toInt64(countIf(((`SrcAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) OR (`DstAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255'))))) AS beacon_in_internal,
    toInt64(countIf(0)) AS beacon_bad,
    toInt64(countIf(0)) AS beacon_other,
    toInt64(countIf((((`SrcAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) AND NOT (`DstAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255'))) AND `SrcPort` > 0 AND `SrcPort` < 1024 AND `DstPort` >= 1024))) AS beacon_replies,
    toInt64(countIf(0)) AS beacon_long,
    toInt64(countIf(0)) AS beacon_left,
    toInt64(max(greatest(toInt64(`SamplingRate`), 1))) AS beacon_sampling
FROM `db`.`t`

-- addresses of each /8, where the default networks don't hold
SELECT
    if(extract(toString(beacon_address), '^::ffff:([0-9]+)[.]') = '', 256, toUInt16(toUInt8OrZero(extract(toString(beacon_address), '^::ffff:([0-9]+)[.]')))) AS beacon_octet,
    toInt64(count()) AS beacon_addresses
FROM (
    SELECT
        arrayJoin([`SrcAddr`, `DstAddr`]) AS beacon_address
    FROM `db`.`t`
    GROUP BY beacon_address
)
GROUP BY beacon_octet

-- flows of each /8, where the default networks don't hold
WITH
    if(extract(toString(`SrcAddr`), '^::ffff:([0-9]+)[.]') = '', 256, toUInt16(toUInt8OrZero(extract(toString(`SrcAddr`), '^::ffff:([0-9]+)[.]')))) AS beacon_src_octet,
    if(extract(toString(`DstAddr`), '^::ffff:([0-9]+)[.]') = '', 256, toUInt16(toUInt8OrZero(extract(toString(`DstAddr`), '^::ffff:([0-9]+)[.]')))) AS beacon_dst_octet
SELECT
    arrayJoin(if(beacon_src_octet = beacon_dst_octet, [beacon_src_octet], [beacon_src_octet, beacon_dst_octet])) AS beacon_octet,
    toInt64(count()) AS beacon_flows
FROM `db`.`t`
GROUP BY beacon_octet

-- times of a few flows, for the resolutions of the clock that they rule out
WITH
    toUInt32(`TimeReceived`) AS beacon_time
SELECT
    toInt64(beacon_time),
    `SrcAddr`,
    `DstAddr`
FROM `db`.`t`
LIMIT 1000

-- flows by day
WITH
    toUInt32(`TimeReceived`) AS beacon_time
SELECT
    toInt64(intDiv(beacon_time, 86400)) AS beacon_day,
    toInt64(count()),
    toInt64(min(beacon_time)),
    toInt64(max(beacon_time)),
    argMin(`SrcAddr`, beacon_time),
    argMin(`DstAddr`, beacon_time),
    groupBitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(toUInt64(0), bitShiftLeft(toUInt64(beacon_time % 86400 != 0), 0)), bitShiftLeft(toUInt64(beacon_time % 43200 != 0), 1)), bitShiftLeft(toUInt64(beacon_time % 28800 != 0), 2)), bitShiftLeft(toUInt64(beacon_time % 21600 != 0), 3)), bitShiftLeft(toUInt64(beacon_time % 14400 != 0), 4)), bitShiftLeft(toUInt64(beacon_time % 10800 != 0), 5)), bitShiftLeft(toUInt64(beacon_time % 7200 != 0), 6)), bitShiftLeft(toUInt64(beacon_time % 3600 != 0), 7)), bitShiftLeft(toUInt64(beacon_time % 1800 != 0), 8)), bitShiftLeft(toUInt64(beacon_time % 1200 != 0), 9)), bitShiftLeft(toUInt64(beacon_time % 900 != 0), 10)), bitShiftLeft(toUInt64(beacon_time % 720 != 0), 11)), bitShiftLeft(toUInt64(beacon_time % 600 != 0), 12)), bitShiftLeft(toUInt64(beacon_time % 480 != 0), 13)), bitShiftLeft(toUInt64(beacon_time % 360 != 0), 14)), bitShiftLeft(toUInt64(beacon_time % 300 != 0), 15)), bitShiftLeft(toUInt64(beacon_time % 240 != 0), 16)), bitShiftLeft(toUInt64(beacon_time % 180 != 0), 17)), bitShiftLeft(toUInt64(beacon_time % 120 != 0), 18)), bitShiftLeft(toUInt64(beacon_time % 90 != 0), 19)), bitShiftLeft(toUInt64(beacon_time % 60 != 0), 20)), bitShiftLeft(toUInt64(beacon_time % 30 != 0), 21)), bitShiftLeft(toUInt64(beacon_time % 20 != 0), 22)), bitShiftLeft(toUInt64(beacon_time % 15 != 0), 23)), bitShiftLeft(toUInt64(beacon_time % 12 != 0), 24)), bitShiftLeft(toUInt64(beacon_time % 10 != 0), 25)), bitShiftLeft(toUInt64(beacon_time % 6 != 0), 26)), bitShiftLeft(toUInt64(beacon_time % 5 != 0), 27)), bitShiftLeft(toUInt64(beacon_time % 4 != 0), 28)), bitShiftLeft(toUInt64(beacon_time % 3 != 0), 29)), bitShiftLeft(toUInt64(beacon_time % 2 != 0), 30))),
    groupBitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(toUInt64(0), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 86400 != 0), 0)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 43200 != 0), 1)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 28800 != 0), 2)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 21600 != 0), 3)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 14400 != 0), 4)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 10800 != 0), 5)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 7200 != 0), 6)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 3600 != 0), 7)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1800 != 0), 8)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1200 != 0), 9)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 900 != 0), 10)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 720 != 0), 11)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 600 != 0), 12)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 480 != 0), 13)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 360 != 0), 14)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 300 != 0), 15)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 240 != 0), 16)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 180 != 0), 17)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 120 != 0), 18)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 90 != 0), 19)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 60 != 0), 20)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 30 != 0), 21)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 20 != 0), 22)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 15 != 0), 23)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 12 != 0), 24)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 10 != 0), 25)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 6 != 0), 26)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 5 != 0), 27)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 4 != 0), 28)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 3 != 0), 29)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 2 != 0), 30)))
FROM `db`.`t`
GROUP BY beacon_day

-- flows with no internal end, by source
WITH
    toUInt32(`TimeReceived`) AS beacon_time
SELECT
    `SrcAddr`,
    toInt64(count()) AS beacon_flows
FROM `db`.`t`
WHERE (NOT (`SrcAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) AND NOT (`DstAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))
GROUP BY `SrcAddr`
ORDER BY beacon_flows DESC
LIMIT 1000

-- distinct addresses
SELECT
    toInt64(count()) AS beacon_addresses,
    toInt64(countIf((beacon_address BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))) AS beacon_internal_hosts
FROM (
    SELECT
        arrayJoin([`SrcAddr`, `DstAddr`]) AS beacon_address
    FROM `db`.`t`
    GROUP BY beacon_address
)

-- about how many they are, where they are too many to count
SELECT
    toInt64(uniqCombined(beacon_address)),
    toInt64(uniqCombinedIf(beacon_address, (beacon_address BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255'))))
FROM (
    SELECT
        arrayJoin([`SrcAddr`, `DstAddr`]) AS beacon_address
    FROM `db`.`t`
)

-- slots of each destination
WITH
    toUInt32(`TimeReceived`) AS beacon_time
SELECT
    `DstAddr`,
    groupBitOr(bitShiftLeft(toUInt64(1), toUInt8(intDiv(beacon_time, 60) % 60))) AS beacon_slots
FROM `db`.`t`
WHERE ((`SrcAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) AND NOT (`DstAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))
GROUP BY `DstAddr`
HAVING bitCount(beacon_slots) >= 55

-- sources, series and more of the flagged destinations
WITH
    toUInt32(`TimeReceived`) AS beacon_time
SELECT
    `DstAddr`,
    arrayJoin([1, 2, 3]) AS beacon_part,
    if(beacon_part = 1, `SrcAddr`, toIPv6('::ffff:0.0.0.0')) AS beacon_source,
    multiIf(beacon_part = 2, toInt64(intDiv(beacon_time, 60)), beacon_part = 3, toInt64(`DstPort`), toInt64(0)) AS beacon_number,
    '' AS beacon_name,
    toInt64(sum(greatest(toInt64(`SamplingRate`), 1))) AS beacon_flows,
    toInt64(sum((`Bytes`) * greatest(toInt64(`SamplingRate`), 1))) AS beacon_bytes,
    toInt64(min(beacon_time)) AS beacon_first,
    toInt64(max(beacon_time)) AS beacon_last
FROM `db`.`t`
WHERE (`DstAddr` IN (/* the flagged destinations */) AND (`SrcAddr` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))
GROUP BY `DstAddr`, beacon_part, beacon_source, beacon_number, beacon_name
