/*
  Encoding a column of a million rows, per type, against Buffer.copy of the bytes that come out. Both ends write into
  one buffer: numeric columns travel as views, and comparing a view with a copy would only measure that nothing
  was done.
*/
import { performance } from 'node:perf_hooks'
import { encodeValue } from '../dist/protocol/codec.js'
import { ByteWriter } from '../dist/wire/writer.js'
import { alternate } from './lib/measure.js'
import { runAlone } from './lib/report.js'

const symbols = ['', 'IBN', 'GTYU', 'FHU', 'DGT', 'YUG', 'EE', 'ZD', 'FYU']
const numericBar = { atLeast: 0.5 }
/** One encoding takes about a millisecond, which is too short for one look at the clock. */
const encodingsPerRun = 20

const vector = (type, data) => ({ form: 'vector', type, length: data.length, data })

function columns(rows) {
  const bigints = BigInt64Array.from({ length: rows }, (_, i) => 1_577_957_400_000n + BigInt(i))
  const codes = Int32Array.from({ length: rows }, (_, i) => 1 + (i % (symbols.length - 1)))
  const texts = Array.from({ length: rows }, (_, i) => `order ${i}, second copy`)
  return [
    { column: vector('BOOL', new Int8Array(rows).fill(1)), bar: numericBar },
    { column: vector('SHORT', new Int16Array(rows).fill(7)), bar: numericBar },
    {
      column: vector(
        'INT',
        Int32Array.from({ length: rows }, (_, i) => i),
      ),
      bar: numericBar,
    },
    { column: vector('LONG', bigints), bar: numericBar },
    { column: vector('TIMESTAMP', bigints), bar: numericBar },
    { column: vector('FLOAT', new Float32Array(rows).fill(1.5)), bar: numericBar },
    { column: vector('DOUBLE', new Float64Array(rows).fill(63.6)), bar: numericBar },
    { column: { form: 'vector', type: 'SYMBOL', length: rows, codes, base: symbols } },
    { column: vector('STRING', texts) },
  ]
}

function secondsOf(work) {
  const startedMs = performance.now()
  for (let run = 0; run < encodingsPerRun; run++) work()
  return (performance.now() - startedMs) / 1000
}

/** Encodes into `target` from its start; returns the number of bytes. */
function encodeInto(target, column) {
  const writer = new ByteWriter()
  encodeValue(writer, column)
  let offset = 0
  for (const chunk of writer.take()) {
    target.set(chunk, offset)
    offset += chunk.length
  }
  return offset
}

/** Megabytes per second, and the share of the speed of a plain copy. */
export async function measure({ repeats, scale }) {
  const rows = Math.round(1_000_000 * scale)
  const target = Buffer.alloc(rows * 64)
  const figures = []
  for (const { column, bar } of columns(rows)) {
    const byteLength = encodeInto(target, column)
    const source = Buffer.from(target.subarray(0, byteLength))
    const medians = await alternate(
      async () => secondsOf(() => encodeInto(target, column)),
      async () => secondsOf(() => source.copy(target)),
      repeats,
    )
    const megabytes = (byteLength * encodingsPerRun) / 1e6
    figures.push({
      work: `encode ${column.type}, ${rows} rows, against Buffer.copy`,
      unit: 'MB/s',
      ours: megabytes / medians.ours,
      reference: megabytes / medians.reference,
      ratio: medians.reference / medians.ours,
      bar,
    })
  }
  return figures
}

await runAlone(import.meta.url, 'encode', measure)
