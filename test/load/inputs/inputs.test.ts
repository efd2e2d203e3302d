import { execFileSync } from 'node:child_process'
import { createWriteStream, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { bytesError, newSummary } from '../../../src/load/inputs/input-reading.js'
import { openInputs } from '../../../src/load/inputs/inputs.js'
import { fingerprintOf } from '../../../src/load/journal/fingerprint.js'
import { newResumption } from '../../../src/load/journal/run-history.js'
import { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import type { CutSizes } from '../../../src/parse/batch-builder.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { formatElement } from '../../../src/protocol/element.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import type { Run } from '../../../src/load/run.js'
import { testRun } from '../../helpers/load-run.js'

function readingRun(options: Partial<LoadOptions>): Run {
  const target = { ...schemaFromTypes('id:INT,n:INT'), keyed: false }
  return Object.assign(testRun(options, systemPlatform), { target })
}

interface Reading extends Partial<LoadOptions> {
  readonly names?: string[]
  readonly cutSizes?: CutSizes
  /** What earlier processes did. */
  readonly found?: object
}

/** Reads the inputs of a folder, or some of its files, to their end. */
async function readAll(
  t: Test,
  files: Record<string, string | Buffer>,
  { names = Object.keys(files), cutSizes, found, ...change }: Reading = {},
) {
  const dir = t.testdir()
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
  const progress: [bytesRead: number, totalBytes: number | undefined][] = []
  const paths = names.map(name => (name === '-' ? name : join(dir, name)))
  const asked = { inputs: paths, rejects: { onError: 'skip' }, ...change } as const
  const run = readingRun(asked)
  run.reporter.reading = ({ bytesRead, totalBytes }) => {
    if (bytesRead !== undefined) progress.push([bytesRead, totalBytes])
  }
  Object.assign(run.history, found)
  const inputs = await openInputs(run)
  t.teardown(() => inputs.close())
  if (cutSizes !== undefined) run.cutSizes = cutSizes
  const ids: number[][] = []
  const cuts: unknown[] = []
  for await (const batch of inputs.batches()) {
    const rows = Array.from({ length: batch.rowCount }, (_, row) => row)
    ids.push(rows.map(row => Number(formatElement(batch.columns[0]!, row))))
    const { place, endOffsetBytes } = batch.ranges.at(-1)!
    const counts = batch.ranges.map(({ recordCount }) => recordCount)
    cuts.push([counts, place, endOffsetBytes, batch.endedBy])
  }
  return { run, inputs, ids, cuts, progress }
}

const a = 'id,n\n1,1\n2,\n'
const b = 'n,id\n3,3\n4,4\n'

t.test('detected settings are reported for each input, and equal settings once', async t => {
  const notices: string[] = []
  const c = a.replaceAll(',', ';')
  const files = { 'a.csv': a, 'b.csv': b, 'c.csv': c, 'd.ndjson': '{"id":1,"n":2}' }
  const onNotice = (notice: string): void => void notices.push(notice)
  const { inputs } = await readAll(t, files, { onNotice })
  t.match(notices, [/a\.csv: delimiter ","/, /c\.csv: delimiter ";"/])
  t.equal(notices.length, 2)
  t.match(inputs.summaries(), [
    { detected: { delimiter: { value: ',', how: 'found' } }, ragged: 0 },
    {},
    { detected: { delimiter: { value: ';', how: 'found' }, header: { value: true } } },
    { detected: { delimiter: null, encoding: { value: 'utf-8' } } },
  ])
})

t.test('the size of standard input is unknown', async t => {
  const input = { format: 'csv', stdin: Readable.from([b]) } as const
  const { ids, progress } = await readAll(t, { 'a.csv': a }, { names: ['a.csv', '-'], input })
  t.same(ids.flat(), [1, 2, 3, 4])
  t.equal(ids.length, 2)
  t.same(progress[0], [0, undefined])
})

t.test('rows of a pipe do not wait until their batch is full', async t => {
  const path = join(t.testdir(), 'pipe.csv')
  execFileSync('mkfifo', [path])
  const input = { flushIntervalMs: 1, header: 'yes', delimiter: ',' } as const
  const inputs = await openInputs(readingRun({ inputs: [path], input }))
  t.teardown(() => inputs.close())
  const reading = inputs.batches()
  const writer = createWriteStream(path)
  writer.write(a)
  t.match((await reading.next()).value, { endedBy: 'idle', rowCount: 2 })
  writer.end(b.slice('n,id'.length + 1))
  t.match((await reading.next()).value, { rowCount: 2 })
})

t.test('a run ends while a pipe has not yet delivered its first record', async t => {
  const path = join(t.testdir(), 'pipe.csv')
  execFileSync('mkfifo', [path])
  for (const [bytes, isStdin] of [
    ['', false],
    ['n,i', false],
    ['', true],
    ['n,i', true],
  ] as const) {
    const stdin = new PassThrough()
    const writer = isStdin ? stdin : createWriteStream(path, { flags: 'r+' })
    await new Promise(resolve => writer.write(bytes, resolve))
    const run = readingRun({ inputs: [isStdin ? '-' : path], input: { stdin } })
    const inputs = await openInputs(run)
    const reading = inputs.batches().next()
    await setImmediate()
    run.ending.fail(new Error('interrupted'))
    await inputs.close()
    await t.rejects(reading, { code: 'DDB_INPUT_READ' }, `${bytes}, ${isStdin}`)
    t.match(inputs.summaries(), [{ firstError: null }])
    writer.destroy()
  }
})

t.test('the pipe of a run with a journal keeps what was written before', async t => {
  const path = join(t.testdir(), 'pipe.csv')
  execFileSync('mkfifo', [path])
  const writer = createWriteStream(path, { flags: 'r+' })
  await new Promise(resolve => writer.write(a, resolve))
  t.equal(await fingerprintOf(path, systemPlatform.files), undefined)
  const input = { flushIntervalMs: 1, header: 'yes', delimiter: ',' } as const
  const inputs = await openInputs(readingRun({ inputs: [path], input }))
  t.teardown(() => inputs.close())
  t.match((await inputs.batches().next()).value, { rowCount: 2 })
  writer.destroy()
})

t.test('batches cut by place go on over the ends of inputs, and name their own end', async t => {
  const files = {
    'a.csv': 'id,n\n1,1\nx,\n',
    'b.csv': 'id,n\n3,3\n\nx,\nx,\n',
    'c.csv': 'id,n\n\n',
  }
  const { ids, cuts } = await readAll(t, files, { cutSizes: { records: 3, bytes: 1000 } })
  t.same(ids, [[1, 3], []])
  t.same(cuts, [
    [[2, 1], { input: 1, records: 1 }, 9, 'full'],
    [[2], { input: 1, records: 3 }, 16, 'end'],
  ])
  const { cuts: byBytes } = await readAll(t, files, { cutSizes: { records: 9, bytes: 10 } })
  t.same(byBytes, [
    [[2], { input: 0, records: 2 }, 12, 'full'],
    [[1], { input: 1, records: 1 }, 9, 'full'],
    [[2], { input: 1, records: 3 }, 16, 'full'],
  ])
})

t.test('a file that is renamed while files are read is not read twice', async t => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `${i},${i}\n`).join('')
  const dir = t.testdir({ 'a.log': `id,n\n${lines}`, 'a.log.1': `id,n\n${lines}` })
  const paths = [join(dir, 'a.log'), join(dir, 'a.log.1')]
  const run = readingRun({ inputs: paths, input: { format: 'csv' } })
  const inputs = await openInputs(run)
  t.teardown(() => inputs.close())
  run.cutSizes = { records: 5_000, bytes: 1_000_000 }
  let rows = 0
  const reading = async (): Promise<void> => {
    for await (const { rowCount } of inputs.batches()) {
      if (rows === 0) renameSync(paths[0]!, paths[1]!)
      rows += rowCount
    }
  }
  const message = /a\.log\.1" is the file that was read as ".*a\.log"/
  await t.rejects(reading(), { code: 'DDB_INPUT_READ', message })
  t.equal(rows, 10_000)
})

// In the simulator's seed 9,050,002,306, the rows of a run did not add up.
t.test('records and rejects that earlier processes counted are not new', async t => {
  const found = new RecordedRun()
  found.sentOf = () => ({ offsetBytes: 12, lineNumber: 4, records: 2 })
  const isKnownReject = (_: number, offsetBytes: number): boolean => offsetBytes < 20
  const resumption = { ...newResumption(found), isKnownReject }
  const files = { 'a.csv': 'id,n\n1,1\nx,\n3,3\nx,\n5,5\nx,\n' }
  const { run } = await readAll(t, files, { found: { found, resumption } })
  t.match(run.state.rows, { read: 3, rejected: 1 })
  t.match((await readAll(t, files)).run.state.rows, { read: 6, rejected: 3 })
})

// The equation of byte counts: which differences make a run fail, and which are allowed.
t.test('bytes add up exactly at the end; before it, some may be in no batch yet', async t => {
  const counts = { read: 100, rejected: 10, header: 12, other: 5, skipped: 3 }
  for (const [rows, isWhole, isWrong] of [
    [70, true, false],
    [0, true, true],
    [69, true, true],
    [71, true, true],
    [70, false, false],
    [0, false, false],
    [71, false, true],
  ] as const) {
    const message = `the bytes of "a.csv" do not add up: 100 read, ${30 + rows} accounted for`
    const summary = { ...newSummary('a.csv'), contentBytes: { ...counts, rows } }
    const error = bytesError(summary, isWhole)
    if (isWrong) t.match(error, { code: 'DDB_INTERNAL', exitCode: 70, message })
    else t.equal(error, undefined)
  }
})
