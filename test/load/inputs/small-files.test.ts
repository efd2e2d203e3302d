/*
  Small files are read whole, unless reading takes long; one that looks like the previous file is not examined. All other files are opened
  when their turn comes.
*/
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { openRecords } from '../../../src/load/inputs/input-options.js'
import { InputOpener, type FoundInput } from '../../../src/load/inputs/open-input.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { openSource } from '../../../src/source/open-source.js'
import { testRun } from '../../helpers/load-run.js'

const text = 'id,x\n1,a\n'

interface Place {
  readonly paths: readonly string[]
  readonly open: (index: number) => Promise<FoundInput>
  /** How many files were read whole, and how many were opened. */
  readonly calls: { whole: number; opened: number }
  readMs: number
  turns: number
}

/**
 * Files that a run is about to load. The run has read the first, which is not among them.
 * @param sizeBytes  of each file when the run began; default: its present size
 */
async function place(
  t: Test,
  files: readonly (readonly [name: string, content: string | undefined])[],
  input: LoadOptions['input'] = {},
  sizeBytes?: number,
): Promise<Place> {
  const dir = t.testdir()
  const all = [['first.csv', text] as const, ...files]
  for (const [name, content] of all) if (content) writeFileSync(`${dir}/${name}`, content)
  if (input?.compression === 'gzip') writeFileSync(`${dir}/first.csv`, gzipSync(text))
  const paths = all.map(([name]) => `${dir}/${name}`)
  const sizes = all.map(([, content = ''], i) => (i > 0 && sizeBytes) || content.length)
  const here = { paths, readMs: 0, turns: 0, calls: { whole: 0, opened: 0 } }
  let nowMs = 0
  const clock = {
    ...systemPlatform.clock,
    nowMs: () => nowMs,
    nextTurn(callback: () => void) {
      here.turns++
      setImmediate(callback)
    },
  }
  const counted: typeof systemFiles = {
    ...systemFiles,
    readNow(...asked) {
      here.calls.whole++
      nowMs += here.readMs
      return systemFiles.readNow(...asked)
    },
    open(path) {
      here.calls.opened++
      return systemFiles.open(path)
    },
  }
  const run = testRun({ input }, { files: counted, clock })
  const opener = new InputOpener(run, { names: paths, paths, sizes })
  t.teardown(() => opener.close())
  const open = async (index: number): Promise<FoundInput> => {
    const found = await opener.open(index)
    t.teardown(() => found.source.close())
    return found
  }
  const { source } = await open(0)
  const schema = schemaFromTypes('id:INT,x:STRING')
  await openRecords(source, { ...run.options, input: {} }, schema, { lastLook: opener.look })
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
  const { open, paths, calls } = await place(t, [
    ['b.csv', text],
    ['c.ndjson', '{"id":1}\n'],
  ])
  for (const index of [1, 2]) {
    const path = paths[index]!
    const content = readFileSync(path, 'utf8')
    const usual = await openSource(path, { files: systemFiles })
    t.equal(await textOf({ source: usual }), content)
    const found = await open(index)
    t.equal(await textOf(found), index === 1 ? '' : content, 'the reader of a table has it')
    const { name, compression, text: how, totalBytes, startOffsetBytes } = usual
    const { bytesRead, contentBytesRead } = usual
    t.match(found.source, { name, path, compression, text: how, totalBytes, startOffsetBytes })
    t.match(found.source, { bytesRead, contentBytesRead })
    await usual.close()
  }
  t.same(calls, { whole: 2, opened: 0 })
})

const [same, examined, opened, changed] = [
  [true, { whole: 1, opened: 0 }],
  [false, { whole: 1, opened: 0 }],
  [false, { whole: 0, opened: 1 }],
  [false, { whole: 1, opened: 1 }],
] as const

t.test('another file is examined, and one that has changed or is large is opened', async t => {
  for (const [name, content, [isAlike, calls], sizeBytes, input] of [
    ['same.csv', text, same, undefined, {}],
    ['same.tsv', text, same, undefined, { format: 'csv' }],
    ['grown.csv', text, changed, text.length - 1, {}],
    ['other.csv', '"id",x\n1,a\n', examined, undefined, {}],
    ['tabs.tsv', text, examined, undefined, {}],
    ['named.csv.br', text, examined, undefined, {}],
    ['large.csv', text.repeat(20_000), opened, undefined, {}],
    ['chinese.csv', text, examined, undefined, { encoding: 'gb18030' }],
  ] as const) {
    const here = await place(t, [[name, content]], input, sizeBytes)
    t.equal((await here.open(1)).reader !== undefined, isAlike, name)
    t.same(here.calls, calls, name)
  }
  const cut = await place(t, [['cut.csv', text]], {}, text.length + 1)
  await t.rejects(cut.open(1), { code: 'DDB_INPUT_TRUNCATED' })
  const plain = await place(t, [['plain.csv', text]], { compression: 'gzip' }, text.length)
  await t.rejects(plain.open(1), { code: 'DDB_INPUT_READ' })
  const gone = await place(t, [['gone.csv', undefined]], {}, text.length)
  await t.rejects(gone.open(1), { code: 'DDB_INPUT_MISSING' })
})

t.test('while reading takes long, the next files are opened at the same time', async t => {
  const here = await place(
    t,
    Array.from({ length: 300 }, (_, i) => [`${i}.csv`, text]),
  )
  here.readMs = 5
  let index = 1
  while (index <= 15) await here.open(index++)
  t.equal(here.turns, 0)
  t.same(here.calls, { whole: 15, opened: 0 })
  here.readMs = 0
  await here.open(index++)
  t.equal(here.turns, 1, 'and connections get some time')
  t.same(here.calls, { whole: 15, opened: 17 }, 'its own file and 16 more')
  while (here.calls.whole === 15) await here.open(index++)
  t.equal(index, 1 + 15 + 257 + 1, 'then whole files are read again')
})
