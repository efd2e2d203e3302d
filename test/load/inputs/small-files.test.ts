/*
  A small file with the settings of the previous file is opened quickly, unless reading takes long. All other files are
  opened in the usual way.
*/
import t from 'tap'
import { openReader } from '../../../src/parse/formats.js'
import { newSmallFiles, type SmallFiles } from '../../../src/load/inputs/open-input.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { openSource } from '../../../src/source/open-source.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { memorySource } from '../../parse/reading.js'

const header = 'id,x\n'
const text = `${header}1,a\n`

interface Place {
  readonly files: Map<string, string>
  readonly quick: SmallFiles
  /** Whether the loader opens a file quickly. */
  readonly opens: (path: string, sizeBytes?: number) => Promise<boolean>
  readMs: number
  turns: number
}

/** Files in memory. The loader has already read the first file. */
async function place(input: LoadOptions['input'] = {}): Promise<Place> {
  const files = new Map<string, string>()
  let nowMs = 0
  const here = { files, readMs: 0, turns: 0 }
  const clock = {
    nowMs: () => nowMs,
    nextTurn: (callback: () => void) => {
      here.turns++
      setImmediate(callback)
    },
  }
  const readNow = (path: string, buffer: Uint8Array): number => {
    nowMs += here.readMs
    const bytes = Buffer.from(files.get(path) ?? '')
    if (!files.has(path)) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    return bytes.copy(buffer)
  }
  const quick = newSmallFiles({ files: { readNow }, clock }, { input })
  const target = { schema: schemaFromTypes('id:INT,x:STRING'), mapping: {}, cells: {} }
  await openReader(memorySource(text), { target, lastLook: quick.look })
  const opens: Place['opens'] = async (path, sizeBytes = files.get(path)?.length ?? 0) => {
    await quick.pause()
    return quick.open(path, path, sizeBytes) !== undefined
  }
  return Object.assign(here, { quick, opens })
}

t.test('a file opened quickly and one opened normally have the same details', async t => {
  const { files, quick } = await place()
  const dir = t.testdir({ 'b.csv': text })
  const path = `${dir}/b.csv`
  files.set(path, text)
  const { source } = quick.open(path, path, text.length)!
  const usual = await openSource(path, { files: systemFiles })
  for await (const chunk of usual.chunks()) t.equal(String(chunk), text)
  for await (const chunk of source.chunks()) t.fail(String(chunk))
  const { name, compression, text: how, totalBytes, startOffsetBytes } = usual
  const { bytesRead, contentBytesRead } = usual
  t.match(source, { name, path, compression, text: how, totalBytes, startOffsetBytes })
  t.match(source, { bytesRead, contentBytesRead })
  await Promise.all([usual.close(), source.close()])
})

t.test(
  'a file that was replaced, is large, compressed or missing is not opened quickly',
  async t => {
    for (const [path, content, sizeBytes] of [
      ['grown.csv', text, text.length - 1],
      ['cut.csv', text, text.length + 1],
      ['gone.csv', undefined, text.length],
      ['empty.csv', '', 0],
      ['other.csv', '"id",x\n1,a\n', undefined],
      ['tabs.tsv', text, undefined],
      ['named.csv.br', text, undefined],
      ['large.csv', header + '1,a\n'.repeat(20_000), undefined],
    ] as const) {
      const { files, opens } = await place()
      if (content !== undefined) files.set(path, content)
      t.equal(await opens(path, sizeBytes), false, path)
    }
    for (const input of [{ encoding: 'gb18030' }, { compression: 'gzip' }] as const) {
      const { files, quick, opens } = await place(input)
      files.set('b.csv', text)
      t.equal(quick.isLikely, false)
      t.equal(await opens('b.csv'), false, JSON.stringify(input))
    }
    const { files, opens } = await place({ format: 'csv' })
    files.set('b.tsv', text)
    t.equal(await opens('b.tsv'), true, 'the format was given as the same')
  },
)

t.test('if reading takes long, other files are opened in the meantime', async t => {
  const here = await place()
  here.files.set('b.csv', text)
  here.readMs = 5
  for (let file = 0; file < 15; file++) t.equal(await here.opens('b.csv'), true)
  t.equal(here.turns, 0)
  t.equal(await here.opens('b.csv'), false)
  t.equal(here.turns, 1, 'and connections get some time')
  t.equal(here.quick.isLikely, false)
  let usual = 1
  here.readMs = 0
  while (!(await here.opens('b.csv'))) usual++
  t.equal(usual, 256)
})
