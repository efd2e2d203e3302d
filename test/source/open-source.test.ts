/*
  Files, pipes and gzip as chunks of text.
*/
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { ByteSource } from '../../src/source/byte-source.js'
import { openSource } from '../../src/source/open-source.js'

async function contentOf(source: ByteSource): Promise<Buffer> {
  const parts: Buffer[] = []
  // A chunk is only lent until the next one is asked for.
  for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk))
  await source.close()
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
  t.ok((await contentOf(await openSource(path, { compression: 'none' }))).equals(packed))
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

t.test('UTF-16 is refused with a way out', async t => {
  for (const bytes of [
    Buffer.from('\ufeffa,b\n', 'utf16le'),
    Buffer.from([0xfe, 0xff, 0, 0x61]),
    Buffer.from('a,b\n', 'utf16le'),
  ]) {
    await t.rejects(openSource(file('utf16.csv', bytes)), {
      code: 'DDB_INPUT_ENCODING',
      message: /UTF-16.*iconv/,
    })
  }
})

t.test('what is not there or no file is said so', async t => {
  await t.rejects(openSource(join(folder, 'nowhere.csv')), {
    code: 'DDB_INPUT_MISSING',
    message: /there is no file/,
    exitCode: 66,
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
