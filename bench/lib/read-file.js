/*
  Runs only the loader's own parser: reads an input into batches of typed columns and drops them.
    node bench/lib/read-file.js FILE INTERNALS    prints the number of rows
  INTERNALS is a file from `writeInternals`.
*/
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'

const readBytes = 1 << 19

const types = {
  'narrow.csv': 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT',
  'wide.csv': Array.from(
    { length: 40 },
    (_, i) => `c${i}:${i % 2 === 0 ? 'DOUBLE' : 'INT'}`,
  ).join(),
  'text.csv': 'id:INT,title:STRING,remark:STRING',
}

const [path, internals] = process.argv.slice(2)
const { mapColumns, openReader, schemaFromTypes } = await import(internals)

const name = basename(path)
const schema = schemaFromTypes(types[name])
const names = types[name].split(',').map(column => column.split(':')[0])
const source = {
  name,
  compression: 'none',
  text: { encoding: 'utf-8', how: 'given', mark: new Uint8Array(0) },
  startOffsetBytes: 0,
  head: Buffer.from(`${names.join()}\n`),
  chunks: () => createReadStream(path, { highWaterMark: readBytes })[Symbol.asyncIterator](),
}
const options = { header: 'yes', delimiter: ',', quote: '"', escape: '"' }
const reader = await openReader(source, options)
const fields = { file: name, kind: 'fields', names, fieldCount: names.length }
const mapping = mapColumns(schema, fields, {})
const onReject = reject => {
  throw new Error(reject.message)
}
let rows = 0
const size = { batchRows: 10_000, batchBytes: 2 ** 24 }
for await (const batch of reader.batches({ mapping, ...size, onReject })) {
  rows += batch.rowCount
  batch.release()
}
process.stdout.write(`${rows}\n`)
