/*
  What further rows, columns, batches and connections cost a load, and how busy the processors of both ends are.
  bench/small-files.js measures files. A cost is the difference between the times of two loads, divided by the difference between
  their numbers of rows (columns, batches …). The server is `serve` in its own process; for loads with receipts, it really inserts.
*/
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, cpuSeconds, inTurn, median, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { emptyTrades, load, startSink } from './lib/sink.js'

const inputs = [
  { input: 'narrow.csv', table: 'trades', rows: 2_000_000, work: 'one more row, 4 columns' },
  { input: 'wide.csv', table: 'wide', rows: 300_000, work: 'one more row, 40 numeric columns' },
]
const batchSizes = { few: 10_000, many: 100 }
const rowsInBatches = 500_000
const manyConnections = [9, 1]

const costOf = (work, seconds, more) => ({
  work,
  unit: 'µs',
  ours: (seconds / more) * 1e6,
  cost: true,
})

async function withSink(init, options, use) {
  const sink = await startSink(init, options)
  return use(sink).finally(sink.stop)
}

/** The cost of a row, from a load of all rows and a load of a tenth. Also how many cores both ends keep busy in the longer load. */
async function costOfRow(sink, folder, { input, table, rows, work }, repeats) {
  const few = Math.round(rows / 10)
  const [short, long] = [join(folder, 'short'), join(folder, 'long')]
  await Promise.all([short, long].map(each => mkdir(each, { recursive: true })))
  const [shortPath, longPath] = [
    await writeInput(short, input, few),
    await writeInput(long, input, rows),
  ]
  const shares = []
  const timed = async path => {
    const before = cpuSeconds(sink.pid)
    const options = { processor: true }
    const { seconds, processorSeconds } = await load(sink, path, table, options, ['-q'])
    if (path === longPath)
      shares.push([processorSeconds, cpuSeconds(sink.pid) - before].map(cpu => cpu / seconds))
    return seconds
  }
  const { ours, reference } = await alternate(
    () => timed(longPath),
    () => timed(shortPath),
    repeats,
  )
  const ends = ['the loader', 'a server that discards the rows']
  return [
    costOf(work, ours - reference, rows - few),
    ...ends.map((end, index) => ({
      work: `cores in use by ${end}, ${work.replace('one more row, ', '')}`,
      unit: 'cores',
      ours: median(shares.map(share => share[index])),
      cost: true,
    })),
  ]
}

/** Compares the same rows in many batches and in few. */
async function costOfBatch(sink, path, rows, confirm, repeats) {
  const loadWith = batchRows => async () => {
    if (confirm === 'receipts') await emptyTrades(sink)
    const options = [
      '--table',
      'trades',
      '-q',
      '--batch-rows',
      String(batchRows),
      ...(confirm === 'none' ? ['--confirm', 'none'] : ['--mode', 'async']),
    ]
    return (await runNode([program, 'load', path, ...options, ...sink.server])).seconds
  }
  const sizes = [batchSizes.many, batchSizes.few]
  const [many, few] = (await inTurn(sizes.map(loadWith), repeats)).map(median)
  const more = rows / batchSizes.many - rows / batchSizes.few
  return costOf(
    `one more batch, ${confirm === 'none' ? '--confirm none' : confirm}`,
    many - few,
    more,
  )
}

/** Compares a load of few rows over several connections, each with its own lane (a fixed share of the rows), with one connection. */
async function costOfConnection(sink, path, repeats) {
  const loadOver = connections => async () => {
    await emptyTrades(sink)
    const over = ['--connections', String(connections), '--unordered', '--mode', 'async']
    const args = [program, 'load', path, '--table', 'trades', '-q', ...over, ...sink.server]
    return (await runNode(args)).seconds
  }
  const [many, one] = (await inTurn(manyConnections.map(loadOver), repeats)).map(median)
  return costOf('one more connection, receipts', many - one, manyConnections[0] - 1)
}

/** Microseconds that each further row, batch or connection adds to a load; how busy processors are. */
export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const figures = []
    await withSink(init, ['--discard'], async sink => {
      for (const { rows, ...input } of inputs) {
        figures.push(
          ...(await costOfRow(sink, folder, { ...input, rows: Math.round(rows * scale) }, repeats)),
        )
      }
    })
    const rows = Math.round(rowsInBatches * scale)
    const path = await writeInput(folder, 'narrow.csv', rows)
    for (const [confirm, options] of [
      ['none', ['--discard']],
      ['receipts', []],
    ]) {
      figures.push(
        await withSink(init, options, sink => costOfBatch(sink, path, rows, confirm, repeats)),
      )
    }
    const fewPath = await writeInput(folder, 'narrow.csv', 100 * manyConnections[0])
    figures.push(await withSink(init, [], sink => costOfConnection(sink, fewPath, repeats)))
    return figures
  })
}

await runAlone(import.meta.url, 'scaling', measure)
