-- totals
WITH
    IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
    IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst,
    toUnixTimestamp64Milli(assumeNotNull(`stime`)) AS beacon_time
SELECT
    toInt64(countIf((NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT ((beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) OR (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))))) AS beacon_flows,
    toInt64(minIf(beacon_time, (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT ((beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) OR (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))))) AS beacon_first,
    toInt64(maxIf(beacon_time, (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT ((beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) OR (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))))) AS beacon_last,
    toInt64(countIf(((NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT ((beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) OR (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))) AND 0))) AS beacon_excluded,
    toInt64(countIf(((NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT ((beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) OR (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))) AND ((beacon_src BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')) AND NOT (beacon_dst BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')))))) AS beacon_outbound,
    toInt64(countIf(((NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT ((beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) OR (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))) AND ((beacon_src BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')) OR (beacon_dst BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')))))) AS beacon_in_internal,
    toInt64(countIf((((beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) OR (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$'))) AND NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '')))) AS beacon_bad,
    toInt64(countIf(((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = ''))) AS beacon_other,
    toInt64(countIf(0)) AS beacon_replies,
    toInt64(countIf(0)) AS beacon_long,
    toInt64(countIf(0)) AS beacon_left,
    toInt64(1) AS beacon_sampling
FROM `db`.`t`

-- addresses of each /8, where the default networks don't hold
SELECT
    if(substring(beacon_address, 1, 12) = unhex('00000000000000000000ffff'), toUInt16(reinterpretAsUInt8(substring(beacon_address, 13, 1))), 256) AS beacon_octet,
    toInt64(count()) AS beacon_addresses
FROM (
    WITH
        IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
        IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst
    SELECT
        arrayJoin([beacon_src, beacon_dst]) AS beacon_address
    FROM `db`.`t`
    WHERE (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))
    GROUP BY beacon_address
)
GROUP BY beacon_octet

-- flows of each /8, where the default networks don't hold
WITH
    IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
    IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst,
    if(substring(beacon_src, 1, 12) = unhex('00000000000000000000ffff'), toUInt16(reinterpretAsUInt8(substring(beacon_src, 13, 1))), 256) AS beacon_src_octet,
    if(substring(beacon_dst, 1, 12) = unhex('00000000000000000000ffff'), toUInt16(reinterpretAsUInt8(substring(beacon_dst, 13, 1))), 256) AS beacon_dst_octet
SELECT
    arrayJoin(if(beacon_src_octet = beacon_dst_octet, [beacon_src_octet], [beacon_src_octet, beacon_dst_octet])) AS beacon_octet,
    toInt64(count()) AS beacon_flows
FROM `db`.`t`
WHERE (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))
GROUP BY beacon_octet

-- times of a few flows, for the resolutions of the clock that they rule out
WITH
    IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
    IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst,
    toUnixTimestamp64Milli(assumeNotNull(`stime`)) AS beacon_time
SELECT
    toInt64(beacon_time),
    beacon_src,
    beacon_dst
FROM `db`.`t`
WHERE (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))
LIMIT 1000

-- flows by day
WITH
    IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
    IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst,
    toUnixTimestamp64Milli(assumeNotNull(`stime`)) AS beacon_time
SELECT
    toInt64(intDiv(beacon_time, 86400000)) AS beacon_day,
    toInt64(count()),
    toInt64(min(beacon_time)),
    toInt64(max(beacon_time)),
    argMin(beacon_src, beacon_time),
    argMin(beacon_dst, beacon_time),
    groupBitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(toUInt64(0), bitShiftLeft(toUInt64(beacon_time % 86400000 != 0), 0)), bitShiftLeft(toUInt64(beacon_time % 43200000 != 0), 1)), bitShiftLeft(toUInt64(beacon_time % 28800000 != 0), 2)), bitShiftLeft(toUInt64(beacon_time % 21600000 != 0), 3)), bitShiftLeft(toUInt64(beacon_time % 14400000 != 0), 4)), bitShiftLeft(toUInt64(beacon_time % 10800000 != 0), 5)), bitShiftLeft(toUInt64(beacon_time % 7200000 != 0), 6)), bitShiftLeft(toUInt64(beacon_time % 3600000 != 0), 7)), bitShiftLeft(toUInt64(beacon_time % 1800000 != 0), 8)), bitShiftLeft(toUInt64(beacon_time % 1200000 != 0), 9)), bitShiftLeft(toUInt64(beacon_time % 900000 != 0), 10)), bitShiftLeft(toUInt64(beacon_time % 720000 != 0), 11)), bitShiftLeft(toUInt64(beacon_time % 600000 != 0), 12)), bitShiftLeft(toUInt64(beacon_time % 480000 != 0), 13)), bitShiftLeft(toUInt64(beacon_time % 360000 != 0), 14)), bitShiftLeft(toUInt64(beacon_time % 300000 != 0), 15)), bitShiftLeft(toUInt64(beacon_time % 240000 != 0), 16)), bitShiftLeft(toUInt64(beacon_time % 180000 != 0), 17)), bitShiftLeft(toUInt64(beacon_time % 120000 != 0), 18)), bitShiftLeft(toUInt64(beacon_time % 90000 != 0), 19)), bitShiftLeft(toUInt64(beacon_time % 60000 != 0), 20)), bitShiftLeft(toUInt64(beacon_time % 30000 != 0), 21)), bitShiftLeft(toUInt64(beacon_time % 20000 != 0), 22)), bitShiftLeft(toUInt64(beacon_time % 15000 != 0), 23)), bitShiftLeft(toUInt64(beacon_time % 12000 != 0), 24)), bitShiftLeft(toUInt64(beacon_time % 10000 != 0), 25)), bitShiftLeft(toUInt64(beacon_time % 6000 != 0), 26)), bitShiftLeft(toUInt64(beacon_time % 5000 != 0), 27)), bitShiftLeft(toUInt64(beacon_time % 4000 != 0), 28)), bitShiftLeft(toUInt64(beacon_time % 3000 != 0), 29)), bitShiftLeft(toUInt64(beacon_time % 2000 != 0), 30)), bitShiftLeft(toUInt64(beacon_time % 1000 != 0), 31)), bitShiftLeft(toUInt64(beacon_time % 500 != 0), 32)), bitShiftLeft(toUInt64(beacon_time % 100 != 0), 33)), bitShiftLeft(toUInt64(beacon_time % 10 != 0), 34))),
    groupBitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(bitOr(toUInt64(0), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 86400000 != 0), 0)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 43200000 != 0), 1)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 28800000 != 0), 2)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 21600000 != 0), 3)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 14400000 != 0), 4)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 10800000 != 0), 5)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 7200000 != 0), 6)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 3600000 != 0), 7)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1800000 != 0), 8)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1200000 != 0), 9)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 900000 != 0), 10)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 720000 != 0), 11)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 600000 != 0), 12)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 480000 != 0), 13)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 360000 != 0), 14)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 300000 != 0), 15)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 240000 != 0), 16)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 180000 != 0), 17)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 120000 != 0), 18)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 90000 != 0), 19)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 60000 != 0), 20)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 30000 != 0), 21)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 20000 != 0), 22)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 15000 != 0), 23)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 12000 != 0), 24)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 10000 != 0), 25)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 6000 != 0), 26)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 5000 != 0), 27)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 4000 != 0), 28)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 3000 != 0), 29)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 2000 != 0), 30)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 1000 != 0), 31)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 500 != 0), 32)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 100 != 0), 33)), bitShiftLeft(toUInt64((toInt64(beacon_time) - toInt64(0)) % 10 != 0), 34)))
FROM `db`.`t`
WHERE (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))
GROUP BY beacon_day

-- flows with no internal end, by source
WITH
    IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
    IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst,
    toUnixTimestamp64Milli(assumeNotNull(`stime`)) AS beacon_time
SELECT
    beacon_src,
    toInt64(count()) AS beacon_flows
FROM `db`.`t`
WHERE ((NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$'))) AND NOT (beacon_src BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')) AND NOT (beacon_dst BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')))
GROUP BY beacon_src
ORDER BY beacon_flows DESC
LIMIT 1000

-- distinct addresses
SELECT
    toInt64(count()) AS beacon_addresses,
    toInt64(countIf((beacon_address BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')))) AS beacon_internal_hosts
FROM (
    WITH
        IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
        IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst
    SELECT
        arrayJoin([beacon_src, beacon_dst]) AS beacon_address
    FROM `db`.`t`
    WHERE (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))
    GROUP BY beacon_address
)

-- about how many they are, where they are too many to count
SELECT
    toInt64(uniqCombined(beacon_address)),
    toInt64(uniqCombinedIf(beacon_address, (beacon_address BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255'))))
FROM (
    WITH
        IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
        IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst
    SELECT
        arrayJoin([beacon_src, beacon_dst]) AS beacon_address
    FROM `db`.`t`
    WHERE (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$')))
)

-- slots of each destination
WITH
    IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
    IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst,
    toUnixTimestamp64Milli(assumeNotNull(`stime`)) AS beacon_time
SELECT
    beacon_dst,
    groupBitOr(bitShiftLeft(toUInt64(1), toUInt8(intDiv(beacon_time, 60000) % 60))) AS beacon_slots
FROM `db`.`t`
WHERE ((NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$'))) AND ((beacon_src BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')) AND NOT (beacon_dst BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255'))))
GROUP BY beacon_dst
HAVING bitCount(beacon_slots) >= 55

-- sources, series and more of the flagged destinations
WITH
    IPv6StringToNumOrDefault(if(position(assumeNotNull(`sa`), ':') > 0, substring(assumeNotNull(`sa`), 1, position(concat(assumeNotNull(`sa`), '%'), '%') - 1), concat('::ffff:', assumeNotNull(`sa`)))) AS beacon_src,
    IPv6StringToNumOrDefault(if(position(toString(`da`), ':') > 0, substring(toString(`da`), 1, position(concat(toString(`da`), '%'), '%') - 1), concat('::ffff:', toString(`da`)))) AS beacon_dst,
    toUnixTimestamp64Milli(assumeNotNull(`stime`)) AS beacon_time
SELECT
    beacon_dst,
    arrayJoin([1, 2, 3]) AS beacon_part,
    if(beacon_part = 1, beacon_src, IPv6StringToNum('::ffff:0.0.0.0')) AS beacon_source,
    multiIf(beacon_part = 2, toInt64(intDiv(beacon_time, 60000)), beacon_part = 3, toInt64(ifNull(`dport`, 0)), toInt64(0)) AS beacon_number,
    '' AS beacon_name,
    toInt64(count()) AS beacon_flows,
    toInt64(sum(ifNull(`orig_bytes`, 0) + ifNull(`resp_bytes`, 0))) AS beacon_bytes,
    toInt64(min(beacon_time)) AS beacon_first,
    toInt64(max(beacon_time)) AS beacon_last
FROM `db`.`t`
WHERE (beacon_dst IN (/* the flagged destinations */) AND (NOT ((isNull(`stime`) OR isNull(`sa`)) OR assumeNotNull(`sa`) = '') AND NOT (beacon_src = toFixedString('', 16) AND NOT match(assumeNotNull(`sa`), '^[0:]+(%.*)?$')) AND NOT (beacon_dst = toFixedString('', 16) AND NOT match(toString(`da`), '^[0:]+(%.*)?$'))) AND (beacon_src BETWEEN IPv6StringToNum('::ffff:10.0.0.0') AND IPv6StringToNum('::ffff:10.255.255.255')))
GROUP BY beacon_dst, beacon_part, beacon_source, beacon_number, beacon_name
