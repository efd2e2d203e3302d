/*
  What the loader is compared with, as whole processes: a program that does nothing but the first step of a load with
  a well-known part. Run as `node bench/lib/reference.js WHAT FILE`; prints how many rows it saw. Parsers make arrays of
  strings and convert nothing, which is the least that they can be asked for.
*/
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { countWithDuckdb, peer } from './peers.js'

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

const references = {
  /** csv-parse alone: arrays of strings, no conversion. */
  async 'csv-parse'(path) {
    const { parse } = await import('csv-parse')
    const parser = createReadStream(path, { highWaterMark: readBytes }).pipe(parse())
    let rows = -1
    parser.on('readable', () => {
      while (parser.read() !== null) rows++
    })
    await new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject))
    return rows
  },

  /** uDSV, in pieces, as its manual reads streams; each row is given to a function. */
  async uDSV(path) {
    const { inferSchema, initParser } = peer('udsv')
    let parser
    let rows = 0
    const count = () => rows++
    const input = createReadStream(path, { encoding: 'utf8', highWaterMark: readBytes })
    for await (const text of input) {
      parser ??= initParser(inferSchema(text))
      parser.chunk(text, parser.stringArrs, count)
    }
    parser.end()
    return rows
  },

  /** Papa Parse, in pieces, each row in an array. */
  async papaparse(path) {
    let rows = -1
    const input = createReadStream(path, { highWaterMark: readBytes })
    await new Promise((complete, error) => {
      const chunk = ({ data }) => (rows += data.length)
      peer('papaparse').parse(input, { chunk, complete, error, skipEmptyLines: true })
    })
    return rows
  },

  /** DuckDB on one core and on all, into columns of types that it is told. */
  'DuckDB, one thread': path => countWithDuckdb(path, 1),
  'DuckDB, all threads': path => countWithDuckdb(path),

  /** Node's line reader and JSON.parse. */
  async readline(path) {
    let rows = 0
    const input = createReadStream(path, { highWaterMark: readBytes })
    for await (const line of createInterface({ input })) {
      if (JSON.parse(line) !== null) rows++
    }
    return rows
  },

  /** Node's gunzip, the bytes thrown away; line ends are not looked for, as that would be work of its own. */
  async gunzip(path) {
    const output = createReadStream(path, { highWaterMark: readBytes }).pipe(createGunzip())
    let byteCount = 0
    for await (const chunk of output) byteCount += chunk.length
    return byteCount
  },

  /** The decoder of zstd that the loader has, in the program's own thread. */
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
