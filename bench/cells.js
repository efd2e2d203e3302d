/*
  A column of a million texts of every type into columns, against as many of INT; no file and no server is there. Time is
  that of the processor.
*/
import { cellTexts } from './lib/cell-texts.js'
import { mapColumns, openReader, schemaFromTypes } from './lib/internals.js'
import { alternate } from './lib/measure.js'
import { runAlone } from './lib/report.js'

const fullRows = 1_000_000
const chunkBytes = 512 * 1024
const batchRows = 10_000

function sourceOf(bytes) {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  const text = { encoding: 'utf-8', how: 'given', mark: new Uint8Array(0) }
  const head = bytes.subarray(0, 64)
  return { name: 'cells.csv', compression: 'none', text, startOffsetBytes: 0, head, chunks }
}

/** Seconds that reading takes. */
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

const textOf = (make, rows) =>
  Buffer.from(Array.from({ length: rows }, (_, i) => `${make(i)}\n`).join(''))

/** How long each type takes, and how many times as long as INT. */
export async function measure({ repeats, scale }) {
  const rows = Math.round(fullRows * scale)
  const integers = textOf(cellTexts.get('INT'), rows)
  const figures = []
  for (const [name, make] of cellTexts) {
    const type = name.split(' ')[0]
    const bytes = textOf(make, rows)
    // Until the compiler has seen enough of it.
    await secondsOf(type, bytes, rows)
    const { ours, reference } = await alternate(
      () => secondsOf(type, bytes, rows),
      () => secondsOf('INT', integers, rows),
      repeats,
    )
    const work = `text into ${name}, time against INT`
    figures.push({ work, unit: 's', ours, reference, ratio: ours / reference, bar: { atMost: 3 } })
  }
  return figures
}

await runAlone(import.meta.url, 'cells', measure)
