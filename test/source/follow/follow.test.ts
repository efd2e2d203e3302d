/* Files that are followed while they grow, and which files are. */
import assert from 'node:assert/strict'
import { appendFileSync, linkSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { InputError } from '../../../src/errors.js'
import type { DatedFileStatus, Files, InputFile } from '../../../src/platform/platform.js'
import { dataExtensions } from '../../../src/parse/formats.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import {
  FollowedFile,
  keptBytes,
  lookEveryMs,
  quietMs,
  newTurns,
} from '../../../src/source/follow/followed-file.js'
import { presentFiles as presentFor } from '../../../src/source/follow/present-files.js'
import { handClock } from '../../helpers/clocks.js'
import { forAllAsync } from '../../helpers/runs.js'

const presentFiles = (
  inputs: readonly string[],
  include?: readonly string[],
  files: Files = systemFiles,
): ReturnType<typeof presentFor> =>
  presentFor(inputs, files, { extensions: dataExtensions, include })

interface System {
  /** One read returns at most so many bytes. */
  readonly readBytes?: number
  /** What the system says of each file instead of the truth. */
  readonly status?: Partial<DatedFileStatus>
}

/** Follows a file with this content. */
async function follow(
  t: Test,
  content: string,
  { readBytes = Infinity, status = {} }: System = {},
) {
  const path = join(t.testdir(), 'app.csv')
  writeFileSync(path, content)
  const said = async (one: Promise<DatedFileStatus>) => ({ ...(await one), ...status })
  const open = async (path: string): Promise<InputFile> => {
    const file = await systemFiles.open(path)
    return {
      ...file,
      read: (buffer, offset, length) => file.read(buffer, offset, Math.min(length, readBytes)),
      status: () => said(file.status()),
    }
  }
  const files = { ...systemFiles, open, status: (path: string) => said(systemFiles.status(path)) }
  const clock = handClock()
  const ended = new AbortController()
  const file = await open(path)
  const followed = new FollowedFile(path, file, await file.status())
  const following = { files, clock, turns: newTurns(), ended: ended.signal }
  const read: Buffer[] = []
  let isOver = false
  const outcome = (async () => {
    for await (const chunk of followed.chunks(following)) read.push(Buffer.from(chunk))
    return 'ended'
  })()
    .catch((error: unknown) => error)
    .finally(() => (isOver = true))
  t.teardown(async () => {
    ended.abort()
    await outcome
    await file.close()
  })
  const waits = async (): Promise<void> => {
    while (clock.timers === 0 && !isOver) await new Promise(resolve => setImmediate(resolve))
  }
  return {
    path,
    file: followed,
    outcome,
    text: () => Buffer.concat(read).toString(),
    stop: () => ended.abort(),
    /** Lets time pass once the reader waits for that, and resolves when it waits again. */
    pass: async (ms = lookEveryMs): Promise<void> => {
      await waits()
      clock.advance(ms)
      await waits()
    },
    /** Overwrites the file in place, after some time. */
    rewrite: (text: string): void => {
      const { ctimeNs } = statSync(path, { bigint: true })
      do writeFileSync(path, text)
      while (statSync(path, { bigint: true }).ctimeNs === ctimeNs)
    },
  }
}

t.test('appended bytes come in chunks of any size, and no byte comes twice', async t => {
  const pieces = fc.array(fc.string({ maxLength: 300 }), { maxLength: 12 })
  await forAllAsync(30)(pieces, fc.integer({ min: 1, max: 400 }), async (pieces, readBytes) => {
    const { path, pass, text, stop, outcome } = await follow(t, '', { readBytes })
    for (const piece of pieces) {
      appendFileSync(path, piece)
      await pass()
    }
    await pass()
    assert.equal(text(), pieces.join(''))
    stop()
    assert.equal(((await outcome) as InputError).code, 'DDB_INTERRUPTED')
  })
})

t.test('a file without a name ends after a while without new bytes', async t => {
  const { path, pass, text, outcome, file } = await follow(t, 'a')
  await pass(quietMs)
  renameSync(path, `${path}.1`)
  // However long it was quiet under its name.
  await pass()
  await pass(quietMs - 2 * lookEveryMs)
  for (const more of ['b', 'c']) {
    appendFileSync(`${path}.1`, more)
    await pass()
    await pass(quietMs - 1)
  }
  t.equal(text(), 'abc', 'late bytes are read')
  await pass(lookEveryMs)
  t.equal(await outcome, 'ended')
  t.ok(file.isReplaced)
})

t.test('a file whose disk is unmounted waits for it, however long that takes', async t => {
  const status = { device: 1n }
  const { path, pass, outcome, file } = await follow(t, 'a', { status })
  await pass()
  renameSync(path, `${path}.1`)
  status.device = 2n
  await pass(2 * quietMs)
  await pass(2 * quietMs)
  t.notOk(file.isReplaced)
  status.device = 1n
  await pass()
  await pass(quietMs)
  t.equal(await outcome, 'ended')
})

t.test('a name leads to a file as long as inode, or content and birth, say so', async t => {
  for (const [status, other, isReplaced] of [
    [{}, undefined, true],
    [{}, 'some rows', true],
    [{ inode: 0n }, undefined, true],
    [{ inode: 0n, bornNs: 0n }, 'other rows', true],
    [{ inode: 0n, bornNs: 0n }, 'some rows and more', false],
    [{ inode: 0n, changedNs: 1n }, 'some rows and more', true],
  ] as const) {
    const { path, pass, file } = await follow(t, 'some rows', { status })
    await pass()
    t.notOk(file.isReplaced)
    renameSync(path, `${path}.1`)
    if (other !== undefined) writeFileSync(path, other)
    await pass()
    t.equal(file.isReplaced, isReplaced, `${Object.keys(status).join()} ${other}`)
  }
})

const rows = 'some rows\n'
const isShorter = {
  code: 'DDB_INPUT_TRUNCATED',
  message: /cut short/,
  position: { offsetBytes: 4 },
}
const isRewritten = { code: 'DDB_INPUT_TRUNCATED', message: /was overwritten.*copytruncate/ }
const alike = 'the same line again and again\n'.repeat(2 * keptBytes)

t.test('a file that was truncated ends the run, whatever was written to it since', async t => {
  for (const [before, after, failure] of [
    [rows, 'some', isShorter],
    [rows, 'others, and more of them\n', isRewritten],
    [rows, 'more rows\n', isRewritten],
    [`first\n${alike}`, `other\n${alike}${alike}`, isRewritten],
    [`${alike}last!\n`, `${alike}other\n${alike}`, isRewritten],
  ] as const) {
    const { pass, rewrite, outcome, text } = await follow(t, before)
    await pass()
    rewrite(after)
    await pass()
    t.match(await outcome, failure)
    t.equal(text(), before)
  }
})

t.test('the bytes that were read are checked once more when reading ends', async t => {
  for (const [after, failure] of [
    [`${rows}and more`, undefined],
    ['more rows\n', isRewritten],
    ['some', isShorter],
  ] as const) {
    const { pass, rewrite, stop, outcome, file } = await follow(t, rows)
    await pass()
    rewrite(after)
    stop()
    t.match(await outcome, { code: 'DDB_INTERRUPTED' })
    if (failure === undefined) await file.checkRead()
    else await t.rejects(file.checkRead(), failure)
  }
  const { file } = await follow(t, rows)
  Object.assign(file.file, { status: () => Promise.reject(new Error('ESTALE')) })
  await t.rejects(file.checkRead(), { code: 'DDB_INPUT_READ', message: /ESTALE/ })
})

t.test('files, patterns and folders give existing files, and name missing ones', async t => {
  const dir = t.testdir({
    'a.csv': 'a',
    logs: { 'b.csv': 'b', 'b.csv.gz': 'z', 'notes.txt': 'n', deep: { 'c.ndjson': '{}' } },
    'app.1': '',
    'app.2.gz': '',
    empty: { 'folder.csv': {} },
  })
  const at = (...names: readonly string[]): string[] => names.map(name => join(dir, name))
  const inputs = at('app*', 'logs', 'a.csv', 'later.csv', 'none*', 'empty', 'empty/folder*')
  const { files, missing, passedOver } = await presentFiles(inputs)
  const paths = files.map(({ path }) => path)
  t.same(paths, at('app.1', 'logs/b.csv', 'logs/deep/c.ndjson', 'a.csv'))
  t.match(passedOver, { files: 3, byKind: { compressed: 2, '.txt': 1 } })
  t.same(missing, at('later.csv', 'none*', 'empty', 'empty/folder*'))
  writeFileSync(join(dir, 'later.csv'), 'x')
  const found = { files: [{ status: { isFile: true, sizeBytes: 1 } }], missing: [] }
  t.match(await presentFiles(at('later.csv')), found)
  for (const [path, message] of [
    [join(dir, 'app.2.gz'), /is compressed/],
    ['/dev/null', /not an ordinary file/],
  ] as const) {
    await t.rejects(presentFiles([path]), { code: 'DDB_USAGE', message })
  }
})

t.test('a folder that is not yet readable does not hide the other folders', async t => {
  const dir = t.testdir({ a: { 'x.csv': '' }, locked: { 'y.csv': '' }, z: { 'x.csv': '' } })
  const locked = join(dir, 'locked')
  const files: Files = {
    ...systemFiles,
    async readFolder(...asked) {
      if (asked[0] === locked) throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
      await systemFiles.readFolder(...asked)
    },
  }
  for (const input of [dir, join(dir, '*', '*.csv'), join(dir, '**')]) {
    const found = await presentFiles([input], undefined, files)
    const paths = ['a/x.csv', 'z/x.csv'].map(name => ({ path: join(dir, name) }))
    t.match(found, { files: paths, unread: [locked] })
    t.equal(found.files.length, 2)
  }
})

t.test('a file is followed by its first name; patterns select the files of a folder', async t => {
  const dir = t.testdir({ 'a.csv': 'a', 'b.log': 'b', 'c.log.gz': 'z' })
  linkSync(join(dir, 'b.log'), join(dir, 'd.log'))
  const inputs = [join(dir, 'a.csv'), `${dir}/./a.csv`, dir]
  const { files, sameFiles, passedOver } = await presentFiles(inputs, ['*.log*'])
  const foundPaths = files.map(({ path }) => path)
  const expected = ['a.csv', 'b.log'].map(name => join(dir, name))
  t.same(foundPaths, expected)
  t.equal(sameFiles.count, 2)
  t.match(passedOver, { files: 2, byKind: { '.csv': 1, compressed: 1 } })
})

t.test('a turn is passed on in the order of the requests', async t => {
  const turns = newTurns()
  const pass = await turns()
  const had: string[] = []
  const waiting = ['a', 'b'].map(async name => {
    const passOn = await turns()
    had.push(name)
    passOn()
  })
  await Promise.resolve()
  t.same(had, [])
  pass()
  await Promise.all(waiting)
  t.same(had, ['a', 'b'])
  t.type(await turns(), 'function', 'free again')
})
