/* Zip archives as folders of files, and the ways in which an archive can be wrong. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import t, { type Test } from 'tap'
import { InputError, UsageError, type ErrorCode } from '../../../src/errors.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { withArchives } from '../../../src/source/archive/archives.js'
import { expandSources, sourceNotices } from '../../../src/source/expand-sources.js'
import { openSource } from '../../../src/source/open-source.js'
import { zipOf, type ZipMember } from '../../helpers/zip.js'
import { deepTest, forAllAsync } from '../../helpers/runs.js'

const extensions = ['csv', 'json']

function archive(t: Test, bytes: Uint8Array, name = 'a.zip'): string {
  const path = join(t.testdir(), name)
  writeFileSync(path, bytes)
  return path
}

async function expand(inputs: string[], include?: string[]) {
  const found = await expandSources(inputs, {
    extensions,
    include,
    files: withArchives(systemFiles),
  })
  return { ...found, paths: [...found.paths] }
}

const buffer = Buffer.alloc(2 ** 24)

/** Reads a file in pieces, and at once, as a run reads small members. */
async function textOf(path: string): Promise<string> {
  const files = withArchives(systemFiles)
  const source = await openSource(path, { files })
  const chunks: Buffer[] = []
  try {
    for await (const chunk of source.chunks()) chunks.push(Buffer.from(chunk))
  } catch (error) {
    assert.throws(() => files.readNow(path, buffer), path)
    throw error
  } finally {
    await source.close()
  }
  const text = Buffer.concat(chunks).toString()
  // A run has room for one byte more than the member should have.
  const length = files.readNow(path, buffer.subarray(0, Buffer.byteLength(text) + 1))
  assert.equal(buffer.toString('utf8', 0, length), text)
  return text
}

const csv = (name: string, content = `a,b\n1,${name}\n`): ZipMember => ({ name, content })

deepTest(t, 'data members are inputs, sorted by path; others are skipped and reported', async t => {
  const path = archive(
    t,
    zipOf([
      csv('b.csv'),
      csv('d/a.csv'),
      csv('read.me'),
      csv('._x.csv'),
      csv('.y/c.csv'),
      { name: 'd/', content: '' },
    ]),
  )
  const found = await expand([path])
  t.strictSame(found.paths, [`${path}/b.csv`, `${path}/d/a.csv`])
  t.strictSame(found.sizes, [12, 14])
  t.match(sourceNotices(found), [
    /passed over 3 files \(hidden 2.*: `input.include` says which files of a folder or an archive/,
  ])
  t.equal(await textOf(`${path}/d/a.csv`), 'a,b\n1,d/a.csv\n')
  t.strictSame((await expand([path], ['d/*'])).paths, [`${path}/d/a.csv`])
  t.strictSame((await expand([`${path}/b.csv`])).paths, [`${path}/b.csv`], 'one by its name')
  t.strictSame((await expand([path, path])).sameFiles.count, 1)
})

deepTest(t, 'any content is extracted unchanged, however it is stored', async t => {
  const dir = t.testdir()
  const path = join(dir, 'p.zip')
  await forAllAsync(60)(
    fc.array(
      fc.record({
        content: fc.string({ maxLength: 300 }).map(text => `x,${text.replaceAll('\0', '')}`),
        method: fc.constantFrom(0, 8),
        hasDescriptor: fc.boolean(),
        isZip64: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    async members => {
      writeFileSync(path, zipOf(members.map((member, i) => ({ ...member, name: `m${i}.csv` }))))
      const { paths } = await expand([path])
      for (const [i, one] of paths.entries()) {
        if ((await textOf(one)) !== members[i]!.content) return false
      }
      return paths.length === members.length
    },
  )
})

deepTest(t, 'a large member comes in chunks, and can be read from any position', async t => {
  const content = Array.from({ length: 200_000 }, (_, i) => `${i},text ${i % 97}\n`).join('')
  const path = archive(t, zipOf([{ name: 'a.csv', content }]))
  t.equal(await textOf(`${path}/a.csv`), content)
  const files = withArchives(systemFiles)
  const file = await files.open(`${path}/a.csv`)
  const buffer = Buffer.alloc(1000)
  for (const at of [1_000_000, 1_000_500, 10, content.length - 3]) {
    const count = await file.readAt(buffer, 0, 1000, at)
    t.equal(buffer.toString('latin1', 0, count), content.slice(at, at + 1000), String(at))
  }
  await file.close()
})

t.test('names may be in UTF-8, in GBK, or from Windows', async t => {
  const gbk = iconv.encode('行情/平安银行.csv', 'gbk')
  const path = archive(t, zipOf([csv('数据/a.csv'), { name: gbk, content: 'x' }, csv('w\\b.csv')]))
  const expected = [`${path}/w/b.csv`, `${path}/数据/a.csv`, `${path}/行情/平安银行.csv`].sort()
  t.strictSame((await expand([path])).paths, expected)
  t.equal(await textOf(`${path}/行情/平安银行.csv`), 'x')
})

deepTest(t, 'members that cannot be read are refused by name, before anything is read', async t => {
  const nothing = zipOf([])
  const good = zipOf([csv('a.csv'), csv('b.csv')])
  const unixLink = (0xa1ff << 16) >>> 0
  const last = good.lastIndexOf('PK\x01\x02')
  const changed = (at: number, bytes: Uint8Array): Uint8Array => {
    const zip = Buffer.from(good)
    zip.set(bytes, last + at)
    return zip
  }
  const ways: Record<string, [Uint8Array, ErrorCode, RegExp]> = {
    empty: [nothing, 'DDB_INPUT_MISSING', /is empty: it has no member/],
    'without data': [zipOf([csv('a.txt')]), 'DDB_INPUT_MISSING', /holds no \.csv or \.json file/],
    'with a link': [
      zipOf([{ ...csv('a.csv'), externalAttributes: unixLink }]),
      'DDB_INPUT_MISSING',
      /holds no/,
    ],
    encrypted: [zipOf([{ ...csv('a.csv'), flags: 1 }]), 'DDB_INPUT_FORMAT', /a\.csv" is encrypted/],
    'in another way': [
      zipOf([{ ...csv('a.csv'), method: 12 }]),
      'DDB_INPUT_FORMAT',
      /a\.csv" is compressed by method 12/,
    ],
    nested: [
      zipOf([csv('a.csv'), csv('in/b.zip')]),
      'DDB_INPUT_FORMAT',
      /in\/b\.zip" is an archive inside of an archive/,
    ],
    'a tar': [
      zipOf([csv('a.csv'), csv('b.tar.gz')]),
      'DDB_INPUT_FORMAT',
      /b\.tar\.gz" is an archive/,
    ],
    'that leads out': [
      zipOf([csv('../a.csv')]),
      'DDB_INPUT_FORMAT',
      /"\.\.\/a\.csv", whose name leads elsewhere/,
    ],
    'from the root': [zipOf([csv('/etc/a.csv')]), 'DDB_INPUT_FORMAT', /leads elsewhere/],
    'with a drive': [zipOf([csv('C:\\a.csv')]), 'DDB_INPUT_FORMAT', /leads elsewhere/],
    'with a name twice': [
      zipOf([csv('a.csv'), csv('a.csv')]),
      'DDB_INPUT_FORMAT',
      /two members "a\.csv"/,
    ],
    'that counts too few': [
      zipOf([csv('a.csv'), csv('b.csv')], { count: 1 }),
      'DDB_INPUT_FORMAT',
      /lists more members than the 1/,
    ],
    'in a row': [Buffer.concat([good, good]), 'DDB_INPUT_FORMAT', /several archives in a row/],
    // Python's zipfile and unzip refuse them, too.
    'whose directory lost 4 bytes': [
      Buffer.concat([good.subarray(0, last + 14), good.subarray(last + 18)]),
      'DDB_INPUT_READ',
      /its directory ends too early/,
    ],
    'with an entry of zeros': [changed(4, Buffer.alloc(46)), 'DDB_INPUT_READ', /ends too early/],
    'with a folder that has content': [
      zipOf([csv('a.csv'), { name: 'b/', content: 'x' }]),
      'DDB_INPUT_READ',
      /"b\/" is a folder, which has content/,
    ],
    'with half a name': [changed(28, Buffer.of(2)), 'DDB_INPUT_READ', /ends too early/],
    'with two names of a member': [
      changed(46, Buffer.from('c')),
      'DDB_INPUT_READ',
      /c\.csv" is damaged \(no header of its name/,
    ],
    'that counts too many': [zipOf([csv('a.csv')], { count: 2 }), 'DDB_INPUT_READ', /is damaged/],
    'cut by a byte': [
      good.subarray(0, -1),
      'DDB_INPUT_READ',
      /is damaged, cut off, or no zip archive/,
    ],
    'cut at its start': [good.subarray(1), 'DDB_INPUT_READ', /is damaged/],
    'of nothing': [Buffer.alloc(0), 'DDB_INPUT_READ', /no zip archive/],
    'of text': [Buffer.from('a,b\n1,2\n'), 'DDB_INPUT_READ', /no zip archive/],
  }
  for (const [way, [bytes, code, message]] of Object.entries(ways)) {
    const path = archive(t, bytes)
    const reading = expand([path]).then(async ({ paths }) => Promise.all(paths.map(textOf)))
    await t.rejects(reading, { code, message }, way)
  }
  const path = archive(t, good)
  const error = { code: 'DDB_INPUT_MISSING', message: /has no member "c\.csv"/ }
  await t.rejects(expand([`${path}/c.csv`]), error)
  await t.rejects(expand([path], ['x*']), { message: /holds no file that `input.include` names/ })
  await t.rejects(expand([path], ['/']), UsageError)
  const plain = join(t.testdir({ 'a.csv': '' }), 'a.csv')
  await t.rejects(expand([plain], ['*']), { constructor: UsageError, message: /no input is one/ })
})

deepTest(t, 'the error names a damaged member: wrong bytes, size or checksum', async t => {
  const content = 'a,b\n'.repeat(1000)
  const member = { name: 'm.csv', content }
  const good = zipOf([member])
  const ways: Record<string, Uint8Array> = {
    checksum: zipOf([{ ...member, said: { checksum: 1 } }]),
    'more than said': zipOf([{ ...member, said: { sizeBytes: 10 } }]),
    'less than said': zipOf([{ ...member, said: { sizeBytes: 5000 } }]),
    'stored, more than said': zipOf([{ ...member, method: 0, said: { checksum: 3 } }]),
  }
  for (const [way, bytes] of Object.entries(ways)) {
    const path = archive(t, bytes)
    const error = { constructor: InputError, code: 'DDB_INPUT_READ', message: /m\.csv" is damaged/ }
    await t.rejects(textOf(`${path}/m.csv`), error, way)
  }
  for (let at = 30; at < good.length; at++) {
    const bytes = Buffer.from(good)
    bytes[at]! ^= 0x55
    const path = archive(t, bytes)
    // Whatever is wrong, reading gives the right content or an error.
    const read = await expand([path]).then(
      async ({ paths }) => textOf(paths[0]!).catch((error: unknown) => error),
      (error: unknown) => error,
    )
    if (typeof read === 'string' ? read !== content : !(read instanceof InputError))
      t.fail(`byte ${at}`)
  }
})

t.test('archives of the program zip', async t => {
  const dir = t.testdir({ d: { 'a.csv': 'a\n1\n', '平安.csv': 'a\n2\n' } })
  try {
    execFileSync('zip', ['-qr', '../usual.zip', '.'], { cwd: join(dir, 'd') })
  } catch {
    t.pass('zip is not installed')
    return
  }
  const path = join(dir, 'usual.zip')
  const { paths } = await expand([path])
  t.strictSame(paths, [`${path}/a.csv`, `${path}/平安.csv`])
  t.equal(await textOf(paths[1]!), 'a\n2\n')
})
