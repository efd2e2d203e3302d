/*
  Writes the rows of narrow.csv into the table `trades` and prints the seconds. HOW is `writer` (row by row through a
  TableWriter), `rows` (`load` of a list of objects) or `csv` (`load` of the file). Making the objects does not count.
    node bench/lib/write-rows.js HOW FILE HOST PORT
*/
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { load, TableWriter } from '../../dist/index.js'

const [how, path, host, port] = process.argv.slice(2)
const server = { host, port: Number(port), user: 'admin', password: '123456' }

function objects() {
  const lines = readFileSync(path, 'latin1').trimEnd().split('\n').slice(1)
  return lines.map(line => {
    const [time, sym, price, id] = line.split(',')
    const [date, timeOfDay] = time.split('T')
    const ms = Date.parse(`${date.replaceAll('.', '-')}T${timeOfDay}Z`)
    return { time: new Date(ms), sym, price: Number(price), id: Number(id) }
  })
}

async function write(rows) {
  const writer = await TableWriter.open({ server, table: 'trades' })
  for (const row of rows) if (!writer.write(row)) await once(writer, 'drain')
  return (await writer.close()).rows.confirmed
}

async function loaded(input) {
  const result = await load({ ...input, server, target: { table: 'trades' } })
  if (result.error !== null) throw new Error(result.error.message)
  return result.rows.confirmed
}

const ways = {
  writer: rows => write(rows),
  rows: rows => loaded({ rows }),
  csv: () => loaded({ inputs: [path] }),
}

const rows = how === 'csv' ? [] : objects()
const startedMs = performance.now()
const confirmed = await ways[how](rows)
const seconds = (performance.now() - startedMs) / 1000
process.stdout.write(`${JSON.stringify({ seconds, confirmed })}\n`)
