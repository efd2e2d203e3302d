/*
  The programs that the benchmarks time as whole processes, besides the loader, and the packages that they need:
    node bench/lib/programs.js WHAT FILE INTERNALS HOST PORT
  Most read the file with a well-known library, and print the number of rows. Parsers make arrays of strings and convert nothing, because
  that is the least possible work; each reads in pieces, as its manual says. `npm run bench` installs the packages in bench/peers,
  except csv-parse, which this project uses itself. INTERNALS is a file from `writeInternals`.
*/
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import { columnTypes, epochMs } from './inputs.js'
import { inTurn, median } from './measure.js'
import { makeTable } from './values.js'

/** The path of this file. */
export const programs = fileURLToPath(import.meta.url)

const peer = createRequire(new URL('../peers/', import.meta.url))

/** A few words on why a package of bench/peers cannot be used here; undefined if it can be used. */
export function missing(name) {
  try {
    peer(name)
    return undefined
  } catch (error) {
    return error.message.includes(`'${name}'`) ? 'not installed' : 'no binary for this machine'
  }
}

/** The official JavaScript client (npm `dolphindb`), a package of the tests. */
const oracle = new URL('../../test/oracle/', import.meta.url)
const client = new URL('node_modules/dolphindb/index.js', oracle)

/** As `missing`, for the client. */
export const clientMissing = existsSync(client) ? undefined : 'not installed'

/** Imports the client. Its packages change the prototypes of everything in the process. */
async function importClient() {
  // Defines a function that the client's packages call and that Node 20 lacks.
  Promise.withResolvers ??= () => {
    const made = {}
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
  return import(client)
}

/** Compiles, like the package, what benchmarks measure without the package's two entries. Returns the path of the module. */
export async function writeInternals(folder) {
  const { build } = await import('esbuild')
  const contents = `
    export { openReader } from './parse/formats.js'
    export { decodeValue, encodeValue } from './protocol/codec.js'
    export { emptyVector } from './protocol/element.js'
    export { parseColumnType } from './protocol/data-type.js'
    export { symbolVectorOf } from './protocol/types/symbols.js'
    export { mapColumns } from './schema/column-mapping.js'
    export { schemaFromTypes } from './schema/target-schema.js'
    export { runDecoder, readerOf } from '../test/helpers/decoding.js'
    export { ByteWriter } from './wire/byte-writer.js'`
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const form = { bundle: true, format: 'esm', platform: 'node', target: 'node20.19' }
  const { outputFiles } = await build({
    ...form,
    ...{ absWorkingDir: root, packages: 'external', logLevel: 'warning', write: false },
    stdin: { contents, resolveDir: `${root}/src`, loader: 'ts' },
  })
  const path = join(folder, 'internals.mjs')
  writeFileSync(path, outputFiles[0].contents)
  return path
}

const readBytes = 1 << 20
const batchRows = 10_000

const read = (path, options) => createReadStream(path, { highWaterMark: readBytes, ...options })

async function bytesIn(chunks) {
  let byteCount = 0
  for await (const chunk of chunks) byteCount += chunk.length
  return byteCount
}

const columnsOf = path => columnTypes[basename(path)].split(',').map(column => column.split(':'))

/** Reads a file into a table of DuckDB, in memory and without network, like a load. */
async function inDuckdb(path) {
  const { DuckDBInstance } = peer('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
  })
  const connection = await instance.connect()
  const names = { SYMBOL: 'VARCHAR', STRING: 'VARCHAR', INT: 'INTEGER' }
  const types = columnsOf(path).map(([name, type]) => `'${name}': '${names[type] ?? type}'`)
  const format = `auto_detect = false, header = true, timestampformat = '%Y.%m.%dT%H:%M:%S.%g'`
  const source = `read_csv('${path}', columns = {${types.join()}}, ${format})`
  await connection.run(`create table t as select * from ${source}`)
  const answer = await connection.runAndReadAll('select count(*) from t')
  return answer.getRows()[0][0]
}

/** Runs the loader's own parser: reads an input into batches of typed columns and drops them. */
async function parse(internals, source, types, options, names, fieldCount) {
  const { mapColumns, openReader, schemaFromTypes } = internals
  const text = { encoding: 'utf-8', how: 'given', mark: new Uint8Array(0) }
  const whole = { name: 'a.csv', compression: 'none', text, startOffsetBytes: 0, ...source }
  const reader = await openReader(whole, { quote: '"', escape: '"', ...options })
  const fields = { file: 'a.csv', kind: 'fields', names, fieldCount }
  const mapping = mapColumns(schemaFromTypes(types), fields, {})
  const onReject = reject => {
    throw new Error(reject.message)
  }
  let rows = 0
  for await (const batch of reader.batches({ mapping, batchRows, batchBytes: 2 ** 24, onReject })) {
    rows += batch.rowCount
    batch.release()
  }
  return rows
}

/** A row of narrow.csv as text, as values of JavaScript. */
function valuesOf(line) {
  const [time, sym, price, id] = line.split(',')
  return { ms: epochMs(time), sym, price: Number(price), id: Number(id) }
}

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Keeps the last result, so that the compiler cannot remove the work. */
const kept = { result: undefined }

/** Mean processor seconds of one run, garbage collector and compiler included. Runs are repeated for `seconds`. */
function secondsOf(work, seconds) {
  // Collects the garbage of earlier works, which would otherwise be counted here.
  kept.result = undefined
  globalThis.gc()
  const endMs = performance.now() + seconds * 1000
  const started = cpuSeconds()
  let runs = 0
  do {
    kept.result = work()
    runs += 1
  } while (performance.now() < endMs)
  return (cpuSeconds() - started) / runs
}

/** Our codec for a table. Giving codes to the texts of a SYMBOL column is part of the work. */
function ourWorks({ ByteWriter, encodeValue, symbolVectorOf, ...internals }, table) {
  const chunksOf = () => {
    const writer = new ByteWriter()
    const columns = table.columns.map(one => ('texts' in one ? symbolVectorOf(one.texts) : one))
    encodeValue(writer, { ...table, columns })
    return writer.take()
  }
  const bytes = Buffer.concat(chunksOf())
  return {
    bytes,
    // The encoder passes views of numeric columns: without a copy of all bytes into one buffer there would be nothing to measure.
    encode: () => Buffer.concat(chunksOf()),
    decode: () => internals.runDecoder(internals.decodeValue(internals.readerOf(bytes))),
  }
}

/** The client's codec for a table, which starts from the client's own form of it. */
function clientWorks({ DdbObj, DdbTable, DdbVectorSymbol }, { columns }, encoded) {
  const bytes = new Uint8Array(encoded)
  const decode = () => DdbObj.parse(bytes, true)
  const own = decode().value
  const make = ({ texts }, i) => (texts ? new DdbVectorSymbol(texts, own[i].name) : own[i])
  return { encode: () => new DdbTable(columns.map(make)).pack(), decode }
}

const all = {
  async 'csv-parse'(path) {
    const { parse } = await import('csv-parse')
    const parser = read(path).pipe(parse({ from: 2 }))
    let rows = 0
    parser.on('readable', () => {
      for (let row = parser.read(); row !== null; row = parser.read()) rows++
    })
    await new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject))
    return rows
  },

  async uDSV(path) {
    const { inferSchema, initParser } = peer('udsv')
    let parser
    let rows = 0
    const onRow = () => rows++
    for await (const text of read(path, { encoding: 'utf8' })) {
      parser ??= initParser(inferSchema(text))
      parser.chunk(text, parser.stringArrs, onRow)
    }
    parser.end()
    return rows
  },

  'DuckDB, one thread': inDuckdb,

  async readline(path) {
    let rows = 0
    for await (const line of createInterface({ input: read(path) })) {
      if (JSON.parse(line) !== null) rows++
    }
    return rows
  },

  /** Drops the bytes without looking for line ends, which would be additional work. */
  gunzip: path => bytesIn(read(path).pipe(createGunzip())),

  /** Uses the loader's zstd decoder, in the main thread. */
  async unzstd(path) {
    const { ZSTDDecoder } = await import('zstddec/stream')
    const decoder = new ZSTDDecoder()
    await decoder.init()
    return bytesIn(decoder.decodeStreaming([readFileSync(path)]))
  },

  async 'its own parser alone'(path, internals) {
    const names = columnsOf(path).map(([name]) => name)
    const source = {
      head: Buffer.from(`${names.join()}\n`),
      chunks: () => createReadStream(path, { highWaterMark: 1 << 19 })[Symbol.asyncIterator](),
    }
    const types = columnTypes[basename(path)]
    const options = { header: 'yes', delimiter: ',' }
    return parse(await import(internals), source, types, options, names, names.length)
  },

  /**
   * Encodes and decodes a table of values.js with one codec, `ours` or `client`, in a process of its own: so a codec never collects the
   * other codec's garbage, and never meets prototypes that the other one has changed. Needs --expose-gc.
   */
  async codec(name, internals, codec, rows, seconds, repeats) {
    const own = await import(internals)
    const value = makeTable(name, Number(rows), own)
    const { bytes, ...ours } = ourWorks(own, value)
    const works = codec === 'ours' ? ours : clientWorks(await importClient(), value, bytes)
    // After three samples the compiler has optimized the work, and the process has obtained its memory from the kernel.
    for (const work of Object.values(works)) secondsOf(work, 3 * seconds)
    const timers = Object.values(works).map(work => () => secondsOf(work, seconds))
    const runs = await inTurn(timers, repeats)
    const medians = Object.keys(works).map((work, i) => [work, median(runs[i])])
    return JSON.stringify({ byteLength: bytes.length, ...Object.fromEntries(medians) })
  },

  /**
   * A loader as users would write it with the official JavaScript client. It reads narrow.csv line by line, makes tables of 10,000 rows,
   * and inserts one table after the other, because this client supports no other way.
   */
  async 'a loader of the official JavaScript client'(path, internals, host, port) {
    const { DDB, DdbForm, DdbObj, DdbTable, DdbType, DdbVectorSymbol } = await importClient()
    const session = new DDB(`ws://${host}:${port}`)
    await session.connect()
    const times = new BigInt64Array(batchRows)
    const symbols = new Array(batchRows)
    const prices = new Float64Array(batchRows)
    const ids = new Int32Array(batchRows)
    let rows = 0
    const vector = (type, name, data) => {
      const value = data.subarray(0, rows)
      return new DdbObj({ form: DdbForm.vector, type, rows, cols: 1, name, value })
    }
    const insert = async () => {
      const columns = [
        vector(DdbType.timestamp, 'time', times),
        new DdbVectorSymbol(symbols.slice(0, rows), 'sym'),
        vector(DdbType.double, 'price', prices),
        vector(DdbType.int, 'id', ids),
      ]
      await session.call('tableInsert{trades}', [new DdbTable(columns)])
      rows = 0
    }
    let isHeader = true
    for await (const line of createInterface({ input: read(path) })) {
      if (!isHeader) {
        const { ms, sym, price, id } = valuesOf(line)
        times[rows] = BigInt(ms)
        symbols[rows] = sym
        prices[rows] = price
        ids[rows] = id
        rows += 1
      }
      isHeader = false
      if (rows === batchRows) await insert()
    }
    if (rows > 0) await insert()
    session.disconnect()
    return ''
  },

  /**
   * Loads the rows of narrow.csv into the table `trades`: `rows` from a list of objects, `csv` from the file. Returns the seconds, without
   * the time of making the objects.
   */
  async write(how, path, host, port) {
    const { load } = await import('../../dist/index.js')
    const server = { host, port: Number(port), user: 'admin', password: '123456' }
    const lines = how === 'csv' ? [] : readFileSync(path, 'latin1').trimEnd().split('\n').slice(1)
    const rows = lines.map(line => {
      const { ms, ...others } = valuesOf(line)
      return { time: new Date(ms), ...others }
    })
    const startedMs = performance.now()
    const input = how === 'csv' ? { inputs: [path] } : { rows }
    const result = await load({ ...input, server, target: { table: 'trades' } })
    if (result.error !== null) throw new Error(result.error.message)
    const seconds = (performance.now() - startedMs) / 1000
    return JSON.stringify({ seconds, confirmed: result.rows.confirmed })
  },
}

if (process.argv[1] === programs) {
  const [what, ...args] = process.argv.slice(2)
  process.stdout.write(`${await all[what](...args)}\n`)
}
