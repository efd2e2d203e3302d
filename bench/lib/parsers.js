/*
  Other parsers and a database, for comparison. Each reads a large file in the way that its manual says: in pieces, into arrays of
  strings. `npm run bench` installs their packages in bench/peers, except csv-parse, which this project uses itself.
*/
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { parse } from 'csv-parse'

const readBytes = 1 << 20

const require = createRequire(new URL('../peers/', import.meta.url))

/** Loads a package of bench/peers. */
export const peer = name => require(name)

/** A few words on why a package of bench/peers cannot be used here; undefined if it can be used. */
export function missing(name) {
  try {
    require(name)
    return undefined
  } catch (error) {
    return error.message.includes(`'${name}'`) ? 'not installed' : 'no binary for this machine'
  }
}

/** Each parser reads a file and calls `onRow` for every row after the header. It fails with the parser's own error. */
export const parsers = {
  async 'csv-parse'(path, onRow) {
    const parser = createReadStream(path, { highWaterMark: readBytes }).pipe(parse({ from: 2 }))
    parser.on('readable', () => {
      for (let row = parser.read(); row !== null; row = parser.read()) onRow(row)
    })
    await new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject))
  },

  async uDSV(path, onRow) {
    const { inferSchema, initParser } = peer('udsv')
    let parser
    const input = createReadStream(path, { encoding: 'utf8', highWaterMark: readBytes })
    for await (const text of input) {
      parser ??= initParser(inferSchema(text))
      parser.chunk(text, parser.stringArrs, onRow)
    }
    parser.end()
  },

  async papaparse(path, onRow) {
    let isHeader = true
    let complaint
    const chunk = ({ data, errors }) => {
      complaint ??= errors[0]
      for (const row of data) {
        if (!isHeader) onRow(row)
        isHeader = false
      }
    }
    const input = createReadStream(path, { highWaterMark: readBytes })
    await new Promise((complete, error) => {
      peer('papaparse').parse(input, { chunk, complete, error, skipEmptyLines: true })
    })
    if (complaint !== undefined) throw new Error(complaint.message)
  },
}

/**
 * Reads a file into a table `t` of DuckDB, in memory and without network.
 * @param columns  DuckDB's types by column name
 * @param threads  if undefined, DuckDB uses all cores
 * @returns the connection to DuckDB
 */
export async function readIntoDuckdb(path, columns, threads) {
  const { DuckDBInstance } = peer('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(threads === undefined ? {} : { threads: String(threads) }),
  })
  const connection = await instance.connect()
  const types = Object.entries(columns).map(([name, type]) => `'${name}': '${type}'`)
  const format = `auto_detect = false, header = true, timestampformat = '%Y.%m.%dT%H:%M:%S.%g'`
  const source = `read_csv('${path}', columns = {${types.join()}}, ${format})`
  await connection.run(`create table t as select * from ${source}`)
  return connection
}
