/*
  The programs with which bench/peers.js compares the loader. Each does only the first step of a load, with a well-known library. Run
  as `node bench/lib/reference.js WHAT FILE`; prints the number of rows. Parsers make arrays of strings and convert nothing, because
  that is the least possible work.
*/
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { parsers, readIntoDuckdb } from './parsers.js'

const readBytes = 1 << 20

function* piecesOf(path) {
  const file = openSync(path)
  for (;;) {
    const piece = new Uint8Array(readBytes)
    const length = readSync(file, piece)
    if (length === 0) break
    yield piece.subarray(0, length)
  }
  closeSync(file)
}

async function countRows(parser, path) {
  let rows = 0
  await parser(path, () => rows++)
  return rows
}

const wide = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [`c${i}`, i % 2 === 0 ? 'DOUBLE' : 'INTEGER']),
)

/** DuckDB's types for the columns of the inputs. */
const duckdbColumns = {
  'narrow.csv': { time: 'TIMESTAMP', sym: 'VARCHAR', price: 'DOUBLE', id: 'INTEGER' },
  'wide.csv': wide,
  'text.csv': { id: 'INTEGER', title: 'VARCHAR', remark: 'VARCHAR' },
}

async function countInDuckdb(path, threads) {
  const connection = await readIntoDuckdb(path, duckdbColumns[basename(path)], threads)
  const answer = await connection.runAndReadAll('select count(*) from t')
  return answer.getRows()[0][0]
}

const references = {
  'csv-parse': path => countRows(parsers['csv-parse'], path),
  uDSV: path => countRows(parsers.uDSV, path),
  papaparse: path => countRows(parsers.papaparse, path),

  /** DuckDB makes columns of given types, like a load into a table. */
  'DuckDB, one thread': path => countInDuckdb(path, 1),
  'DuckDB, all threads': path => countInDuckdb(path),

  async readline(path) {
    let rows = 0
    const input = createReadStream(path, { highWaterMark: readBytes })
    for await (const line of createInterface({ input })) {
      if (JSON.parse(line) !== null) rows++
    }
    return rows
  },

  /** Uses Node's gunzip, and drops the bytes without looking for line ends, which would be additional work. */
  async gunzip(path) {
    const output = createReadStream(path, { highWaterMark: readBytes }).pipe(createGunzip())
    let byteCount = 0
    for await (const chunk of output) byteCount += chunk.length
    return byteCount
  },

  /** Uses the loader's zstd decoder, in the main thread. */
  async unzstd(path) {
    const { ZSTDDecoder } = await import('zstddec/stream')
    const decoder = new ZSTDDecoder()
    await decoder.init()
    let byteCount = 0
    for (const part of decoder.decodeStreaming(piecesOf(path))) byteCount += part.length
    return byteCount
  },
}

const [what, path] = process.argv.slice(2)
process.stdout.write(`${await references[what](path)}\n`)
