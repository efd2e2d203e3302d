/*
  Writes rows for `trades(time TIMESTAMP, sym SYMBOL, price DOUBLE, id INT)`, the stream table in DolphinDB's chapter on asynchronous
  writing. The same arguments give the same bytes on every machine.

    node scripts/generate-trades.js --rows 1000 --seed 1 --format csv > fixtures/csv/trades.csv
*/
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** The chapter's list contains FHU twice, so FHU is twice as frequent. */
const symbols = ['IBN', 'GTYU', 'FHU', 'DGT', 'FHU', 'YUG', 'EE', 'ZD', 'FYU']
const chunkChars = 1 << 16
const openingMs = 9.5 * 3_600_000
const tradingDayMs = 6.5 * 3_600_000

/** Mulberry32 (Tommy Ettinger, public domain), with 32 bits of state. Returns a function that gives numbers in [0, 1). */
export function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** A random millisecond of a trading day. The day is one of the first 20 of a month in 2020, like the dates in the chapter. */
function randomTime(random) {
  const month = Math.floor(random() * 12)
  const day = 1 + Math.floor(random() * 20)
  const time = Math.floor(random() * tradingDayMs)
  return new Date(Date.UTC(2020, month, day) + openingMs + time).toISOString()
}

/** One row as text. Times have DolphinDB's own form in CSV, and the ISO form in NDJSON. */
function rowText(format, iso, sym, price, id) {
  const time = iso.slice(0, 23)
  if (format === 'ndjson') {
    return `{"time":"${time}","sym":"${sym}","price":${price},"id":${id}}\n`
  }
  return `${time.slice(0, 4)}.${time.slice(5, 7)}.${time.slice(8)},${sym},${price},${id}\n`
}

/**
 * Yields text in pieces of about 64 Ki characters, each ending with a line end. `id` counts from 1, so that lost or duplicated rows
 * can be named. Prices have one decimal place and lie between 1 and 100.
 * @param options  `rows`; `seed`, any 32-bit integer; `format`, `csv` (with a header) or `ndjson`
 */
export function* generateTrades({ rows, seed = 1, format = 'csv' }) {
  const random = seededRandom(seed)
  let text = format === 'csv' ? 'time,sym,price,id\n' : ''
  for (let id = 1; id <= rows; id++) {
    const time = randomTime(random)
    const sym = symbols[Math.floor(random() * symbols.length)]
    const price = (1 + random() * 99).toFixed(1)
    // JSON writers shorten 5.0 to 5, so the loader must accept whole numbers in a DOUBLE column.
    text += rowText(format, time, sym, format === 'csv' ? price : Number(price), id)
    if (text.length >= chunkChars) {
      yield text
      text = ''
    }
  }
  if (text !== '') yield text
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {
    rows = '1000',
    seed = '1',
    format,
  } = parseArgs({
    options: { rows: { type: 'string' }, seed: { type: 'string' }, format: { type: 'string' } },
  }).values
  const texts = generateTrades({ rows: Number(rows), seed: Number(seed), format })
  await pipeline(texts, process.stdout)
}
