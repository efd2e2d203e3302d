import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { journalPath } from '../../../src/load/journal/journals.js'
import type { LoadOptions, LoadReport, LoadResult } from '../../../src/load/options.js'
import type { Platform } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const script = 'share streamTable(10:0, `id`sym, [INT,SYMBOL]) as target'

/** A folder with these files, and a server with a table. */
async function scene(t: Test, files: Record<string, string> = {}) {
  const folder = t.testdir(files)
  const at = (name: string): string => join(folder, name)
  const here = await startLoadServer(t, script)
  /** Ascending. */
  const ids = async (): Promise<number[]> =>
    (await here.rows('select id from target order by id')).map(([id]) => Number(id))
  return {
    at,
    ids,
    /** Options of a run with a journal. */
    named: { journal: { folder: at('state') }, runId: 'r' },
    begin: (inputs: string[], change: Partial<LoadOptions> = {}, platform = systemPlatform) => {
      const notices: string[] = []
      const controller = new AbortController()
      let result: LoadResult | undefined
      const options: Partial<LoadOptions> = {
        target: { table: 'target' },
        signal: controller.signal,
        onNotice: notice => void notices.push(notice),
        ...change,
        input: { follow: true, flushIntervalMs: 20, ...change.input },
      }
      const outcome = here.load(inputs.map(at), options, platform).then(found => (result = found))
      t.teardown(() => controller.abort())
      return {
        notices,
        outcome,
        /** Stops the run in the same way as a signal. */
        stop: () => {
          controller.abort()
          return outcome
        },
        /** Resolves once the run has printed the text. */
        says: async (text: string): Promise<void> => {
          const isSaid = (): boolean => notices.some(notice => notice.includes(text))
          while (result === undefined && !isSaid()) {
            await new Promise(resolve => setImmediate(resolve))
          }
          t.ok(isSaid(), `says ${text}`)
        },
        /** Resolves once the table has this many rows. */
        has: async (rows: number): Promise<void> => {
          while ((await ids()).length < rows) {
            if (result !== undefined) throw new Error(`it ended: ${result.error?.message}`)
            // Polls only every 20 ms, because polling without a pause would slow down the follower.
            await new Promise(resolve => setTimeout(resolve, 20))
          }
        },
      }
    },
  }
}

/**
 * Resolves once the journal says of this many files that they were read to their end. A process that is stopped sooner
 * leaves them open, and the next one reads on.
 */
async function ends(journal: string, files: number): Promise<void> {
  while (readFileSync(journal, 'utf8').split('"readAt":').length <= files) {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

t.test('an empty file may get its header later, and rows even later', async t => {
  const { at, begin, ids } = await scene(t, { 'a.csv': '' })
  const follower = begin(['a.csv'])
  appendFileSync(at('a.csv'), 'sym,i')
  await ids()
  appendFileSync(at('a.csv'), 'd\n')
  await ids()
  appendFileSync(at('a.csv'), 'A,1\n')
  await follower.has(1)
  appendFileSync(at('a.csv'), 'B,2\nC,')
  await follower.has(2)
  const { status, rows, inputs, exitCode } = await follower.stop()
  t.match({ status, exitCode }, { status: 'interrupted', exitCode: 130 })
  t.match(rows, { read: 2, confirmed: 2, unsent: 0 })
  t.match(inputs, [{ path: at('a.csv'), rows: 2, bytes: 17, contentBytes: { header: 7, rows: 8 } }])
  t.match(follower.notices.at(-1), /a\.csv: 2 bytes at its end are not loaded/)
})

t.test('the only row of a file without header does not wait for another', async t => {
  const { at, begin } = await scene(t, { 'a.csv': '1,A\n' })
  const reading = { input: { header: 'no' }, mapping: { map: { id: '1', sym: '2' } } } as const
  const follower = begin(['a.csv'], reading)
  await follower.has(1)
  appendFileSync(at('a.csv'), '2,B\r')
  appendFileSync(at('a.csv'), '\n')
  await follower.has(2)
  t.match((await follower.stop()).rows, { read: 2, confirmed: 2 })
})

t.test('the run waits for a missing file, and reads new files with their own headers', async t => {
  const { at, begin, ids } = await scene(t)
  const follower = begin(['a*.csv', 'b.csv'])
  await follower.says('waiting for')
  writeFileSync(at('a1.csv'), 'id,sym\n1,A\n')
  writeFileSync(at('b.csv'), 'sym,id\nB,2\n')
  await follower.has(2)
  writeFileSync(at('a2.csv'), 'sym,id\nC,3\n')
  await follower.has(3)
  t.match((await follower.stop()).status, 'interrupted')
  t.same(await ids(), [1, 2, 3])
})

t.test('if a file is truncated, the run ends, and the error gives the remedy', async t => {
  const { at, begin } = await scene(t, { 'a.csv': 'id,sym\n1,A\n' })
  const follower = begin(['a.csv'])
  await follower.has(1)
  copyFileSync(at('a.csv'), at('a.csv.1'))
  truncateSync(at('a.csv'))
  const { status, error, rows, inputs } = await follower.outcome
  t.match(error, { code: 'DDB_INPUT_TRUNCATED', message: /copytruncate/ })
  t.match({ status, rows }, { status: 'failed', rows: { read: 1, confirmed: 1 } })
  t.match(inputs, [{ firstError: { code: 'DDB_INPUT_TRUNCATED' } }])
})

t.test('a copy of a file that is followed ends the run, also when the run goes on', async t => {
  const { at, begin, named, ids } = await scene(t, { 'a.csv': `id,sym\n${rows(1, 3_000)}` })
  const follower = begin(['a*'], named)
  await follower.has(3_000)
  copyFileSync(at('a.csv'), at('a.csv.1'))
  const isCopy = { code: 'DDB_INPUT_READ', message: /a\.csv\.1" begins with all .* of ".*a\.csv"/ }
  t.match(await follower.outcome, { exitCode: 66, error: isCopy })
  t.match(await begin(['a*'], named).outcome, { exitCode: 66, error: isCopy })
  t.equal((await ids()).length, 3_000)
})

t.test('a copy of a file is known as soon as 16 KiB of both are there', async t => {
  const { at, begin, ids } = await scene(t, { 'a.csv': `id,sym\n${rows(1, 2_000)}` })
  const follower = begin(['a*'])
  await follower.has(2_000)
  appendFileSync(at('a.csv'), rows(2_001, 4_000))
  await follower.has(4_000)
  writeFileSync(at('a.csv.1'), readFileSync(at('a.csv')).subarray(0, 16_384))
  t.match(await follower.outcome, { exitCode: 66, error: { code: 'DDB_INPUT_READ' } })
  t.equal((await ids()).length, 4_000)
})

const rows = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, i) => `${first + i},A\n`).join('')

t.test('a truncated file is noticed even if the run ends before the next check', async t => {
  const { at, begin } = await scene(t, {
    'a.csv': `id,sym\n${rows(10, 14)}`,
    'b.csv': `id,sym\n${rows(30, 34)}`,
  })
  const follower = begin(['a.csv', 'b.csv'], { runId: 'ends', journal: { folder: at('state') } })
  await follower.has(10)
  writeFileSync(at('a.csv'), `id,sym\n${rows(20, 24)}`)
  const { error, exitCode, inputs, status } = await follower.stop()
  t.match({ status, exitCode }, { status: 'failed', exitCode: 65 })
  t.match(error, { code: 'DDB_INPUT_TRUNCATED', message: /a\.csv" was overwritten/ })
  // The order in which the two files deliver rows depends on the machine.
  const [first, second] = inputs.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  t.match([first, second], [{ firstError: { code: 'DDB_INPUT_TRUNCATED' } }, { firstError: null }])
})

deepTest(t, 'a new file with the inode number of a removed file is a different file', async t => {
  const { at, begin, ids } = await scene(t)
  // Simulated, because no system reuses inode numbers on request.
  const sameNumber = <S extends { inode: bigint; bornNs: bigint }>(status: S): S => ({
    ...status,
    inode: 7n,
    bornNs: 0n,
  })
  const { files } = systemPlatform
  const closed = closedGate()
  const platform = {
    ...systemPlatform,
    files: {
      ...files,
      status: async (path: string) => sameNumber(await files.status(path)),
      async open(path: string) {
        const file = await files.open(path)
        const close = async (): Promise<void> => {
          await file.close()
          closed.open()
        }
        return { ...file, close, status: async () => sameNumber(await file.status()) }
      },
    },
  }
  // The run begins to follow the file while it has only a header. The new file has the same header.
  writeFileSync(at('a.csv'), 'id,sym\n')
  const follower = begin(['a.csv'], {}, platform)
  await ids()
  appendFileSync(at('a.csv'), rows(1, 3))
  await follower.has(3)
  rmSync(at('a.csv'))
  // A system can reuse the inode number only after the follower has closed the old file.
  await closed.opened
  writeFileSync(at('a.csv'), `id,sym\n${rows(4, 9)}`)
  await follower.has(9)
  t.same(await ids(), [1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.match((await follower.stop()).rows, { read: 9, confirmed: 9 })
})

t.test(
  'a file is not read twice after a signal that came while the run looked for files',
  async t => {
    const { at, begin, ids, named } = await scene(t, { 'a.ndjson': '{"id":1,"sym":"A"}\n' })
    let looks: (() => void) | undefined
    const closing: (() => void)[] = []
    const files: Platform['files'] = {
      ...systemPlatform.files,
      async readFolder(...given) {
        await systemPlatform.files.readFolder(...given)
        if (looks === undefined) return
        const closed = new Promise<void>(resolve => closing.push(resolve))
        looks()
        await closed
      },
      async open(path) {
        const file = await systemPlatform.files.open(path)
        const close = (): Promise<void> =>
          file.close().finally(() => closing.forEach(tell => tell()))
        return { ...file, close }
      },
    }
    const first = begin(['*.ndjson'], named, { ...systemPlatform, files })
    await first.has(1)
    await new Promise<void>(resolve => (looks = resolve))
    await first.stop()
    const journal = readFileSync(journalPath(at('state'), 'r'), 'utf8')
    t.equal(journal.split('"path":').length, journal.split('"input":0,"path":').length)
    const second = begin(['*.ndjson'], named)
    appendFileSync(at('a.ndjson'), '{"id":2,"sym":"B"}\n')
    await second.has(2)
    await second.stop()
    t.same(await ids(), [1, 2])
  },
)

t.test('the run tries a file without read permission again', async t => {
  const { begin } = await scene(t, { 'a.csv': 'id,sym\n1,A\n' })
  let isClosed = true
  const files: Platform['files'] = {
    ...systemPlatform.files,
    open: path =>
      isClosed
        ? Promise.reject(Object.assign(new Error('EACCES: said the disk'), { code: 'EACCES' }))
        : systemPlatform.files.open(path),
  }
  const follower = begin(['a.csv'], {}, { ...systemPlatform, files })
  await follower.says('cannot be read yet')
  isClosed = false
  await follower.has(1)
  t.equal((await follower.stop()).status, 'interrupted')
})

deepTest(t, 'the rejects file is not followed, even in the same folder', async t => {
  const { at, begin, named } = await scene(t, { 'a.csv': 'id,sym\n1,A\nx,B\n' })
  const change = { rejects: { file: at('rejects.csv') }, ...named }
  const first = begin(['*.csv'], change)
  await first.has(1)
  await first.says('rejected')
  await first.stop()
  appendFileSync(at('a.csv'), 'y,B\n2,A\n')
  writeFileSync(at('b.csv'), 'id,sym\nz,C\n3,A\n')
  const second = begin(['*.csv'], change)
  await second.has(3)
  const { rows, rejects } = await second.stop()
  t.match(rows, { read: 6, rejected: 3, skipped: 1, confirmed: 2, unsent: 0 })
  t.match(rejects.files, [{ path: at('rejects.csv'), rows: 3 }])
  const expected = ['id,sym', 'x,B', 'y,B', 'z,C']
  t.same(readFileSync(at('rejects.csv'), 'utf8').trim().split('\n').sort(), expected)
})

deepTest(t, 'a file that was read to its end may be missing, and is not read again', async t => {
  const { at, begin, ids } = await scene(t)
  for (const mode of ['async', 'sync'] as const) {
    const before = (await ids()).length
    const change = { journal: { folder: at('state') }, runId: mode, delivery: { mode } }
    const pattern = `${mode}.csv*`
    writeFileSync(at(`${mode}.csv`), 'id,sym\n1,A\n')
    writeFileSync(at(`${mode}.csv.9`), 'id,sym\n2,A\n')
    const first = begin([pattern], change)
    await first.has(before + 2)
    renameSync(at(`${mode}.csv`), at(`${mode}.csv.1`))
    renameSync(at(`${mode}.csv.9`), at('elsewhere'))
    appendFileSync(at(`${mode}.csv.1`), '3,A')
    appendFileSync(at('elsewhere'), '4,A')
    // The follower loads a record without a line end only when the file is finished.
    await first.has(before + 4)
    await ends(journalPath(at('state'), mode), 2)
    t.equal((await first.stop()).rows.confirmed, 4)
    rmSync(at('elsewhere'))
    writeFileSync(at(`${mode}.csv`), 'id,sym\n5,A\n')
    const second = begin([pattern], change)
    await second.has(before + 5)
    await ids()
    const { rows, inputs } = await second.stop()
    t.match(rows, { read: 5, skipped: 4, confirmed: 1 })
    const named = inputs.filter(({ path }) => path === at(`${mode}.csv`))
    t.match(named, [{ rows: 3 }], 'one summary per name')
    appendFileSync(at(`${mode}.csv.1`), '\nlate,A\n')
    const third = begin([pattern], change)
    await third.says('is still growing')
    t.match((await third.stop()).rows, { read: 5, skipped: 5, rejected: 0 })
  }
})

t.test('a missing file that was not read to its end is reported', async t => {
  const { at, begin, named } = await scene(t, { 'a.csv': 'id,sym\n1,A\n' })
  const first = begin(['a.csv'], named)
  await first.has(1)
  await first.stop()
  rmSync(at('a.csv'))
  // A new file is a different file even if it gets the old inode number.
  writeFileSync(at('a.csv'), 'other,header\n1,A\n')
  const { error } = await begin(['a.csv'], named).outcome
  t.match(error, { code: 'DDB_RUN_CHANGED', message: /no longer in its folder/ })
})

deepTest(t, 'settings that one process detected for a file hold for the next process', async t => {
  const { at, begin, ids, named } = await scene(t, { 'a.csv': 'id;sym\n1;A\n' })
  const first = begin(['a.csv'], named)
  await first.has(1)
  await first.stop()
  // By now most of the file suggests commas.
  appendFileSync(at('a.csv'), Array.from({ length: 50 }, (_, i) => `${i + 2};"a,b,c,d"\n`).join(''))
  const second = begin(['a.csv'], named)
  await second.has(51)
  await second.stop()
  t.equal((await ids()).length, 51)
  t.ok(existsSync(at('state/runs/r.journal')))
})

t.test('more than 256 files at once are refused', async t => {
  const files = Array.from({ length: 257 }, (_, i) => [`${i}.csv`, 'id,sym\n'])
  const { begin } = await scene(t, Object.fromEntries(files) as Record<string, string>)
  const error = { code: 'DDB_USAGE', message: /more than 256 files/ }
  t.match(await begin(['*.csv']).outcome, { exitCode: 64, error })
})

t.test('a JSON document is refused', async t => {
  const { begin } = await scene(t, { a: '[{"id":1}]' })
  t.match((await begin(['a']).outcome).error, { code: 'DDB_USAGE', message: /NDJSON/ })
})

t.test('a run that leaves closes the files whose rows nobody takes any more', async t => {
  const { begin } = await scene(t, { 'a.csv': 'id,sym\n1,A\n', 'b.csv': 'id,sym\n2,B\n' })
  const leaving = new AbortController()
  const open = new Set<string>()
  const files = {
    ...systemPlatform.files,
    async open(path: string) {
      const file = await systemPlatform.files.open(path)
      open.add(path)
      return { ...file, close: () => file.close().then(() => void open.delete(path)) }
    },
  }
  const change = {
    leave: leaving.signal,
    delivery: { rateLimit: { rowsPerSecond: 1 } },
    onReport: ({ rows }: LoadReport) => rows.read === 2 && leaving.abort(),
  }
  const { rows } = await begin(['*.csv'], change, { ...systemPlatform, files }).outcome
  t.equal(rows.read, 2)
  while (open.size > 0) await new Promise(resolve => setImmediate(resolve))
  t.equal(open.size, 0)
})
