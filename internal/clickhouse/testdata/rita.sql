-- totals
WITH
    toUnixTimestamp64Micro(`ts`) AS beacon_time
SELECT
    toInt64(countIf(1)) AS beacon_flows,
    toInt64(minIf(beacon_time, 1)) AS beacon_first,
    toInt64(maxIf(beacon_time, 1)) AS beacon_last,
    toInt64(countIf(0)) AS beacon_excluded,
    toInt64(countIf(((`src` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) AND NOT (`dst` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255'))))) AS beacon_outbound,
    toInt64(countIf(((`src` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) OR (`dst` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255'))))) AS beacon_in_internal,
    toInt64(countIf(0)) AS beacon_bad,
    toInt64(countIf(0)) AS beacon_other,
    toInt64(countIf((((`src` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) AND NOT (`dst` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255'))) AND `src_port` > 0 AND `src_port` < 1024 AND `dst_port` >= 1024))) AS beacon_replies,
    toInt64(countIf(toInt64(round(`duration` * 1000000)) * 1000 > 60000000000)) AS beacon_long,
    toInt64(countIf(0)) AS beacon_left,
    toInt64(1) AS beacon_sampling
FROM `db`.`t`

-- addresses of each /8, where the default networks don't hold
SELECT
    if(extract(toString(beacon_address), '^::ffff:([0-9]+)[.]') = '', 256, toUInt16(toUInt8OrZero(extract(toString(beacon_address), '^::ffff:([0-9]+)[.]')))) AS beacon_octet,
    toInt64(count()) AS beacon_addresses
FROM (
    SELECT
        arrayJoin([`src`, `dst`]) AS beacon_address
    FROM `db`.`t`
    GROUP BY beacon_address
)
GROUP BY beacon_octet

-- flows of each /8, where the default networks don't hold
WITH
    if(extract(toString(`src`), '^::ffff:([0-9]+)[.]') = '', 256, toUInt16(toUInt8OrZero(extract(toString(`src`), '^::ffff:([0-9]+)[.]')))) AS beacon_src_octet,
    if(extract(toString(`dst`), '^::ffff:([0-9]+)[.]') = '', 256, toUInt16(toUInt8OrZero(extract(toString(`dst`), '^::ffff:([0-9]+)[.]')))) AS beacon_dst_octet
SELECT
    arrayJoin(if(beacon_src_octet = beacon_dst_octet, [beacon_src_octet], [beacon_src_octet, beacon_dst_octet])) AS beacon_octet,
    toInt64(count()) AS beacon_flows
FROM `db`.`t`
GROUP BY beacon_octet

-- times of a few flows, for the resolutions of the clock that they rule out
WITH
    toUnixTimestamp64Micro(`ts`) AS beacon_time
SELECT
    toInt64(beacon_time),
    `src`,
    `dst`
FROM `db`.`t`
LIMIT 1000

-- flows by day
WITH
    toUnixTimestamp64Micro(`ts`) AS beacon_time
SELECT
    toInt64(intDiv(beacon_time, toInt64(86400000000))) AS beacon_day,
    toInt64(count()),
    toInt64(min(beacon_time)),
    toInt64(max(beacon_time)),
    argMin(`src`, beacon_time),
    argMin(`dst`, beacon_time),
    groupBitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(toUInt64(0), bitShiftLeft(toUInt64(beacon_time % 86400000000 != 0), 0)), bitShiftLeft(toUInt64(beacon_time % 43200000000 != 0), 1)), bitShiftLeft(toUInt64(beacon_time % 28800000000 != 0), 2)), bitShiftLeft(toUInt64(beacon_time % 21600000000 != 0), 3)), bitShiftLeft(toUInt64(beacon_time % 14400000000 != 0), 4)), bitShiftLeft(toUInt64(beacon_time % 10800000000 != 0), 5)), bitShiftLeft(toUInt64(beacon_time % 7200000000 != 0), 6)), bitShiftLeft(toUInt64(beacon_time % 3600000000 != 0), 7)), bitShiftLeft(toUInt64(beacon_time % 1800000000 != 0), 8)), bitShiftLeft(toUInt64(beacon_time % 1200000000 != 0), 9)), bitShiftLeft(toUInt64(beacon_time % 900000000 != 0), 10)), bitShiftLeft(toUInt64(beacon_time % 720000000 != 0), 11)), bitShiftLeft(toUInt64(beacon_time % 600000000 != 0), 12)), bitShiftLeft(toUInt64(beacon_time % 480000000 != 0), 13)), bitShiftLeft(toUInt64(beacon_time % 360000000 != 0), 14)), bitShiftLeft(toUInt64(beacon_time % 300000000 != 0), 15)), bitShiftLeft(toUInt64(beacon_time % 240000000 != 0), 16)), bitShiftLeft(toUInt64(beacon_time % 180000000 != 0), 17)), bitShiftLeft(toUInt64(beacon_time % 120000000 != 0), 18)), bitShiftLeft(toUInt64(beacon_time % 90000000 != 0), 19)), bitShiftLeft(toUInt64(beacon_time % 60000000 != 0), 20)), bitShiftLeft(toUInt64(beacon_time % 30000000 != 0), 21)), bitShiftLeft(toUInt64(beacon_time % 20000000 != 0), 22)), bitShiftLeft(toUInt64(beacon_time % 15000000 != 0), 23)), bitShiftLeft(toUInt64(beacon_time % 12000000 != 0), 24)), bitShiftLeft(toUInt64(beacon_time % 10000000 != 0), 25)), bitShiftLeft(toUInt64(beacon_time % 6000000 != 0), 26)), bitShiftLeft(toUInt64(beacon_time % 5000000 != 0), 27)), bitShiftLeft(toUInt64(beacon_time % 4000000 != 0), 28)), bitShiftLeft(toUInt64(beacon_time % 3000000 != 0), 29)), bitShiftLeft(toUInt64(beacon_time % 2000000 != 0), 30)), bitShiftLeft(toUInt64(beacon_time % 1000000 != 0), 31)), bitShiftLeft(toUInt64(beacon_time % 500000 != 0), 32)), bitShiftLeft(toUInt64(beacon_time % 100000 != 0), 33)), bitShiftLeft(toUInt64(beacon_time % 10000 != 0), 34)), bitShiftLeft(toUInt64(beacon_time % 1000 != 0), 35))),
    groupBitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(toUInt64(0), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 86400000000 != 0), 0)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 43200000000 != 0), 1)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 28800000000 != 0), 2)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 21600000000 != 0), 3)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 14400000000 != 0), 4)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 10800000000 != 0), 5)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 7200000000 != 0), 6)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 3600000000 != 0), 7)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1800000000 != 0), 8)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1200000000 != 0), 9)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 900000000 != 0), 10)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 720000000 != 0), 11)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 600000000 != 0), 12)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 480000000 != 0), 13)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 360000000 != 0), 14)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 300000000 != 0), 15)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 240000000 != 0), 16)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 180000000 != 0), 17)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 120000000 != 0), 18)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 90000000 != 0), 19)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 60000000 != 0), 20)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 30000000 != 0), 21)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 20000000 != 0), 22)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 15000000 != 0), 23)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 12000000 != 0), 24)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 10000000 != 0), 25)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 6000000 != 0), 26)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 5000000 != 0), 27)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 4000000 != 0), 28)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 3000000 != 0), 29)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 2000000 != 0), 30)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1000000 != 0), 31)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 500000 != 0), 32)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 100000 != 0), 33)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 10000 != 0), 34)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1000 != 0), 35)))
FROM `db`.`t`
GROUP BY beacon_day

-- flows with no internal end, by source
WITH
    toUnixTimestamp64Micro(`ts`) AS beacon_time
SELECT
    `src`,
    toInt64(count()) AS beacon_flows
FROM `db`.`t`
WHERE (NOT (`src` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) AND NOT (`dst` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))
GROUP BY `src`
ORDER BY beacon_flows DESC
LIMIT 1000

-- distinct addresses
SELECT
    toInt64(count()) AS beacon_addresses,
    toInt64(countIf((beacon_address BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))) AS beacon_internal_hosts
FROM (
    SELECT
        arrayJoin([`src`, `dst`]) AS beacon_address
    FROM `db`.`t`
    GROUP BY beacon_address
)

-- about how many they are, where they are too many to count
SELECT
    toInt64(uniqCombined(beacon_address)),
    toInt64(uniqCombinedIf(beacon_address, (beacon_address BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255'))))
FROM (
    SELECT
        arrayJoin([`src`, `dst`]) AS beacon_address
    FROM `db`.`t`
)

-- slots of each destination
WITH
    toUnixTimestamp64Micro(`ts`) AS beacon_time
SELECT
    `dst`,
    groupBitOr(bitShiftLeft(toUInt64(1), toUInt8((toInt64(intDiv(beacon_time, 60000000)) + arrayJoin(range(toUInt32(least(intDiv((toInt64(beacon_time) * 1000 + least(greatest(toInt64(round(`duration` * 1000000)) * 1000, 0), 3600000000000)), toInt64(60000000000)) - toInt64(intDiv(beacon_time, 60000000)), 59)) + 1))) % 60))) AS beacon_slots
FROM `db`.`t`
WHERE ((`src` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')) AND NOT (`dst` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))
GROUP BY `dst`
HAVING bitCount(beacon_slots) >= 55

-- sources, series and more of the flagged destinations
WITH
    toUnixTimestamp64Micro(`ts`) AS beacon_time
SELECT
    `dst`,
    arrayJoin([1, 2, 3]) AS beacon_part,
    if(beacon_part = 1, `src`, toIPv6('::ffff:0.0.0.0')) AS beacon_source,
    multiIf(beacon_part = 2, toInt64(intDiv(beacon_time, 60000000)), beacon_part = 3, toInt64(`dst_port`), toInt64(0)) AS beacon_number,
    '' AS beacon_name,
    toInt64(count()) AS beacon_flows,
    toInt64(sum(`src_bytes` + `dst_bytes`)) AS beacon_bytes,
    toInt64(min(beacon_time)) AS beacon_first,
    toInt64(max(beacon_time)) AS beacon_last
FROM `db`.`t`
WHERE (`dst` IN (/* the flagged destinations */) AND (`src` BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))
GROUP BY `dst`, beacon_part, beacon_source, beacon_number, beacon_name
