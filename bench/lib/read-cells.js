/*
  Reads a column of texts of one type and a column of INT in turn, in a process that has read nothing else:
    node bench/lib/read-cells.js NAME ROWS REPEATS
  Prints the medians of processor time in seconds, as JSON.
*/
import { cellTexts } from './cell-texts.js'
import { mapColumns, openReader, schemaFromTypes } from './internals.js'
import { alternate } from './measure.js'

const chunkBytes = 512 * 1024
const batchRows = 10_000
/** After this many runs the compiler has optimized the code. */
const warmUps = 3

function sourceOf(bytes) {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  const text = { encoding: 'utf-8', how: 'given', mark: new Uint8Array(0) }
  const head = bytes.subarray(0, 64)
  return { name: 'cells.csv', compression: 'none', text, startOffsetBytes: 0, head, chunks }
}

async function secondsOf(type, bytes, rows) {
  const options = { header: 'no', delimiter: ';', quote: '"', escape: '"' }
  const reader = await openReader(sourceOf(bytes), options)
  const fields = { file: 'cells.csv', kind: 'fields', names: undefined, fieldCount: 1 }
  const mapping = mapColumns(schemaFromTypes(`c:${type}`), fields, {})
  const onReject = reject => {
    throw new Error(reject.message)
  }
  const started = process.cpuUsage()
  let count = 0
  for await (const batch of reader.batches({ mapping, batchRows, batchBytes: 2 ** 24, onReject })) {
    count += batch.rowCount
    batch.release()
  }
  const { user, system } = process.cpuUsage(started)
  if (count !== rows) throw new Error(`${type}: ${count} of ${rows} rows were read`)
  return (user + system) / 1e6
}

const textOf = (name, rows) => {
  const make = cellTexts.get(name)
  return Buffer.from(Array.from({ length: rows }, (_, i) => `${make(i)}\n`).join(''))
}

const [name, ...numbers] = process.argv.slice(2)
const [rows, repeats] = numbers.map(Number)
const type = name.split(' ')[0]
const own = textOf(name, rows)
const integers = textOf('INT', rows)
const works = [() => secondsOf(type, own, rows), () => secondsOf('INT', integers, rows)]
await alternate(...works, warmUps)
const { ours, reference } = await alternate(...works, repeats)
process.stdout.write(JSON.stringify({ ours, reference }))
