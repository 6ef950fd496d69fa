-- totals
WITH
    `src_ip` AS beacon_src,
    `dst_ip` AS beacon_dst,
    toUnixTimestamp64Micro(`timestamp`) AS beacon_time
SELECT
    toInt64(countIf(1)) AS beacon_flows,
    toInt64(minIf(beacon_time, 1)) AS beacon_first,
    toInt64(maxIf(beacon_time, 1)) AS beacon_last,
    toInt64(countIf((beacon_src = toIPv6('::ffff:8.8.8.8') OR beacon_dst = toIPv6('::ffff:8.8.8.8')))) AS beacon_excluded,
    toInt64(countIf((((beacon_src BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_src BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT ((beacon_dst BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_dst BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT (beacon_src = toIPv6('::ffff:8.8.8.8') OR beacon_dst = toIPv6('::ffff:8.8.8.8'))))) AS beacon_outbound,
    toInt64(countIf(((((beacon_src BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_src BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) OR ((beacon_dst BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_dst BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff')))) AND NOT (beacon_src = toIPv6('::ffff:8.8.8.8') OR beacon_dst = toIPv6('::ffff:8.8.8.8'))))) AS beacon_in_internal,
    toInt64(countIf(0)) AS beacon_bad,
    toInt64(countIf(0)) AS beacon_other,
    toInt64(countIf(((((beacon_src BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_src BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT ((beacon_dst BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_dst BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT (beacon_src = toIPv6('::ffff:8.8.8.8') OR beacon_dst = toIPv6('::ffff:8.8.8.8'))) AND `src_port` > 0 AND `src_port` < 1024 AND `dst_port` >= 1024))) AS beacon_replies,
    toInt64(countIf((NOT (beacon_src = toIPv6('::ffff:8.8.8.8') OR beacon_dst = toIPv6('::ffff:8.8.8.8')) AND toInt64(round(`duration` * 1000000)) * 1000 > 600000000000))) AS beacon_long,
    toInt64(1) AS beacon_sampling
FROM `db`.`t`
WHERE (`timestamp` >= toDateTime64('2020-06-21 00:00:00.000001500', 9, 'UTC') AND `timestamp` < toDateTime64('2020-06-22 00:00:00.000000000', 9, 'UTC'))

-- distinct addresses
SELECT
    toInt64(count()) AS beacon_addresses,
    toInt64(countIf((((beacon_address BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_address BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_address BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_address BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT beacon_address = toIPv6('::ffff:8.8.8.8')))) AS beacon_internal_hosts
FROM (
    WITH
        `src_ip` AS beacon_src,
        `dst_ip` AS beacon_dst
    SELECT
        arrayJoin([beacon_src, beacon_dst]) AS beacon_address
    FROM `db`.`t`
    WHERE (`timestamp` >= toDateTime64('2020-06-21 00:00:00.000001500', 9, 'UTC') AND `timestamp` < toDateTime64('2020-06-22 00:00:00.000000000', 9, 'UTC'))
    GROUP BY beacon_address
)

-- slots of each destination
WITH
    `src_ip` AS beacon_src,
    `dst_ip` AS beacon_dst,
    toUnixTimestamp64Micro(`timestamp`) AS beacon_time
SELECT
    beacon_dst,
    uniqExact(toUInt16(intDiv(beacon_time, 600000000) % 144)) AS beacon_slots
FROM `db`.`t`
WHERE ((`timestamp` >= toDateTime64('2020-06-21 00:00:00.000001500', 9, 'UTC') AND `timestamp` < toDateTime64('2020-06-22 00:00:00.000000000', 9, 'UTC')) AND (((beacon_src BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_src BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT ((beacon_dst BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_dst BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT (beacon_src = toIPv6('::ffff:8.8.8.8') OR beacon_dst = toIPv6('::ffff:8.8.8.8'))))
GROUP BY beacon_dst
HAVING (beacon_slots >= 132 OR beacon_dst IN (toIPv6('::ffff:1.1.1.1')))

-- sources, series and more of the flagged destinations
WITH
    `src_ip` AS beacon_src,
    `dst_ip` AS beacon_dst,
    toUnixTimestamp64Micro(`timestamp`) AS beacon_time
SELECT
    beacon_dst,
    arrayJoin([1, 2, 3]) AS beacon_part,
    if(beacon_part = 1, beacon_src, toIPv6('::ffff:0.0.0.0')) AS beacon_source,
    multiIf(beacon_part = 2, toInt64(intDiv(beacon_time, 600000000)), beacon_part = 3, toInt64(`dst_port`), toInt64(0)) AS beacon_number,
    '' AS beacon_name,
    toInt64(count()) AS beacon_flows,
    toInt64(sum(`bytes`)) AS beacon_bytes,
    toInt64(min(beacon_time)) AS beacon_first,
    toInt64(max(beacon_time)) AS beacon_last
FROM `db`.`t`
WHERE (beacon_dst IN (/* the flagged destinations */) AND (`timestamp` >= toDateTime64('2020-06-21 00:00:00.000001500', 9, 'UTC') AND `timestamp` < toDateTime64('2020-06-22 00:00:00.000000000', 9, 'UTC')) AND (((beacon_src BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_src BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_src BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT ((beacon_dst BETWEEN toIPv6('::') AND toIPv6('::fffe:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:11.255.255.255')) OR (beacon_dst BETWEEN toIPv6('::1:0:0:0') AND toIPv6('1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')) OR (beacon_dst BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'))) AND NOT (beacon_src = toIPv6('::ffff:8.8.8.8') OR beacon_dst = toIPv6('::ffff:8.8.8.8'))))
GROUP BY beacon_dst, beacon_part, beacon_source, beacon_number, beacon_name
