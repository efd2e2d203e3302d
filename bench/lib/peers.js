/*
  Parsers and a database of others, for comparison. Their packages are those of bench/peers, which `npm run bench` installs.
*/
import { createRequire } from 'node:module'
import { basename } from 'node:path'

const require = createRequire(new URL('../peers/', import.meta.url))

/** The exports of a package of bench/peers. */
export const peer = name => require(name)

/** Why a package cannot be used here, in a few words; undefined when it can. */
export function missing(name) {
  try {
    require(name)
    return undefined
  } catch (error) {
    return error.code === 'MODULE_NOT_FOUND' ? 'not installed' : 'no binary for this machine'
  }
}

const wide = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [`c${i}`, i % 2 === 0 ? 'DOUBLE' : 'INTEGER']),
)

/** Columns of the inputs as DuckDB has them, by the name of the file. */
const columnTypes = {
  'narrow.csv': { time: 'TIMESTAMP', sym: 'VARCHAR', price: 'DOUBLE', id: 'INTEGER' },
  'wide.csv': wide,
  'text.csv': { id: 'INTEGER', title: 'VARCHAR', remark: 'VARCHAR' },
}

/**
 * A connection to a database in memory that fetches nothing from anywhere.
 *
 * @param threads  all cores when undefined
 */
export async function openDuckdb(threads) {
  const { DuckDBInstance } = peer('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(threads === undefined ? {} : { threads: String(threads) }),
  })
  return instance.connect()
}

/** Reads one of the inputs into a table in memory; resolves to how many rows it has. */
export async function countWithDuckdb(path, threads) {
  const connection = await openDuckdb(threads)
  const columns = Object.entries(columnTypes[basename(path)])
    .map(([name, type]) => `'${name}': '${type}'`)
    .join()
  const options = `auto_detect = false, header = true, columns = {${columns}}, timestampformat = '%Y.%m.%dT%H:%M:%S.%g'`
  await connection.run(`create table t as select * from read_csv('${path}', ${options})`)
  const answer = await connection.runAndReadAll('select count(*) from t')
  return Number(answer.getRows()[0][0])
}
