/*
  Lets every program that bench/peers.js measures read the same hostile files, with the same configuration as in the
  measurement. The loader quarantines bad rows, as with `--rejects`.
*/
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, load } from '../dist/index.js'
import { startServer } from '../dist/server/index.js'
import { hostileFiles, loadHostile, verdictOf } from './lib/hostile.js'
import { withFolder } from './lib/inputs.js'
import { missing, parsers, readIntoDuckdb } from './lib/parsers.js'

const duckdbTypes = { STRING: 'VARCHAR', LONG: 'BIGINT', DOUBLE: 'DOUBLE' }

async function readHostile(parser, path) {
  const rows = []
  try {
    await parser(path, row => rows.push(row))
    return { rows, failed: false }
  } catch {
    return { rows, failed: true }
  }
}

async function duckdbHostile(path, [a, b]) {
  try {
    const connection = await readIntoDuckdb(path, { a: duckdbTypes[a], b: duckdbTypes[b] }, 1)
    const answer = await connection.runAndReadAll('select * from t')
    // DuckDB distinguishes an empty text from null; DolphinDB does not.
    return {
      rows: answer.getRows().map(row => row.map(cell => String(cell ?? ''))),
      failed: false,
    }
  } catch {
    return { rows: [], failed: true }
  }
}

/** The verdict on each file for each program, or why the program cannot run here. */
export async function compare() {
  return withFolder(async folder => {
    const ends = { connect, load, startServer }
    const programs = {
      'ddb-ingest': (path, file) => loadHostile(ends, path, file),
      'csv-parse': path => readHostile(parsers['csv-parse'], path),
      uDSV: path => readHostile(parsers.uDSV, path),
      papaparse: path => readHostile(parsers.papaparse, path),
      DuckDB: (path, { types }) => duckdbHostile(path, types),
    }
    const packages = { uDSV: 'udsv', papaparse: 'papaparse', DuckDB: '@duckdb/node-api' }
    const verdicts = {}
    for (const [name, read] of Object.entries(programs)) {
      const reason = name in packages ? missing(packages[name]) : undefined
      verdicts[name] = {}
      for (const file of hostileFiles) {
        const path = join(folder, 'hostile.csv')
        await writeFile(path, file.bytes)
        verdicts[name][file.name] = reason ?? verdictOf(file, await read(path, file))
      }
    }
    return verdicts
  })
}
