/*
  Where bytes come from.
*/
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { formats } from '../../src/parse/formats.js'
import type { Files, FileStatus, InputFile } from '../../src/platform/platform.js'
import { systemFiles } from '../../src/platform/system-files.js'
import type { ByteSource } from '../../src/source/byte-source.js'
import { CountedChunks } from '../../src/source/counted-chunks.js'
import { dataFiles, newPassedOver, passedOverNotice } from '../../src/source/data-files.js'
import { expandSources } from '../../src/source/expand-sources.js'
import { chunkBytes, fileChunks, type Jump } from '../../src/source/file-chunks.js'
import { refuseForeignFormat } from '../../src/source/foreign-format.js'
import { fileBytes, openSource } from '../../src/source/open-source.js'
import { newSameFiles, sameFilesNotice } from '../../src/source/same-files.js'
import { table, tableContent } from './compression/zstd.js'
import { pieces } from './encoding/decoding.js'

// Files, pipes and gzip as chunks of text.

async function contentOf(source: ByteSource): Promise<Buffer> {
  const parts: Buffer[] = []
  try {
    // A chunk is only lent until the next one is asked for.
    for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk))
  } finally {
    await source.close()
  }
  return Buffer.concat(parts)
}

const folder = t.testdir()
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Content of three chunks and a bit, no two parts of it alike. */
const long = Buffer.from(Array.from({ length: 250_000 }, (_, i) => `line ${i}\n`).join(''))

t.test('a file comes whole, and its bytes are counted', async t => {
  const source = await openSource(file('long.csv', long))
  t.equal(source.totalBytes, long.length)
  t.equal(source.compression, 'none')
  t.equal(source.startOffsetBytes, 0)
  t.ok((await contentOf(source)).equals(long))
  t.equal(source.bytesRead, long.length)
})

t.test('gzip is known by its first bytes, and counted compressed', async t => {
  const packed = gzipSync(long)
  const source = await openSource(file('long.csv.gz', packed))
  t.equal(source.compression, 'gzip')
  t.equal(source.totalBytes, packed.length)
  t.ok((await contentOf(source)).equals(long))
  t.equal(source.bytesRead, packed.length)
  const twice = await openSource(file('twice', Buffer.concat([packed, packed])))
  t.ok((await contentOf(twice)).equals(Buffer.concat([long, long])), 'members follow each other')
})

t.test('compression can be named', async t => {
  const packed = gzipSync('a,b\n')
  const path = file('named', packed)
  t.equal(String(await contentOf(await openSource(path, { compression: 'gzip' }))), 'a,b\n')
  t.ok(
    (await contentOf(await openSource(path, { compression: 'none', encoding: 'utf-8' }))).equals(
      packed,
    ),
  )
  const plain = openSource(file('plain', 'a,b\n'), { compression: 'gzip' }).then(contentOf)
  await t.rejects(plain, { code: 'DDB_INPUT_READ' })
})

t.test('gzip that is cut off or broken is an error that names the file', async t => {
  const packed = gzipSync(long)
  const cut = await openSource(file('cut.gz', packed.subarray(0, packed.length - 10)))
  await t.rejects(contentOf(cut), { code: 'DDB_INPUT_READ', message: /cut\.gz/ })
  const broken = Buffer.from(packed)
  broken.fill(0xaa, 1000, 1100)
  const reading = openSource(file('broken.gz', broken)).then(contentOf)
  await t.rejects(reading, { code: 'DDB_INPUT_READ', message: /broken\.gz/ })
})

t.test('a byte order mark is left out and counts as an offset', async t => {
  for (const content of ['\ufeffa,b\n', '\ufeff']) {
    const source = await openSource(file('mark.csv', content))
    t.equal(source.startOffsetBytes, 3)
    t.equal(String(source.head), content.slice(1, 5))
    t.equal(String(await contentOf(source)), content.slice(1))
  }
  const packed = await openSource(file('mark.gz', gzipSync('\ufeffa')))
  t.equal(packed.startOffsetBytes, 3)
  t.equal(String(await contentOf(packed)), 'a')
})

t.test('the encoding is found, or has to be named', async t => {
  const little = Buffer.from('\ufeffé,b\n', 'utf16le')
  for (const [bytes, encoding] of [
    [little, 'utf-16le'],
    [Buffer.from(little).swap16(), 'utf-16be'],
  ] as const) {
    const found = await openSource(file('utf16.csv', bytes))
    t.match(found.text, { encoding, how: 'found' })
    t.equal(found.startOffsetBytes, 2)
    t.equal(Buffer.from(found.head).toString(), 'é,b\n')
    t.equal(String(await contentOf(found)), 'é,b\n')
    t.equal(found.contentBytesRead, bytes.length)
    const named = await openSource(file('named.csv', bytes.subarray(2)), { encoding })
    t.match(named.text, { encoding, how: 'given' })
    t.equal(String(await contentOf(named)), 'é,b\n')
    await t.rejects(openSource(file('no-mark.csv', bytes.subarray(2))), {
      code: 'DDB_INPUT_ENCODING',
      message: new RegExp(`${encoding} .*input\\.encoding`),
    })
  }
  const packed = await openSource(file('x.gz', gzipSync(Buffer.from('d6d0b9fa', 'hex'))), {
    encoding: 'gb18030',
  })
  t.equal(String(await contentOf(packed)), '中国')
})

t.test('Brotli by its name, zstd by its first bytes, and archives are refused', async t => {
  const brotli = brotliCompressSync('a,b\n')
  t.equal(String(await contentOf(await openSource(file('x.csv.br', brotli)))), 'a,b\n')
  const options = { compression: 'brotli' } as const
  t.equal(String(await contentOf(await openSource(file('y', brotli), options))), 'a,b\n')
  const packed = await openSource('-', { stdin: Readable.from([table]) })
  t.equal(packed.compression, 'zstd')
  t.equal(String(await contentOf(packed)), tableContent)
  for (const bytes of [
    Buffer.from('504b0304140000000800', 'hex'),
    gzipSync(Buffer.from('PK\x03\x04')),
  ]) {
    await t.rejects(openSource(file('z', bytes)), { code: 'DDB_INPUT_FORMAT' })
    await t.rejects(openSource('-', { stdin: Readable.from([bytes]) }), {
      code: 'DDB_INPUT_FORMAT',
    })
  }
})

t.test('what is compressed twice is said to be', async t => {
  const text = Buffer.from('a,b\n1,2\n')
  const once = gzipSync(text)
  for (const twice of [gzipSync(once), gzipSync(table)]) {
    await t.rejects(openSource(file('twice.csv.gz', twice)), {
      code: 'DDB_INPUT_FORMAT',
      message: /compressed twice, with (?:gzip|zstd) inside of gzip/,
    })
  }
})

t.test('what is not there or no file is said so', async t => {
  await t.rejects(openSource(join(folder, 'nowhere.csv')), {
    code: 'DDB_INPUT_MISSING',
    message: /there is no file/,
    exitCode: 66,
  })
  await t.rejects(fileBytes(join(folder, 'nowhere.csv'), systemFiles), {
    code: 'DDB_INPUT_MISSING',
    message: /there is no file/,
  })
  await t.rejects(openSource(folder), { code: 'DDB_INPUT_MISSING', message: /folder/ })
  await t.rejects(openSource('-'), { code: 'DDB_INPUT_MISSING' })
})

t.test('an empty file has no chunks', async t => {
  const source = await openSource(file('empty.csv', ''))
  t.equal(source.head.length, 0)
  t.equal((await contentOf(source)).length, 0)
})

t.test('standard input is whatever stream it is given as', async t => {
  const source = await openSource('-', {
    stdin: Readable.from([Buffer.from('a'), Buffer.from(',b\n1,'), Buffer.from('2\n')]),
  })
  t.equal(source.name, '<stdin>')
  t.equal(source.path, undefined)
  t.equal(source.totalBytes, undefined)
  t.equal(String(source.head).slice(0, 4), 'a,b\n')
  t.equal(String(await contentOf(source)), 'a,b\n1,2\n')
  t.equal(source.bytesRead, 8)
  const packed = await openSource('-', { stdin: Readable.from([gzipSync('x\n')]) })
  t.equal(String(await contentOf(packed)), 'x\n')
})

t.test('a stream that fails is an error that names the input', async t => {
  const failing = new Readable({
    read() {
      this.push('a,b\n')
      this.destroy(new Error('gone'))
    },
  })
  const reading = openSource('-', { stdin: failing }).then(contentOf)
  await t.rejects(reading, { code: 'DDB_INPUT_READ', message: /<stdin>.*gone/ })
})

t.test('a source can be given up half way', async t => {
  for (const path of [file('half.csv', long), file('half.gz', gzipSync(long))]) {
    const source = await openSource(path)
    for await (const chunk of source.chunks()) {
      t.ok(chunk.length > 0)
      break
    }
    await source.close()
  }
})

t.test('a file that grows while it is read is read to its new end', async t => {
  const path = file('growing.csv', long)
  const source = await openSource(path)
  const chunks = source.chunks()
  await chunks.next()
  appendFileSync(path, 'more\n')
  let bytes = 0
  for await (const chunk of chunks) bytes += chunk.length
  t.ok(bytes > 0)
  t.equal(source.bytesRead, long.length + 5)
  await source.close()
})

/** What comes before the error, and the error. */
async function contentAndError(
  source: ByteSource,
): Promise<{ content: Buffer; error: Record<string, unknown> }> {
  const parts: Buffer[] = []
  try {
    for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk))
  } catch (error) {
    return { content: Buffer.concat(parts), error: error as Record<string, unknown> }
  } finally {
    await source.close()
  }
  return { content: Buffer.concat(parts), error: {} }
}

t.test('a file that is cut short while it is read is an error with both sizes', async t => {
  for (const keptBytes of [0, 200_001, chunkBytes, 2 * chunkBytes + 1]) {
    const path = file('cut.csv', long)
    const source = await openSource(path)
    truncateSync(path, keptBytes)
    const { content, error } = await contentAndError(source)
    t.match(error, {
      code: 'DDB_INPUT_TRUNCATED',
      exitCode: 65,
      message: `it had ${long.length} bytes and ends after ${keptBytes}.`,
      position: { file: path, offsetBytes: keptBytes },
    })
    t.ok(content.equals(long.subarray(0, content.length)), 'what was read before is given out')
    t.ok(content.length >= keptBytes, `${content.length} of ${keptBytes} bytes`)
  }
})

t.test('gzip that was cut off before it was opened gives out what can be decompressed', async t => {
  const packed = gzipSync(long)
  const { content, error } = await contentAndError(
    await openSource(file('cut.gz', packed.subarray(0, packed.length - 10))),
  )
  t.match(error, { code: 'DDB_INPUT_READ', message: /end in the middle/ })
  t.ok(content.equals(long.subarray(0, content.length)))
  t.ok(content.length > long.length - 1000, `${content.length} of ${long.length} bytes`)
})

t.test('zeros behind gzip are padding, anything behind them is not passed over', async t => {
  const packed = gzipSync(long)
  const zeros = Buffer.alloc(3 * chunkBytes)
  const padded = await contentAndError(
    await openSource(file('a.gz', Buffer.concat([packed, zeros]))),
  )
  t.same(padded.error, {})
  t.ok(padded.content.equals(long))
  for (const padding of [zeros.subarray(0, 10), zeros]) {
    const parts = Buffer.concat([packed, padding, packed])
    const { content, error } = await contentAndError(await openSource(file('b.gz', parts)))
    t.ok(content.equals(long), 'the first member is given out')
    t.match(error, {
      code: 'DDB_INPUT_READ',
      message: `"${join(folder, 'b.gz')}" end after ${packed.length} bytes, and something else`,
    })
  }
})

/** Files of which one changes its size: whenever it is looked at, and whenever it is read. */
function changing(content: Buffer, size: { looked: number[]; read?: number[] }): Files {
  let [sizeBytes = 0] = size.looked
  let position = 0
  const opened: InputFile = {
    status() {
      sizeBytes = size.looked.shift() ?? sizeBytes
      const ids = { device: 0n, inode: 0n, modifiedMs: 0, bornNs: 0n, changedNs: 0n }
      return Promise.resolve({ isFile: true, isFolder: false, sizeBytes, ...ids })
    },
    read(buffer, offset, length) {
      sizeBytes = size.read?.shift() ?? sizeBytes
      const bytesRead = Math.max(0, Math.min(length, sizeBytes - position))
      content.copy(buffer, offset, position, position + bytesRead)
      position += bytesRead
      return Promise.resolve(bytesRead)
    },
    readAt: () => Promise.reject(new Error('nobody goes back')),
    close: () => Promise.resolve(),
  }
  return { ...systemFiles, open: () => Promise.resolve(opened) }
}

t.test('a compressed file that is cut short gives out what can be decompressed', async t => {
  const members = Array.from({ length: 40 }, (_, i) =>
    gzipSync(long.subarray(i * 70_000, (i + 1) * 70_000)),
  )
  const packed = Buffer.concat(members)
  for (const [keptBytes, leastBytes] of [
    [packed.length - 10, 40 * 70_000 - 1000],
    [packed.length - members.at(-1)!.length, 39 * 70_000],
  ] as const) {
    const files = changing(packed, { looked: [packed.length, keptBytes], read: [keptBytes] })
    const source = await openSource('cut.csv.gz', { files })
    const { content, error } = await contentAndError(source)
    t.match(error, {
      code: 'DDB_INPUT_TRUNCATED',
      message: `it had ${packed.length} bytes and ends after ${keptBytes}.`,
    })
    t.ok(content.equals(long.subarray(0, content.length)))
    t.ok(content.length >= leastBytes, `${content.length} of ${leastBytes}`)
    t.equal(source.contentBytesRead, content.length)
  }
})

t.test(
  'a file that goes on growing is read to the size it has when its end is reached',
  async t => {
    const files = changing(long, { looked: [10, 15, 1000, 1000] })
    const { content, error } = await contentAndError(await openSource('x.csv', { files }))
    t.same(error, {})
    t.equal(String(content), String(long.subarray(0, 15)))
  },
)

t.test('a file that grew and was then cut short is an error, too', async t => {
  // Cut before what it grew by was read, and after.
  for (const size of [
    { looked: [10, 20], read: [10, 10, 12] },
    { looked: [10, 12], read: [10, 500, 500] },
  ]) {
    const files = changing(long, size)
    const { error } = await contentAndError(await openSource('x.csv', { files }))
    t.match(error, { code: 'DDB_INPUT_TRUNCATED', message: 'bytes and ends after 12.' })
  }
})

t.test('a file that says it is empty and is not, as in /proc, is read', async t => {
  const files = changing(Buffer.from('a,b\n'), { looked: [0], read: [4] })
  t.equal(String(await contentOf(await openSource('x', { files }))), 'a,b\n')
})

t.test(
  'bytes of the content are counted after decompression, byte order mark included',
  async t => {
    const marked = Buffer.concat([Buffer.from('\ufeff'), long])
    for (const path of [file('c.csv', marked), file('c.gz', gzipSync(marked))]) {
      const source = await openSource(path)
      t.ok((await contentOf(source)).equals(long))
      t.equal(source.contentBytesRead, marked.length)
    }
  },
)

// What the user names as input, as the files it means.

const folderExpandSources = t.testdir({
  'a.csv': '',
  'b.csv': '',
  'b.txt': '',
  '.hidden.csv': '',
  'odd[1].csv': '',
  'day=1': { 't.csv.gz': '', deep: { 't.csv.gz': '', 'x.json': '' } },
  'day=2': { 't.csv.gz': '' },
  empty: { 'readme.md': '' },
})

const expand = async (...inputs: string[]): Promise<string[]> => {
  const { paths } = await expandSources(
    inputs.map(input => (input === '-' ? input : join(folderExpandSources, input))),
  )
  return paths.map(path => path.replace(`${folderExpandSources}/`, ''))
}

t.test('files stay as they are, in the order given', async t => {
  t.strictSame(await expand('b.csv', 'a.csv', '-'), ['b.csv', 'a.csv', '-'])
})

t.test('patterns give sorted files', async t => {
  t.strictSame(await expand('*.csv'), ['a.csv', 'b.csv', 'odd[1].csv'])
  t.strictSame(await expand('?.csv'), ['a.csv', 'b.csv'])
  t.strictSame(await expand('[!a].csv'), ['b.csv'])
  t.strictSame(await expand('b.*'), ['b.csv', 'b.txt'])
  t.strictSame(await expand('.*.csv'), ['.hidden.csv'])
  t.strictSame(await expand('day=*/t.csv.gz'), ['day=1/t.csv.gz', 'day=2/t.csv.gz'])
  t.strictSame(await expand('**/*.gz'), ['day=1/deep/t.csv.gz', 'day=1/t.csv.gz', 'day=2/t.csv.gz'])
  t.strictSame(await expand('day=1/**'), [
    'day=1/deep/t.csv.gz',
    'day=1/deep/x.json',
    'day=1/t.csv.gz',
  ])
})

t.test('a set that runs backwards matches nothing', async t => {
  await t.rejects(expand('[z-a].csv'), { code: 'DDB_INPUT_MISSING' })
})

t.test('a file whose name looks like a pattern is that file', async t => {
  t.strictSame(await expand('odd[1].csv'), ['odd[1].csv'])
})

t.test('a folder stands for the data files in it and below', async t => {
  t.strictSame(await expand('day=1'), [
    'day=1/deep/t.csv.gz',
    'day=1/deep/x.json',
    'day=1/t.csv.gz',
  ])
})

t.test('what gives no file is an error', async t => {
  for (const input of ['nowhere.csv', 'x*.csv', 'empty', 'a.csv/b', 'nowhere/*.csv']) {
    await t.rejects(expand('a.csv', input), { code: 'DDB_INPUT_MISSING', exitCode: 66 }, input)
  }
})

t.test('a file that is reached by several names is one input', async t => {
  const dir = t.testdir({ 'a.csv': 'a', 'b.csv': 'b', sub: { 'c.csv': 'c' } })
  linkSync(join(dir, 'a.csv'), join(dir, 'hard.csv'))
  symlinkSync(join(dir, 'b.csv'), join(dir, 'soft.csv'))
  symlinkSync(join(dir, 'sub'), join(dir, 'way'))
  const { paths, sameFiles } = await expandSources([
    `${dir}/sub/../a.csv`,
    join(dir, '*.csv'),
    join(dir, 'way', 'c.csv'),
    dir,
  ])
  t.strictSame(
    paths.map(path => path.replace(`${dir}/`, '')),
    ['sub/../a.csv', 'b.csv', 'way/c.csv'],
  )
  t.equal(sameFiles.count, 8)
  t.match(sameFiles.first[0], { path: join(dir, 'a.csv'), input: `${dir}/sub/../a.csv` })
})

t.test('where files have no number, names that lead to one path are one input', async t => {
  const dir = t.testdir({ 'a.csv': 'a', 'b.csv': 'b' })
  const status = (path: string) => {
    const found = systemFiles.statusNow(path)
    return found && { ...found, inode: 0n }
  }
  const files = { ...systemFiles, statusNow: status }
  const inputs = [`${dir}/a.csv`, `${dir}/b.csv`, `${dir}/./a.csv`]
  t.strictSame((await expandSources(inputs, { files })).paths, inputs.slice(0, 2))
})

t.test('a pipe that is named twice is read twice, and none is taken from a folder', async t => {
  const dir = t.testdir({ 'a.csv': 'a' })
  execFileSync('mkfifo', [join(dir, 'pipe.csv')])
  const pipe = join(dir, 'pipe.csv')
  t.strictSame((await expandSources([pipe, pipe])).paths, [pipe, pipe])
  const { paths, passedOver } = await expandSources([dir])
  t.strictSame(paths, [join(dir, 'a.csv')])
  t.match(passedOver, { files: 1, byKind: { special: 1 }, first: [pipe] })
})

t.test('what a folder holds besides data is counted', async t => {
  const { passedOver } = await expandSources([folderExpandSources])
  t.match(passedOver, { files: 3, byKind: { '.txt': 1, hidden: 1, '.md': 1 } })
  const { paths } = await expandSources([
    join(folderExpandSources, 'b.txt'),
    join(folderExpandSources, 'a*'),
  ])
  t.equal(paths.length, 2, 'what is named is taken')
})

t.test('patterns say which files of a folder are taken', async t => {
  const include = ['*.txt', 'empty/*']
  const { paths, passedOver } = await expandSources(
    [folderExpandSources, join(folderExpandSources, 'a.csv')],
    { include },
  )
  t.strictSame(
    paths.map(path => path.replace(`${folderExpandSources}/`, '')),
    ['b.txt', 'empty/readme.md', 'a.csv'],
  )
  t.match(passedOver.byKind, { '.csv': 3, '.gz': 3, '.json': 1, hidden: 1 })
  await t.rejects(expandSources([folderExpandSources], { include: ['*.bin'] }), {
    code: 'DDB_INPUT_MISSING',
    message: /holds no file that `input.include` names/,
  })
  await t.rejects(expandSources([join(folderExpandSources, '*.csv')], { include }), {
    code: 'DDB_USAGE',
    message: /no input is a folder/,
  })
})

t.test('standard input is not one of the files that are named', async t => {
  const path = join(folderExpandSources, 'a.csv')
  const stdin = systemFiles.statusNow(path)
  await t.rejects(expandSources(['-', path], { stdin }), { code: 'DDB_USAGE', message: /twice/ })
  t.strictSame(
    (await expandSources(['-', join(folderExpandSources, 'b.csv')], { stdin })).paths.length,
    2,
  )
  t.strictSame((await expandSources([path], { stdin })).paths, [path])
  const tty = systemFiles.statusNow('/dev/null')
  t.strictSame((await expandSources(['-', '/dev/null'], { stdin: tty })).paths.length, 2)
})

t.test('names that are not UTF-8 are files like others', async t => {
  const dir = t.testdir({ 'a.csv': '' })
  writeFileSync(Buffer.from(`${dir}/caf\xe9.csv`, 'latin1'), 'x')
  mkdirSync(Buffer.from(`${dir}/\xff`, 'latin1'))
  writeFileSync(Buffer.from(`${dir}/\xff/b.csv`, 'latin1'), 'xy')
  const expected = ['a.csv', 'caf\udce9.csv', '\udcff/b.csv'].map(name => join(dir, name))
  t.strictSame((await expandSources([dir])).paths, expected)
  t.strictSame((await expandSources([join(dir, '**', '*.csv')])).paths, expected)
  t.strictSame((await expandSources([join(dir, 'caf?.csv')])).paths, [expected[1]])
  t.strictSame((await expandSources([expected[2]!])).paths, [expected[2]])
  t.equal((await systemFiles.status(expected[2]!)).sizeBytes, 2)
})

t.test('a folder that may not be read is told as such', async t => {
  const files = {
    ...systemFiles,
    readFolder: () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' })),
  }
  await t.rejects(expandSources([folderExpandSources], { files }), {
    code: 'DDB_INPUT_MISSING',
    message: /may not be read/,
  })
})

// The read loop of a file, over a file in memory that changes its size while it is read.

interface MemoryFile extends InputFile {
  content: Buffer
  /** Most bytes a read gives. */
  pieceBytes: number
  fails: boolean
}

function memoryFile(content: string | Buffer, pieceBytes = Infinity): MemoryFile {
  let position = 0
  return {
    content: Buffer.from(content),
    pieceBytes,
    fails: false,
    async status() {
      const sizeBytes = this.content.length
      const times = { modifiedMs: 0, bornNs: 0n, changedNs: 0n }
      return { isFile: true, isFolder: false, sizeBytes, device: 0n, inode: 0n, ...times }
    },
    readAt: () => Promise.reject(new Error('nobody goes back')),
    async read(buffer, offset, length) {
      if (this.fails) throw new Error('the disk is gone')
      const end = Math.min(position + Math.min(length, this.pieceBytes), this.content.length)
      const piece = this.content.subarray(position, Math.max(position, end))
      buffer.set(piece, offset)
      position += piece.length
      return piece.length
    },
    close: async () => undefined,
  }
}

/** Chunks copied, as they are only lent; `then` is called behind each. */
async function chunksOf(
  file: InputFile,
  openedBytes: number | undefined,
  then: (chunks: number) => void = () => undefined,
): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for await (const chunk of fileChunks(file, 'x.csv', openedBytes)) {
    chunks.push(Buffer.from(chunk))
    then(chunks.length)
  }
  return chunks
}

t.test('a file comes in chunks of its own size, the last one shorter', async t => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `${i}\n`).join(''))
  const chunks = await chunksOf(memoryFile(content), content.length)
  t.ok(Buffer.concat(chunks).equals(content))
  const sizes = chunks.map(chunk => chunk.length)
  t.ok(sizes.slice(0, -1).every(size => size === chunkBytes))
  t.ok(sizes.length > 2)
})

t.test('reads may give less than they are asked for', async t => {
  const chunks = await chunksOf(memoryFile('abcdefg', 3), 7)
  t.strictSame(chunks.map(String), ['abc', 'def', 'g'])
})

t.test('an empty file, and a pipe that ends at once, have no chunks', async t => {
  t.strictSame(await chunksOf(memoryFile(''), 0), [])
  t.strictSame(await chunksOf(memoryFile(''), undefined), [])
  t.strictSame((await chunksOf(memoryFile('ab', 1), undefined)).map(String), ['a', 'b'])
})

t.test('a file that grew is read to the size it has at its end, and no further', async t => {
  const file = memoryFile('abcd', 2)
  const status = file.status.bind(file)
  let looks = 0
  file.status = async () => {
    looks++
    file.content = Buffer.concat([file.content, Buffer.from('efgh')])
    return status()
  }
  const chunks = await chunksOf(file, 4, () => {
    if (looks > 0) file.content = Buffer.concat([file.content, Buffer.from('more')])
  })
  t.equal(Buffer.concat(chunks).toString(), 'abcdefgh')
  t.equal(looks, 1)
})

t.test('a file that became shorter is told, behind what could be read', async t => {
  const file = memoryFile('abcdefgh', 2)
  const seen: string[] = []
  const reading = async (): Promise<void> => {
    for await (const chunk of fileChunks(file, 'x.csv', 8)) {
      seen.push(String(chunk))
      file.content = file.content.subarray(0, 4)
    }
  }
  await t.rejects(reading(), {
    code: 'DDB_INPUT_TRUNCATED',
    message: /"x.csv" was cut short while it was read: it had 8 bytes and ends after 4/,
    position: { file: 'x.csv', offsetBytes: 4 },
  })
  t.strictSame(seen, ['ab', 'cd'])
})

t.test('a read that fails is told at its turn', async t => {
  const file = memoryFile('abcd', 2)
  const seen: string[] = []
  const reading = async (): Promise<void> => {
    for await (const chunk of fileChunks(file, 'x.csv', 4)) {
      seen.push(String(chunk))
      file.fails = true
    }
  }
  await t.rejects(reading(), { message: 'the disk is gone' })
  t.strictSame(seen, ['ab', 'cd'], 'the second read was under way already')
})

t.test(
  'what stands before a place is not read, and chunks end where they would have ended',
  async t => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `${i}\n`).join(''))
    for (const toBytes of [chunkBytes + 1, 2 * chunkBytes, 3 * chunkBytes + 7, content.length]) {
      const jump: Jump = { toBytes: 0 }
      const chunks: Buffer[] = []
      const file = memoryFile(content)
      file.readAt = async (buffer, offset, length, positionBytes) => {
        t.ok(positionBytes + chunkBytes >= toBytes, `read at ${positionBytes}`)
        return content.copy(buffer, offset, positionBytes, positionBytes + length)
      }
      for await (const chunk of fileChunks(file, 'x.csv', content.length, jump)) {
        chunks.push(Buffer.from(chunk))
        jump.toBytes = toBytes
      }
      t.ok(chunks[0]!.equals(content.subarray(0, chunkBytes)))
      t.ok(Buffer.concat(chunks.slice(1)).equals(content.subarray(toBytes)), `from ${toBytes}`)
      const rest = chunks.slice(1, -1).map(chunk => chunk.length)
      t.ok(rest.slice(1).every(size => size === chunkBytes))
      if (rest.length > 0) t.equal((toBytes + rest[0]!) % chunkBytes, 0)
    }
  },
)

//

const content = Buffer.from('abcdefghij')

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += Buffer.from(chunk).toString()
  return text
}

t.test('what was looked at comes again, and everything is counted once', async t => {
  const counted = new CountedChunks(pieces(content, 3))
  await counted.peek(4)
  t.equal(counted.head.toString(), 'abcdef')
  t.equal(counted.byteCount, 6)
  t.notOk(counted.isWhole)
  t.equal(await all(counted.rest(2)), 'cdefghij')
  t.equal(counted.byteCount, 10)
})

t.test('looking further than the end finds the end', async t => {
  const counted = new CountedChunks(pieces(content, 4))
  await counted.peek(100)
  t.ok(counted.isWhole)
  t.equal(await all(counted.rest()), 'abcdefghij')
})

t.test('a failure comes behind what was read before it', async t => {
  const failing = async function* (): AsyncGenerator<Uint8Array, void, void> {
    yield* pieces(content, 5)
    throw new Error('gone')
  }
  const counted = new CountedChunks(failing())
  await counted.peek(100)
  t.notOk(counted.isWhole)
  let read = ''
  await t.rejects(async () => {
    for await (const chunk of counted.rest()) read += Buffer.from(chunk).toString()
  }, /gone/)
  t.equal(read, 'abcdefghij')
})

// Which files of a folder are data, and how the others are counted.

const isTaken = (include: string[] | undefined, path: string): boolean =>
  dataFiles(include)(path.slice(path.lastIndexOf('/') + 1), () => path)

t.test('data files have the extension of a format, compressed or not', async t => {
  for (const extension of Object.values(formats).flatMap(({ extensions }) => extensions)) {
    for (const ending of ['', '.gz', '.zst', '.br', '.GZ']) {
      t.ok(isTaken(undefined, `a.${extension}${ending}`), `${extension}${ending}`)
    }
  }
  for (const name of ['a.txt', '.a.csv', 'csv', '.csv', 'a.csv.bz2', 'a.csv~', 'a.zip', 'a']) {
    t.notOk(isTaken(undefined, name), name)
  }
})

t.test('patterns take the place of extensions', async t => {
  for (const [include, taken, passed] of [
    [['*.txt'], ['a.txt', 'd/a.txt'], ['a.csv', '.a.txt']],
    [['*.txt', 'x*'], ['a.txt', 'x', 'd/e/x.csv'], ['a.csv']],
    [['d/*.csv'], ['d/a.csv'], ['a.csv', 'e/d/a.csv', 'd/e/a.csv']],
    [
      ['./d/**/*.csv', '/e/?'],
      ['d/a.csv', 'd/x/y/a.csv', 'e/1'],
      ['a.csv', 'e/12', 'd/.x/a.csv'],
    ],
    [['d/**'], ['d/a', 'd/e/f.bin'], ['a', 'd/.a']],
    [['[!a]*'], ['b.csv', 'a/b.csv'], ['a.csv']],
    [['.*'], ['.a'], ['a']],
  ] as const) {
    for (const path of taken) t.ok(isTaken([...include], path), `${include.join(' ')}: ${path}`)
    for (const path of passed) t.notOk(isTaken([...include], path), `${include.join(' ')}: ${path}`)
  }
  for (const pattern of ['', '/', 'd/']) {
    t.throws(() => dataFiles([pattern]), { code: 'DDB_USAGE', message: /`input.include`/ }, pattern)
  }
})

t.test('what is passed over is counted by kind, and named as far as it is short', async t => {
  const passed = newPassedOver()
  t.equal(passedOverNotice(passed), undefined)
  for (const name of ['b.TXT', 'c.txt', '.d', 'e']) passed.add(`x/${name}`, name)
  passed.add('x/f.csv', 'f.csv', true)
  t.strictSame(passed.byKind, { '.txt': 2, hidden: 1, 'no extension': 1, special: 1 })
  t.equal(
    passedOverNotice(passed),
    'passed over 5 files in folders (.txt 2, hidden 1, no extension 1, special 1), such as "x/b.TXT": ' +
      '`input.include` says which files of a folder are data',
  )
  for (let i = 0; i < 100; i++) passed.add(`x/g.${i}`, `g.${i}`)
  passed.add('x/c.txt', 'c.txt')
  t.equal(passed.files, 106)
  t.equal(passed.first.length, 20)
  t.match(passed.byKind, { '.txt': 3, '.15': 1, others: 84 })
})

// Files that are no text, each by its first bytes as its own tools write them.

const tar = Buffer.alloc(512)
tar.write('a.csv')
tar.write('ustar', 257)

const files: [what: string, head: Buffer, words: RegExp][] = [
  ['zip', Buffer.from('504b0304140000000800', 'hex'), /zip archive.*unzip -p/],
  [
    'xlsx',
    Buffer.concat([Buffer.from('504b030414000000', 'hex'), Buffer.from('[Content_Types].xml')]),
    /xlsx.*CSV/,
  ],
  ['xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /xls.*CSV/],
  ['parquet', Buffer.from('504152311504150a', 'hex'), /Parquet.*CSV/],
  ['bzip2', Buffer.from('425a68393141592653590000', 'hex'), /bzip2 -dc FILE \| ddb-ingest load -/],
  ['bzip2 of nothing', Buffer.from('425a683917724538509000000000', 'hex'), /bzip2 -dc/],
  ['xz', Buffer.from('fd377a585a000004', 'hex'), /xz -dc/],
  ['lz4', Buffer.from('04224d1864404c', 'hex'), /lz4 -dc/],
  ['snappy', Buffer.from('ff060000734e61507059', 'hex'), /snappy/],
  ['compress', Buffer.from('1f9d90', 'hex'), /uncompress -c/],
  ['7-Zip', Buffer.from('377abcaf271c0004', 'hex'), /7-Zip/],
  ['RAR', Buffer.from('526172211a0700', 'hex'), /RAR/],
  ['tar', tar, /tar archive/],
  ['ORC', Buffer.from('4f52430a030000', 'hex'), /ORC/],
  ['Avro', Buffer.from('4f626a0104', 'hex'), /Avro/],
  ['Arrow', Buffer.from('4152524f57310000', 'hex'), /Arrow/],
  ['SQLite', Buffer.from('SQLite format 3\0'), /SQLite/],
  ['PDF', Buffer.from('%PDF-1.7\n'), /PDF/],
  ['zeros', Buffer.alloc(512), /full of zeros.*copy it again/],
]

t.test('each is named, with what to do', async t => {
  for (const [what, head, words] of files) {
    t.throws(
      () => refuseForeignFormat(head, 'x.dat'),
      {
        code: 'DDB_INPUT_FORMAT',
        exitCode: 65,
        message: words,
        position: { file: 'x.dat', offsetBytes: 0 },
      },
      what,
    )
  }
})

t.test('text that begins alike is text', async t => {
  for (const text of [
    '',
    'PK,a\n',
    'PAR1,b\n',
    'BZh91,b\n',
    'ORC,1\n',
    'Objective,1\n',
    'LZIP,1\n',
    'Rar,1\n',
    '7z,1\n',
  ]) {
    t.doesNotThrow(() => refuseForeignFormat(Buffer.from(text), 'x'), text)
  }
})

//

const fileSameFiles = (inode: bigint, isFile = true): FileStatus => ({
  isFile,
  isFolder: false,
  sizeBytes: 1,
  device: 1n,
  inode,
  modifiedMs: 0,
  bornNs: 0n,
  changedNs: 0n,
})

t.test('only the first name of a file counts', async t => {
  const names = newSameFiles()
  t.ok(names.isFirst('a', fileSameFiles(1n)))
  t.ok(names.isFirst('b', fileSameFiles(2n)))
  t.equal(sameFilesNotice(names), undefined)
  t.notOk(names.isFirst('c', fileSameFiles(1n)))
  t.equal(sameFilesNotice(names), '"c" is "a" by another name: each file is loaded once')
  t.notOk(names.isFirst('b', fileSameFiles(2n)))
  t.match(names, {
    count: 2,
    first: [
      { path: 'c', input: 'a' },
      { path: 'b', input: 'b' },
    ],
  })
  t.match(sameFilesNotice(names), /^"c" is "a" by another name \(and 1 more are named twice\): /)
})

t.test('what is no file may come more than once, but for standard input', async t => {
  const names = newSameFiles()
  t.ok(names.isFirst('pipe', fileSameFiles(1n, false)))
  t.ok(names.isFirst('pipe', fileSameFiles(1n, false)))
  t.ok(names.isFirst('-'))
  t.notOk(names.isFirst('-'))
  t.equal(sameFilesNotice(names), '"-" is named twice: each file is loaded once')
})

t.test('a million names are a few examples', async t => {
  const names = newSameFiles()
  for (let i = 0; i < 100; i++) names.isFirst(`a${i}`, fileSameFiles(1n))
  t.equal(names.count, 99)
  t.equal(names.first.length, 20)
})
