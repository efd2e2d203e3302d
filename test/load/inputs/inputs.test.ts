import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { openInputs } from '../../../src/load/inputs/inputs.js'
import type { TargetDescription } from '../../../src/load/target/describe-target.js'
import type { CutSizes } from '../../../src/parse/cuts.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system.js'
import type { Column } from '../../../src/protocol/value.js'
import { testRun } from '../../helpers/load-run.js'

const target: TargetDescription = {
  columns: [
    { name: 'id', type: { type: 'INT' } },
    { name: 'n', type: { type: 'INT' } },
  ],
  keyed: false,
}

const idsOf = (column: Column | undefined): number[] =>
  column?.form === 'vector' && column.type === 'INT'
    ? [...column.data.subarray(0, column.length)]
    : []

/** Reads the inputs of a folder, or some of its files, to their end. */
async function readAll(
  t: Test,
  files: Record<string, string | Buffer>,
  {
    names = Object.keys(files),
    cutSizes,
    ...change
  }: Partial<LoadOptions> & { names?: string[]; cutSizes?: CutSizes } = {},
) {
  const dir = t.testdir()
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
  const progress: [bytesRead: number, totalBytes: number | undefined][] = []
  const run = testRun(
    {
      inputs: names.map(name => (name === '-' ? name : join(dir, name))),
      rejects: { onError: 'skip' },
      ...change,
    },
    systemPlatform,
  )
  run.reporter.inputProgress = (...told) => void progress.push(told)
  const inputs = await openInputs(run)
  t.teardown(() => inputs.close())
  if (cutSizes !== undefined) run.cutSizes = cutSizes
  const ids: number[][] = []
  const cuts: unknown[] = []
  for await (const { columns, ranges, endedBy } of inputs.batches(target)) {
    ids.push(idsOf(columns[0]))
    const { place, endOffsetBytes } = ranges.at(-1)!
    cuts.push([ranges.map(({ recordCount }) => recordCount), place, endOffsetBytes, endedBy])
  }
  return { inputs, ids, cuts, progress }
}

const a = 'id,n\n1,1\n2,\n'
const b = 'n,id\n3,3\n4,4\n'

t.test('detected settings are reported for each input, and equal settings once', async t => {
  const notices: string[] = []
  const { inputs } = await readAll(
    t,
    { 'a.csv': a, 'b.csv': b, 'c.csv': a.replaceAll(',', ';'), 'd.ndjson': '{"id":1,"n":2}\n' },
    { onNotice: notice => void notices.push(notice) },
  )
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
  const { ids, progress } = await readAll(
    t,
    { 'a.csv': a },
    { names: ['a.csv', '-'], input: { format: 'csv', stdin: Readable.from([b]) } },
  )
  t.same(ids, [
    [1, 2],
    [3, 4],
  ])
  t.same(progress[0], [0, undefined])
})

t.test('a file that disappears before it is read is reported as missing', async t => {
  const dir = t.testdir({ 'a.csv': a, 'b.csv': b })
  const path = join(dir, 'b.csv')
  const run = testRun({ inputs: [join(dir, 'a.csv'), path] }, systemPlatform)
  const inputs = await openInputs(run)
  t.teardown(() => inputs.close())
  rmSync(path)
  const reading = inputs.batches(target)
  t.match((await reading.next()).value, { ranges: [{ file: join(dir, 'a.csv') }] })
  await t.rejects(reading.next(), {
    code: 'DDB_INPUT_MISSING',
    message: `there is no file "${path}"`,
  })
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
