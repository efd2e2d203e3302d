/*
  A plan of 40 days, loaded by one, two and four shards into one embedded server, which really inserts. Measures rows per second of
  whole processes, the cost of a further row, and the processor time of both ends. The cost of a row comes from a second plan with
  as many units (parts of the plan) and a hundredth of the rows.
*/
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { cpuSeconds, inTurn, median, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { emptyTrades, startSink } from './lib/sink.js'

const days = 40
const rowsOfDayAtFullLength = 100_000
const fewerTimes = 100
const counts = [1, 2, 4]
process.env.DDB_USER = 'admin'
process.env.DDB_PASSWORD = '123456'

/** Makes a folder for each day, all with the same rows. Each folder becomes one unit of the plan. */
async function writeDays(folder, rows) {
  const path = await writeInput(folder, 'narrow.csv', rows)
  for (let day = 0; day < days; day++) {
    const date = new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10)
    await mkdir(join(folder, 'year', `day=${date}`), { recursive: true })
    await copyFile(path, join(folder, 'year', `day=${date}`, 'trades.csv'))
  }
  const plan = join(folder, 'plan.json')
  await runNode([program, 'plan', join(folder, 'year'), '-o', plan])
  return plan
}

async function storedRows({ server }) {
  const count = ['exec', '-e', 'exec count(*) from trades', '--output', 'csv']
  return Number((await runNode([program, ...count, ...server])).stdout)
}

/** Seconds of all shards together, and processor seconds of the shards and of the server. */
async function timedShards(sink, plan, count, run, rows) {
  await emptyTrades(sink)
  const before = cpuSeconds(sink.pid)
  const common = ['--plan', plan, '--run-id', `run-${run}`, '--table', 'trades', '-q']
  const shards = await Promise.all(
    Array.from({ length: count }, (_, i) => {
      const argv = ['load', ...common, '--shard', `${i + 1}/${count}`, ...sink.server]
      return runNode([program, ...argv], { processor: true })
    }),
  )
  const inServer = cpuSeconds(sink.pid) - before
  const stored = await storedRows(sink)
  if (stored !== rows) throw new Error(`${stored} of ${rows} rows are there`)
  return {
    seconds: Math.max(...shards.map(({ seconds }) => seconds)),
    inShards: shards.reduce((sum, { processorSeconds }) => sum + processorSeconds, 0),
    inServer,
  }
}

/** Throughput of several shards as a multiple of the throughput of one, and the cost of a row. */
export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const rowsOfDay = Math.round(rowsOfDayAtFullLength * scale)
    const plans = []
    for (const [name, ofDay] of [
      ['many', rowsOfDay],
      ['few', Math.ceil(rowsOfDay / fewerTimes)],
    ]) {
      await mkdir(join(folder, name))
      plans.push({ plan: await writeDays(join(folder, name), ofDay), rows: days * ofDay })
    }
    const [many, few] = plans
    const sink = await startSink(await writeTables(folder), [])
    let run = 0
    const works = counts.flatMap(count =>
      plans.map(
        ({ plan, rows }) =>
          () =>
            timedShards(sink, plan, count, ++run, rows),
      ),
    )
    const runs = await inTurn(works, repeats)
    await sink.stop()
    const medianOf = (index, name) => median(runs[index].map(one => one[name]))
    const speed = seconds => many.rows / seconds / 1e6
    const all = medianOf(0, 'seconds')
    return counts.flatMap((count, index) => {
      const shards = count === 1 ? '1 shard' : `${count} shards`
      const seconds = medianOf(2 * index, 'seconds')
      const more = name => {
        const longer = medianOf(2 * index, name) - medianOf(2 * index + 1, name)
        return (longer / (many.rows - few.rows)) * 1e6
      }
      const cost = (work, ours) => ({ work: `${work}, ${shards}`, unit: 'µs', ours, cost: true })
      return [
        {
          ...{ work: `${days} days of ${rowsOfDay} rows, ${shards}`, unit: 'Mrows/s' },
          ...{ ours: speed(seconds), reference: speed(all), ratio: all / seconds, rows: many.rows },
        },
        { ...cost('few rows', medianOf(2 * index + 1, 'seconds')), unit: 's' },
        cost('one more row', more('seconds')),
        cost('one more row, processors in the shards', more('inShards')),
        cost('one more row, processors in the server', more('inServer')),
      ]
    })
  })
}

await runAlone(import.meta.url, 'shards', measure)
