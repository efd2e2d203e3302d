/*
  Files that are followed while they grow.
*/
import assert from 'node:assert/strict'
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
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
import { runs } from '../../helpers/runs.js'

const presentFiles = (
  inputs: readonly string[],
  include?: readonly string[],
): ReturnType<typeof presentFor> =>
  presentFor(inputs, systemFiles, { extensions: dataExtensions, include })

interface TestFile extends InputFile {
  bytes: Buffer
  changedNs: bigint
  rewrite(text: string): void
  state(): DatedFileStatus
}

/** A file to which a test writes. One read returns at most `readBytes` bytes. */
function fileOf(readBytes = Infinity, inode = 2n): TestFile {
  let position = 0
  const file: TestFile = {
    bytes: Buffer.alloc(0),
    changedNs: 0n,
    /** Acts as if the file had been truncated and rewritten between two reads. */
    rewrite(text: string) {
      file.bytes = Buffer.from(text)
      file.changedNs++
    },
    state: () => ({
      isFile: true,
      isFolder: false,
      sizeBytes: file.bytes.length,
      device: 1n,
      inode,
      modifiedMs: 0,
      bornNs: 0n,
      changedNs: file.changedNs,
    }),
    status: async () => file.state(),
    read: async (buffer: Uint8Array, offset: number, length: number) => {
      const count = await file.readAt(buffer, offset, Math.min(length, readBytes), position)
      position += count
      return count
    },
    readAt: async (buffer: Uint8Array, offset: number, length: number, start: number) => {
      const found = file.bytes.subarray(start, start + length)
      buffer.set(found, offset)
      return found.length
    },
    close: async () => undefined,
  }
  return file
}

function follow(file: TestFile) {
  const clock = handClock()
  const ended = new AbortController()
  /** The file to which the name leads. */
  const state: { named: TestFile | undefined } = { named: file }
  const named = async (): Promise<TestFile> => {
    if (state.named !== undefined) return state.named
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
  }
  const read: Buffer[] = []
  const followed = new FollowedFile('app.csv', file, file.state())
  const chunks = followed.chunks({
    files: { status: async () => (await named()).state(), open: named },
    clock,
    turns: newTurns(),
    ended: ended.signal,
  })
  const outcome = (async () => {
    for await (const chunk of chunks) read.push(Buffer.from(chunk))
    return 'ended'
  })().catch((error: unknown) => error)
  /** Runs the reader until it waits for time to pass. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    await new Promise(resolve => setImmediate(resolve))
  }
  return {
    state,
    outcome,
    isReplaced: () => followed.isReplaced,
    checkRead: () => followed.checkRead(),
    text: () => Buffer.concat(read).toString(),
    bytes: () => Buffer.concat(read),
    stop: () => ended.abort(),
    async pass(ms = lookEveryMs) {
      await settle()
      clock.advance(ms)
      await settle()
    },
  }
}

t.test('appended bytes come in chunks of any size, and no byte comes twice', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 400 }), async (pieces, readBytes) => {
      const file = fileOf(readBytes)
      const following = follow(file)
      for (const piece of pieces) {
        file.bytes = Buffer.concat([file.bytes, piece])
        await following.pass()
      }
      await following.pass()
      assert.ok(following.bytes().equals(file.bytes))
      following.stop()
      assert.equal(((await following.outcome) as InputError).code, 'DDB_INTERRUPTED')
    }),
    { numRuns: runs(30) },
  )
})

t.test('a file without a name ends after a while without new bytes', async t => {
  const file = fileOf()
  file.bytes = Buffer.from('a')
  const following = follow(file)
  await following.pass(quietMs)
  following.state.named = undefined
  // However long it was quiet under its name.
  await following.pass()
  await following.pass(quietMs - 2 * lookEveryMs)
  file.bytes = Buffer.from('ab')
  await following.pass()
  await following.pass(quietMs - 1)
  file.bytes = Buffer.from('abc')
  await following.pass()
  await following.pass(quietMs - 1)
  t.equal(following.text(), 'abc', 'late bytes are read')
  await following.pass(lookEveryMs)
  t.equal(await following.outcome, 'ended')
  t.ok(following.isReplaced())
})

t.test('a name leads to the file as long as inode or content say so', async t => {
  for (const [inode, other, isReplaced] of [
    [2n, fileOf(), false],
    [2n, fileOf(Infinity, 3n), true],
    [0n, fileOf(Infinity, 0n), true],
    [0n, undefined, true],
  ] as const) {
    const file = fileOf(Infinity, inode)
    file.bytes = Buffer.from('some rows')
    if (other !== undefined) other.bytes = Buffer.from('other rows')
    const following = follow(file)
    await following.pass()
    t.notOk(following.isReplaced())
    following.state.named = other
    await following.pass()
    await following.pass()
    t.equal(following.isReplaced(), isReplaced)
  }
})

const isShorter = {
  code: 'DDB_INPUT_TRUNCATED',
  position: { file: 'app.csv', offsetBytes: 4 },
  message: /copytruncate/,
}
const isRewritten = { code: 'DDB_INPUT_TRUNCATED', message: /was overwritten/ }
const alike = 'the same line again and again\n'.repeat(2 * keptBytes)

t.test('a file that was truncated ends the run, whatever was written to it since', async t => {
  for (const [before, after, failure] of [
    ['some rows\n', 'some', isShorter],
    ['some rows\n', 'others, and more of them\n', isRewritten],
    ['some rows\n', 'more rows\n', isRewritten],
    [`first\n${alike}`, `other\n${alike}${alike}`, isRewritten],
    [`${alike}last!\n`, `${alike}other\n${alike}`, isRewritten],
  ] as const) {
    const file = fileOf()
    file.bytes = Buffer.from(before)
    const following = follow(file)
    await following.pass()
    file.rewrite(after)
    await following.pass()
    t.match(await following.outcome, failure)
    t.equal(following.text(), before)
  }
})

t.test('the bytes that were read are checked once more when reading ends', async t => {
  for (const [text, failure] of [
    ['some rows\nand more', undefined],
    ['more rows\n', isRewritten],
    ['some', { code: 'DDB_INPUT_TRUNCATED', message: /cut short/ }],
  ] as const) {
    const file = fileOf()
    file.bytes = Buffer.from('some rows\n')
    const following = follow(file)
    await following.pass()
    file.rewrite(text)
    following.stop()
    t.match(await following.outcome, { code: 'DDB_INTERRUPTED' })
    if (failure === undefined) await following.checkRead()
    else await t.rejects(following.checkRead(), failure)
  }
  const gone = fileOf()
  const following = follow(gone)
  following.stop()
  await following.outcome
  gone.status = () => Promise.reject(new Error('ESTALE'))
  await t.rejects(following.checkRead(), { code: 'DDB_INPUT_READ', message: /ESTALE/ })
})

t.test('files, patterns and folders give existing files, and name missing ones', async t => {
  const dir = t.testdir({
    'a.csv': 'a',
    logs: { 'b.csv': 'b', 'b.csv.gz': 'z', 'notes.txt': 'n', deep: { 'c.ndjson': '{}' } },
    'app.1': '',
    'app.2.gz': '',
    empty: {},
  })
  const inputs = ['app*', 'logs', 'a.csv', 'later.csv', 'none*', 'empty'].map(name =>
    join(dir, name),
  )
  const { files, missing, passedOver } = await presentFiles(inputs)
  t.same(
    files.map(({ path }) => path),
    ['app.1', 'logs/b.csv', 'logs/deep/c.ndjson', 'a.csv'].map(name => join(dir, name)),
    'compressed files are skipped',
  )
  t.match(passedOver, { files: 3, byKind: { '.gz': 2, '.txt': 1 } })
  t.same(
    missing,
    ['later.csv', 'none*', 'empty'].map(name => join(dir, name)),
  )
  writeFileSync(join(dir, 'later.csv'), 'x')
  t.match(await presentFiles([join(dir, 'later.csv')]), {
    files: [{ status: { isFile: true, sizeBytes: 1 } }],
    missing: [],
  })
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
    const found = await presentFor([input], files, { extensions: dataExtensions })
    t.same(
      found.files.map(({ path }) => path),
      ['a/x.csv', 'z/x.csv'].map(name => join(dir, name)),
    )
    t.same(found.unread, [locked])
  }
})

t.test('a named file that cannot be followed is refused', async t => {
  const dir = t.testdir({ 'a.csv.gz': 'z' })
  await t.rejects(presentFiles([join(dir, 'a.csv.gz')]), {
    code: 'DDB_USAGE',
    message: /is compressed/,
  })
  await t.rejects(presentFiles(['/dev/null']), { message: /not an ordinary file/ })
  mkdirSync(join(dir, 'folder.csv'))
  t.match(await presentFiles([join(dir, 'folder*')]), {
    files: [],
    missing: [/folder/],
  })
})

t.test(
  'a file is followed by its first name, and patterns select the files of a folder',
  async t => {
    const dir = t.testdir({ 'a.csv': 'a', 'b.log': 'b', 'c.log.gz': 'z' })
    linkSync(join(dir, 'b.log'), join(dir, 'd.log'))
    const inputs = [join(dir, 'a.csv'), `${dir}/./a.csv`, dir]
    const { files, sameFiles, passedOver } = await presentFiles(inputs, ['*.log*'])
    t.same(
      files.map(({ path }) => path),
      ['a.csv', 'b.log'].map(name => join(dir, name)),
    )
    t.equal(sameFiles.count, 2)
    t.match(passedOver, { files: 2, byKind: { '.csv': 1, '.gz': 1 } })
  },
)

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
