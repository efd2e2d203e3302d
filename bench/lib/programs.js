/*
  The programs that the benchmarks time as whole processes, besides the loader:
    node bench/lib/programs.js WHAT FILE INTERNALS HOST PORT
  Most read the file with a well-known library, and print the number of rows. Parsers make arrays of strings and convert nothing, because
  that is the least possible work; each reads in pieces, as its manual says. `npm run bench` installs the packages in bench/peers,
  except csv-parse, which this project uses itself. INTERNALS is a file from `writeInternals`.
*/
import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs'
import { once } from 'node:events'
import { basename } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { cellTexts } from './cell-texts.js'
import { alternate } from './measure.js'
import { importClient, peer } from './packages.js'

const readBytes = 1 << 20
const batchRows = 10_000

const read = (path, options) => createReadStream(path, { highWaterMark: readBytes, ...options })

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

async function bytesIn(chunks) {
  let byteCount = 0
  for await (const chunk of chunks) byteCount += chunk.length
  return byteCount
}

/** The columns of the inputs, in the loader's types. */
const columnTypes = {
  'narrow.csv': 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT',
  'wide.csv': Array.from(
    { length: 40 },
    (_, i) => `c${i}:${i % 2 === 0 ? 'DOUBLE' : 'INT'}`,
  ).join(),
  'text.csv': 'id:INT,title:STRING,remark:STRING',
}
const columnsOf = path => columnTypes[basename(path)].split(',').map(column => column.split(':'))

/** Reads a file into a table of DuckDB, in memory and without network, like a load. By default DuckDB uses all cores. */
async function inDuckdb(path, threads) {
  const { DuckDBInstance } = peer('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...threads,
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
  const [date, timeOfDay] = time.split('T')
  const ms = Date.parse(`${date.replaceAll('.', '-')}T${timeOfDay}Z`)
  return { ms, sym, price: Number(price), id: Number(id) }
}

const programs = {
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

  async papaparse(path) {
    let rows = -1
    let complaint
    const chunk = ({ data, errors }) => {
      complaint ??= errors[0]
      rows += data.length
    }
    await new Promise((complete, error) => {
      peer('papaparse').parse(read(path), { chunk, complete, error, skipEmptyLines: true })
    })
    if (complaint !== undefined) throw new Error(complaint.message)
    return rows
  },

  'DuckDB, one thread': path => inDuckdb(path, { threads: '1' }),
  'DuckDB, all threads': path => inDuckdb(path),

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
    return bytesIn(decoder.decodeStreaming(piecesOf(path)))
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

  /** Reads a column of texts of one type and a column of INT in turn. Returns medians of processor time in seconds. */
  async cells(name, internals, ...numbers) {
    const [rows, repeats, warmUps] = numbers.map(Number)
    const own = await import(internals)
    const timer = (type, make) => {
      const bytes = Buffer.from(Array.from({ length: rows }, (_, i) => `${make(i)}\n`).join(''))
      const chunks = async function* () {
        for (let at = 0; at < bytes.length; at += 1 << 19) yield bytes.subarray(at, at + (1 << 19))
      }
      const source = { head: bytes.subarray(0, 64), chunks }
      const options = { header: 'no', delimiter: ';' }
      return async () => {
        const started = process.cpuUsage()
        const count = await parse(own, source, `c:${type}`, options, undefined, 1)
        const { user, system } = process.cpuUsage(started)
        if (count !== rows) throw new Error(`${type}: ${count} of ${rows} rows were read`)
        return (user + system) / 1e6
      }
    }
    const works = [
      timer(name.split(' ')[0], cellTexts.get(name)),
      timer('INT', cellTexts.get('INT')),
    ]
    // Until then the compiler has optimized the code.
    await alternate(...works, warmUps)
    return JSON.stringify(await alternate(...works, repeats))
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
   * Writes the rows of narrow.csv into the table `trades`: `writer` row by row through a TableWriter, `rows` with `load` of a list of
   * objects, `csv` with `load` of the file. Returns the seconds, without the time of making the objects.
   */
  async write(how, path, host, port) {
    const { load, TableWriter } = await import('../../dist/index.js')
    const server = { host, port: Number(port), user: 'admin', password: '123456' }
    const lines = how === 'csv' ? [] : readFileSync(path, 'latin1').trimEnd().split('\n').slice(1)
    const rows = lines.map(line => {
      const { ms, ...others } = valuesOf(line)
      return { time: new Date(ms), ...others }
    })
    const startedMs = performance.now()
    let result
    if (how === 'writer') {
      const writer = await TableWriter.open({ server, target: { table: 'trades' } })
      for (const row of rows) if (!writer.write(row)) await once(writer, 'drain')
      result = await writer.close()
    } else {
      const input = how === 'csv' ? { inputs: [path] } : { rows }
      result = await load({ ...input, server, target: { table: 'trades' } })
      if (result.error !== null) throw new Error(result.error.message)
    }
    const seconds = (performance.now() - startedMs) / 1000
    return JSON.stringify({ seconds, confirmed: result.rows.confirmed })
  },
}

const [what, ...args] = process.argv.slice(2)
process.stdout.write(`${await programs[what](...args)}\n`)
