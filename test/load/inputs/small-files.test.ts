/* Small files are read whole, unless reading takes long; one that looks like the previous file is not examined. All other files are opened
   when their turn comes. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { type FoundInput, InputOpener, openRecords } from '../../../src/load/inputs/open-input.js'
import type { LoadOptions } from '../../../src/load/options.js'
import type { FileStatus } from '../../../src/platform/platform.js'
import { systemFiles, systemPlatform } from '../../../src/platform/system-files.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { openSource } from '../../../src/source/open-source.js'
import { testRun } from '../../helpers/load-run.js'

const text = 'id,x\n1,a\n'

/**
 * Opens files of a run that has read a first file.
 * @param sizes  of the files when the run began; default: their present sizes
 */
async function place(
  t: Test,
  files: readonly (readonly [name: string, content: string | Uint8Array | undefined])[],
  input: LoadOptions['input'] = {},
  sizes: readonly number[] = files.map(([, content = '']) => content.length),
) {
  const dir = t.testdir({ 'first.csv': input.compression === 'gzip' ? gzipSync(text) : text })
  for (const [name, content] of files) if (content) writeFileSync(`${dir}/${name}`, content)
  const paths = ['first.csv', ...files.map(([name]) => name)].map(name => `${dir}/${name}`)
  const statusOf = undefined as (() => FileStatus) | undefined
  const here = { paths, nowMs: 0, readMs: 0, turns: 0, calls: { whole: 0, opened: 0 }, statusOf }
  const clock = {
    ...systemPlatform.clock,
    nowMs: () => here.nowMs,
    nextTurn: (callback: () => void) => void (setImmediate(callback), here.turns++),
  }
  const counted: typeof systemFiles = {
    ...systemFiles,
    readNow(path, buffer, fromBytes, found) {
      here.calls.whole++
      here.nowMs += here.readMs
      const tell = (status: FileStatus): void => found?.(here.statusOf?.() ?? status)
      return systemFiles.readNow(path, buffer, fromBytes, tell)
    },
    open(path) {
      here.calls.opened++
      return systemFiles.open(path)
    },
  }
  const run = testRun({ input }, { files: counted, clock })
  const opener = new InputOpener(run, { names: paths, paths, sizes: [text.length, ...sizes] })
  t.teardown(() => opener.close())
  const open = async (index: number): Promise<FoundInput> => {
    const found = await opener.open(index)
    t.teardown(() => found.source.close())
    return found
  }
  const { source } = await open(0)
  const target = { ...schemaFromTypes('id:INT,x:STRING'), keyed: false }
  const reading = { options: { ...run.options, input: {} }, target }
  await openRecords(reading, source, { lastLook: opener.look })
  await source.close()
  here.calls = { whole: 0, opened: 0 }
  return Object.assign(here, { open })
}

async function textOf({ source }: Pick<FoundInput, 'source'>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source.chunks()) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

t.test('a source is the same, however its file was opened', async t => {
  const contents = [text, '{"id":1}\n', text]
  const { open, paths, calls } = await place(t, [
    ['b.csv', contents[0]],
    ['c.ndjson', contents[1]],
    ['d.csv.gz', gzipSync(text)],
  ])
  for (const [i, content] of contents.entries()) {
    const usual = await openSource(paths[i + 1]!, { files: systemFiles })
    t.equal(await textOf({ source: usual }), content)
    const found = await open(i + 1)
    t.equal(await textOf(found), found.reader ? '' : content, 'a reader has the text already')
    const { name, compression, text: how, totalBytes, startOffsetBytes } = usual
    const { bytesRead, contentBytesRead } = usual
    t.match(found.source, { name, compression, text: how, totalBytes, startOffsetBytes })
    t.match(found.source, { bytesRead, contentBytesRead })
    await usual.close()
  }
  t.same(calls, { whole: 3, opened: 0 })
})

t.test('of gzip, only a whole file with nothing after it is read at once', async t => {
  const [first, second] = text.split(/(?<=\n)/)
  const packed = gzipSync(text)
  for (const [name, stored, isAtOnce] of [
    ['two.gz', Buffer.concat([gzipSync(first!), gzipSync(second!)]), true],
    ['padded.gz', Buffer.concat([packed, Buffer.alloc(3)]), false],
    ['more.gz', Buffer.concat([packed, Buffer.from('x')]), false],
    ['cut.gz', packed.subarray(0, -1), false],
    ['twice.gz', gzipSync(packed), undefined],
    ['large.gz', gzipSync(text + '1,a\n'.repeat(300_000)), false],
  ] as const) {
    const { open } = await place(t, [[name, stored]])
    if (isAtOnce === undefined) await t.rejects(open(1), { code: 'DDB_INPUT_FORMAT' })
    else t.equal((await open(1)).reader !== undefined, isAtOnce, name)
  }
  const { open } = await place(t, [['given.gz', packed]], { compression: 'none' })
  await t.rejects(open(1), { code: 'DDB_INPUT_ENCODING' })
})

const [same, examined, opened, changed] = [
  [true, { whole: 1, opened: 0 }],
  [false, { whole: 1, opened: 0 }],
  [false, { whole: 0, opened: 1 }],
  [false, { whole: 1, opened: 1 }],
] as const

t.test('another file is examined, and one that has changed or is large is opened', async t => {
  for (const [name, content, [isAlike, calls], size, input] of [
    ['same.csv', text, same, undefined, {}],
    ['same.tsv', text, same, undefined, { format: 'csv' }],
    ['grown.csv', text, changed, text.length - 1, {}],
    ['other.csv', '"id",x\n1,a\n', examined, undefined, {}],
    ['tabs.tsv', text, examined, undefined, {}],
    ['named.csv.br', text, examined, undefined, {}],
    ['large.csv', text.repeat(20_000), opened, undefined, {}],
    ['chinese.csv', text, examined, undefined, { encoding: 'gb18030' }],
  ] as const) {
    const here = await place(t, [[name, content]], input, size === undefined ? undefined : [size])
    t.equal((await here.open(1)).reader !== undefined, isAlike, name)
    t.same(here.calls, calls, name)
  }
  for (const [name, content, size, input, code] of [
    ['cut.csv', text, text.length + 1, {}, 'DDB_INPUT_TRUNCATED'],
    ['gone.csv', undefined, text.length, {}, 'DDB_INPUT_MISSING'],
    ['plain.csv', text, text.length, { compression: 'gzip' }, 'DDB_INPUT_READ'],
  ] as const) {
    const here = await place(t, [[name, content]], input, [size])
    await t.rejects(here.open(1), { code })
  }
})

t.test('a file that got the name of a later one is not read twice', async t => {
  for (const isLarger of [false, true]) {
    const here = await place(t, [
      ['b.csv', text],
      ['c.csv', text],
    ])
    await here.open(1)
    if (isLarger) appendFileSync(here.paths[1]!, '2,b\n')
    renameSync(here.paths[1]!, here.paths[2]!)
    const message = /c\.csv" is the file that was read as .*b\.csv": files were renamed/
    await t.rejects(here.open(2), { code: 'DDB_INPUT_READ', message })
  }
})

t.test('a new file that has the inode of a removed one is another file', async t => {
  const status = { device: 1n, inode: 2n, isFile: true, isFolder: false, sizeBytes: text.length }
  for (const born of [
    [1, 2],
    [1, 1],
    [0, 0],
  ]) {
    const here = await place(t, [
      ['b.csv', text],
      ['c.csv', text],
    ])
    let bornMs = 0
    here.statusOf = () => ({ ...status, bornMs })
    bornMs = born[0]!
    await here.open(1)
    bornMs = born[1]!
    if (born[0] !== born[1]) t.ok(await here.open(2))
    else await t.rejects(here.open(2), { code: 'DDB_INPUT_READ' })
  }
})

t.test('while reading takes long, the next files are opened at the same time', async t => {
  const files = Array.from({ length: 300 }, (_, i) => [`${i}.csv`, text] as const)
  const here = await place(t, files)
  here.readMs = 5
  let index = 1
  while (index <= 15) await here.open(index++)
  t.match(here, { turns: 0, calls: { whole: 15, opened: 0 } })
  here.readMs = 0
  await here.open(index++)
  t.match(here, { turns: 1, calls: { whole: 15, opened: 17 } }, 'its own file and 16 more')
  while (here.calls.whole === 15) await here.open(index++)
  t.equal(index, 1 + 15 + 257 + 1, 'then whole files are read again')
})
