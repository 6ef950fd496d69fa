// Polars does the whole job on one log: node polars.js METHOD LOG. It times itself and
// writes that and the answer as JSON, as the program in peer does.
const pl = require(process.env.POLARS);
const [method, log] = process.argv.slice(2);
const parquet = log.endsWith(".parquet");

function outbound() {
  const flows = parquet ? pl.scanParquet(log) : pl.scanCSV(log, { inferSchemaLength: 0 });
  const minute = parquet ? pl.col("timestamp").dt.minute() : pl.col("timestamp").str.slice(14, 2);
  return flows
    .filter(pl.col("src_ip").str.startsWith("120.").and(pl.col("dst_ip").str.startsWith("120.").not()))
    .select(pl.col("timestamp"), pl.col("src_ip"), pl.col("dst_ip"), minute.alias("minute"));
}

// first is each source's first call to a flagged destination.
function first(flows, hits) {
  return flows.join(hits, { on: "dst_ip", how: "semi" }).groupBy("src_ip").agg(pl.col("timestamp").min());
}

// flagged is the destinations that are called in each of the 60 slots.
function flagged(calls) {
  return calls.groupBy("dst_ip").agg(pl.col("minute").nUnique().alias("slots")).filter(pl.col("slots").eq(60)).select(pl.col("dst_ip"));
}

const methods = {
  // The log is read once; of each pair its slots and its first call in each are kept.
  pairs() {
    const pairs = outbound().groupBy(["src_ip", "dst_ip", "minute"]).agg(pl.col("timestamp").min()).collectSync();
    const hits = flagged(pairs.lazy()).collectSync();
    return [hits, first(pairs.lazy(), hits.lazy()).collectSync()];
  },
  // The log is read for the destinations and once more for their sources.
  "two scans"() {
    const hits = flagged(outbound()).collectSync();
    return [hits, first(outbound(), hits.lazy()).collectSync()];
  },
};

const start = performance.now();
const [hits, sources] = methods[method]();
const rows = sources.select(pl.col("src_ip"), pl.col("timestamp").cast(parquet ? pl.Int64 : pl.Utf8).cast(pl.Utf8)).sort(["timestamp", "src_ip"]).rows();
const Seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ Seconds, Answer: { Destinations: hits.getColumn("dst_ip").toArray(), Sources: rows.map((r) => r[0]), First: rows.map((r) => r[1]) } }));
