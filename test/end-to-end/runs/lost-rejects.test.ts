/* Rejects of a named run that get lost under way: the disk is full, or somebody removes, cuts or replaces the file. A later process of the
   run completes the file once the cause is gone. */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../src/load/options.js'
import { streamScript } from '../../helpers/delivery.js'
import { platformOn, type Disk } from '../../helpers/failing-files.js'
import { startLoadServer } from '../../helpers/load-server.js'

const rowCount = 3_000
/** Every third row has no number in its first column. */
const lines = Array.from({ length: rowCount }, (_, i) => `${i % 3 === 0 ? 'x' : ''}${i},A\n`)
const bad = lines.filter(line => line.startsWith('x'))

async function scene(t: Test) {
  let atBatch: (no: number) => void = () => undefined
  let batches = 0
  const { load, count } = await startLoadServer(t, streamScript, {
    before: ({ rows }) => void (rows > 0 && atBatch(++batches)),
  })
  const dir = t.testdir({ 'in.csv': `id,sym\n${lines.join('')}` })
  const file = join(dir, 'r.csv')
  return {
    file,
    aside: join(dir, 'aside.csv'),
    onBatch: (action: (no: number) => void) => void (atBatch = action),
    journal: join(dir, 'state', 'runs', 'nightly.journal'),
    run: (
      mode: 'async' | 'sync',
      disk: Disk = {},
      own = file,
      restart = false,
    ): Promise<LoadResult> =>
      load(
        join(dir, 'in.csv'),
        {
          runId: 'nightly',
          journal: { folder: join(dir, 'state'), workingFolder: process.cwd(), restart },
          rejects: { file: own, maxErrors: '100%' },
          delivery: { mode, batchRows: 100, maxInFlightBytes: 1_000 },
        },
        platformOn(disk),
      ),
    isComplete: async (result: LoadResult): Promise<void> => {
      t.match(result, { exitCode: 3, rejects: { unplaced: 0 } })
      t.equal(readFileSync(file, 'utf8'), `id,sym\n${bad.join('')}`)
      t.equal(await count('target'), rowCount - bad.length)
    },
  }
}

for (const mode of ['async', 'sync'] as const) {
  t.test(`${mode}: once a full disk has room again, all rejects are in the file`, async t => {
    const { run, isComplete, file } = await scene(t)
    let writes = 0
    const fails: Disk['fails'] = (call, path) =>
      call === 'write' && path.startsWith(file) && ++writes > 4
    const full = await run(mode, { fails })
    t.match(full, { exitCode: 74, error: { code: 'DDB_OUTPUT_WRITE' } })
    t.ok(full.rejects.unplaced > 0)
    await isComplete(await run(mode))
  })
}

t.test('what was confirmed when the disk of the journal was full stays so', async t => {
  const { run, isComplete, onBatch } = await scene(t)
  let isFull = false
  onBatch(no => void (isFull ||= no === rowCount / 100))
  const fails: Disk['fails'] = (call, path) =>
    isFull && call === 'write' && path.includes('.journal')
  const full = await run('async', { fails })
  t.match(full, { exitCode: 74, rows: { confirmed: rowCount - bad.length, unconfirmed: 0 } })
  await isComplete(await run('async'))
})

const harms: Readonly<Record<string, (file: string, aside: string) => void>> = {
  removed: renameSync,
  cut(file, aside) {
    copyFileSync(file, aside)
    truncateSync(file, 20)
  },
  repaired(file, aside) {
    copyFileSync(file, aside)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\nx', '\n-1000000'))
  },
  replaced(file, aside) {
    renameSync(file, aside)
    writeFileSync(file, readFileSync(aside))
  },
}

for (const [harm, apply] of Object.entries(harms)) {
  t.test(`a file that is ${harm} during the run is put back, and completed`, async t => {
    const { run, isComplete, onBatch, file, aside } = await scene(t)
    onBatch(no => void (no === 5 && apply(file, aside)))
    const lost = await run('async')
    t.match(lost, { exitCode: 74, error: { message: /removed, cut, changed or replaced/ } })
    if (harm !== 'replaced') {
      const refused = await run('async')
      t.match(refused, { exitCode: 73, error: { message: /Put the file back as it was/ } })
      t.match(refused, { error: { message: /in \S*in\.csv, lines 2 to \d+$/ }, notices: [] })
      t.equal(refused.rows.rejected, refused.rejects.unplaced)
    }
    renameSync(aside, file)
    await isComplete(await run('async'))
  })
}

t.test('after the file is lost, the run continues with another file', async t => {
  const { run, onBatch, file, aside } = await scene(t)
  onBatch(no => void (no === 5 && renameSync(file, aside)))
  t.match(await run('async'), { exitCode: 74 })
  t.match(await run('async'), { exitCode: 73 })
  const other = file.replace('r.csv', 'other.csv')
  const last = await run('async', {}, other)
  const rows = last.rejects.files[0]?.rows ?? 0
  t.match(last, {
    exitCode: 3,
    rows: { read: rowCount, rejected: bad.length },
    rejects: { files: [{ path: other }], unplaced: bad.length - rows },
  })
  t.equal(readFileSync(other, 'utf8'), `id,sym\n${bad.slice(-rows).join('')}`)
  t.equal(readFileSync(aside, 'utf8'), `id,sym\n${bad.slice(0, -rows).join('')}`)
  renameSync(aside, file)
  t.match(await run('async'), { exitCode: 3, alreadyLoaded: true, rejects: { unplaced: 0 } })
})

t.test('a journal from before a restart is refused, although the rejects have changed', async t => {
  const { run, journal, file } = await scene(t)
  let writes = 0
  const full: Disk = {
    fails: (call, path) => call === 'write' && path.startsWith(file) && ++writes > 4,
  }
  t.match(await run('async', full), { exitCode: 74 })
  const earlier = readFileSync(journal)
  t.match(await run('async', {}, file, true), { exitCode: 3 })
  const latest = readFileSync(journal)
  writeFileSync(journal, earlier)
  const refused = await run('async')
  t.match(refused, { exitCode: 66, error: { code: 'DDB_RUN_DAMAGED', message: /r\.csv" has/ } })
  writeFileSync(journal, latest)
  t.match(await run('async'), { exitCode: 3, alreadyLoaded: true, rejects: { unplaced: 0 } })
  t.equal(readFileSync(file, 'utf8'), `id,sym\n${bad.join('')}`)
})

t.test('a run goes on twice from another folder, with a file of that folder', async t => {
  const { run, file } = await scene(t)
  const own = process.cwd()
  t.teardown(() => process.chdir(own))
  const there = join(file, '..', 'there')
  mkdirSync(there)
  const failing = (): Disk => {
    let writes = 0
    return { fails: (call, path) => call === 'write' && path.endsWith('r.csv') && ++writes > 4 }
  }
  process.chdir(join(there, '..'))
  t.match(await run('async', failing(), 'first-r.csv'), { exitCode: 74 })
  process.chdir(there)
  t.match(await run('async', failing(), 'r.csv'), { exitCode: 74 })
  t.match(await run('async', {}, 'r.csv'), { exitCode: 3 })
  const [first, second] = [file.replace('r.csv', 'first-r.csv'), join(there, 'r.csv')]
  const rest = readFileSync(second, 'utf8').replace('id,sym\n', '')
  t.equal(readFileSync(first, 'utf8') + rest, `id,sym\n${bad.join('')}`)
})

t.test('the file of a finished run belongs to the user', async t => {
  const { run, isComplete, file } = await scene(t)
  await isComplete(await run('async'))
  const repaired = readFileSync(file, 'utf8').replaceAll('\nx', '\n-1000000')
  writeFileSync(file, repaired)
  t.match(await run('async'), { exitCode: 3, alreadyLoaded: true })
  t.equal(readFileSync(file, 'utf8'), repaired, 'a longer file is not cut')
  writeFileSync(file, repaired.replaceAll('-1000000', ''))
  const shorter = { exitCode: 3, alreadyLoaded: true, rejects: { files: [{}], unplaced: 0 } }
  t.match(await run('async'), shorter)
  renameSync(file, `${file}.done`)
  const again = await run('async')
  t.match(again, { exitCode: 3, alreadyLoaded: true, rejects: { unplaced: bad.length } })
})
