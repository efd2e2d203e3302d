import { mkdirSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import {
  fingerprintOf,
  fingerprintText,
  isSame,
  isSameGrown,
  type Fingerprint,
} from '../../../src/load/journal/fingerprint.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import type { Files } from '../../../src/platform/platform.js'
import { withArchives } from '../../../src/source/archive/archives.js'
import { fingerprintOfRead } from '../../helpers/followed.js'
import { zipOf } from '../../helpers/zip.js'

const endBytes = 65_536
const path = join(t.testdir(), 'in.csv')
const second = 1_700_000_000

/** The fingerprint of a file with these bytes and this modification time. */
async function of(bytes: Uint8Array | string, seconds = second, files: Files = systemFiles) {
  writeFileSync(path, bytes)
  utimesSync(path, seconds, seconds)
  return (await fingerprintOf(path, files))!
}

const digest = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 32)

function bytesOf(size: number, changedAt?: number): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31) % 251)
  if (changedAt !== undefined) bytes[changedAt]! ^= 1
  return bytes
}

t.test('a fingerprint consists of size, time and both ends', async t => {
  const size = 3 * endBytes
  const bytes = bytesOf(size)
  t.strictSame(await of(bytes), {
    sizeBytes: size,
    modifiedMs: 1_000 * second,
    head: digest(bytes.subarray(0, endBytes)),
    tail: digest(bytes.subarray(size - endBytes)),
  })
})

t.test('a short file is its own beginning and end', async t => {
  for (const size of [0, 1, endBytes - 1, endBytes]) {
    const { head, tail } = await of(bytesOf(size))
    t.equal(head, digest(bytesOf(size)), `${size}`)
    t.equal(tail, head)
  }
})

t.test('files of equal size and time are distinguished by a difference in either end', async t => {
  const size = 3 * endBytes
  const before = await of(bytesOf(size))
  t.ok(isSame(before, await of(bytesOf(size))))
  for (const at of [0, endBytes - 1, size - endBytes, size - 1]) {
    t.notOk(isSame(before, await of(bytesOf(size, at))), `byte ${at}`)
  }
})

t.test('only the time reveals changes in the middle', async t => {
  const size = 3 * endBytes
  const before = await of(bytesOf(size))
  for (const at of [endBytes, size - endBytes - 1]) {
    t.ok(isSame(before, await of(bytesOf(size, at))))
    t.notOk(isSame(before, await of(bytesOf(size, at), second + 1)))
  }
})

t.test('a fingerprint survives a journal unchanged', async t => {
  const before = await of('id\n1\n', second + 0.123456)
  const journaled = JSON.parse(JSON.stringify(before)) as Fingerprint
  t.ok(isSame(before, journaled))
  t.ok(isSame(journaled, (await fingerprintOf(path, systemFiles))!))
})

t.test('bytes come in pieces, and a file may shrink while it is read', async t => {
  const trickling = (most: number, atFirst?: () => void): Files => ({
    ...systemFiles,
    open: async name => {
      const file = await systemFiles.open(name)
      return {
        ...file,
        readAt: (buffer, offset, length, position) => {
          atFirst?.()
          return file.readAt(buffer, offset, Math.min(most, length), position)
        },
      }
    },
  })
  const whole = await of(bytesOf(100_000))
  t.strictSame(await of(bytesOf(100_000), second, trickling(4_096)), whole)
  const cut = await of(
    bytesOf(100_000),
    second,
    trickling(4_096, () => truncateSync(path, 10)),
  )
  t.equal(cut.head, digest(bytesOf(10)))
  t.notOk(isSame(whole, cut))
})

t.test('a source that is read once has no fingerprint; an unreadable file is an error', async t => {
  t.equal(await fingerprintOf('/dev/null', systemFiles), undefined)
  const folder = `${path}.folder`
  mkdirSync(folder)
  t.equal(await fingerprintOf(folder, systemFiles), undefined)
  const error = { code: 'DDB_INPUT_READ', message: /in\.csv\.gone/ }
  await t.rejects(fingerprintOf(`${path}.gone`, systemFiles), error)
})

t.test('the file is closed even if it cannot be read', async t => {
  let open = 0
  const files: Files = {
    ...systemFiles,
    open: async name => {
      const file = await systemFiles.open(name)
      open++
      return {
        ...file,
        readAt: () => Promise.reject(new Error('EIO: said the disk')),
        close: () => {
          open--
          return file.close()
        },
      }
    },
  }
  writeFileSync(path, 'x')
  await t.rejects(fingerprintOf(path, files), { code: 'DDB_INPUT_READ', message: /EIO/ })
  t.equal(open, 0)
  t.ok(statSync(path).isFile())
})

t.test('in messages a fingerprint is short, and differs between files', async t => {
  const text = fingerprintText(await of('id\n1\n'))
  t.match(text, /^5 bytes of 2023-11-14T22:13:20\.000Z, [0-9a-f]{12}$/)
  t.not(fingerprintText(await of('id\n2\n')), text)
  t.match(
    fingerprintText({ ...(await of('')), modifiedMs: 9e15 }),
    /^0 bytes of 9000000000000000 ms,/,
  )
})

t.test('a followed file may grow, but not change otherwise', async t => {
  for (const size of [5, 3 * endBytes]) {
    writeFileSync(path, bytesOf(size))
    const file = await systemFiles.open(path)
    const before = await fingerprintOfRead(file)
    t.match(before, { sizeBytes: size, inode: String(statSync(path).ino) })
    t.equal(await isSameGrown(before, file), true)
    writeFileSync(path, bytesOf(size + 7))
    t.equal(await isSameGrown(before, file), true, 'longer')
    writeFileSync(path, bytesOf(size + 7, 0))
    t.equal(await isSameGrown(before, file), false, 'another start')
    truncateSync(path, size - 1)
    t.equal(await isSameGrown(before, file), false, 'shorter')
    writeFileSync(path, bytesOf(size))
    t.equal(await isSameGrown({ ...before, inode: '1' }, file), false, 'another file')
    await file.close()
  }
})

t.test('a reused inode number is not taken for the old file', async t => {
  writeFileSync(path, `id,sym\n${'1,A\n'.repeat(100)}2,B\n`)
  const file = await systemFiles.open(path)
  t.teardown(() => file.close())
  const status = await file.status()
  const at = (born: bigint, changed: bigint) => ({
    ...file,
    status: async () => ({ ...status, bornNs: born, changedNs: changed }),
  })
  const before = await fingerprintOfRead(at(5n, 6n))
  t.equal(before.born, '5')
  t.equal(await isSameGrown(before, at(5n, 9n)), true, 'renamed')
  t.equal(await isSameGrown(before, at(7n, 7n)), false, 'created later, with the same content')
  for (const [born, changed] of [
    [0n, 6n],
    [6n, 6n],
  ] as const) {
    const unknown = await fingerprintOfRead(at(born, changed))
    t.equal(unknown.born, undefined, 'the file system does not tell')
    t.equal(await isSameGrown(unknown, at(changed + 1n, changed + 1n)), true)
  }
  writeFileSync(path, `id,sym\n${'1,A\n'.repeat(200)}`)
  t.equal(await isSameGrown(before, at(5n, 9n)), false, 'equal at its start, but not after it')
})

t.test('members of more archives than the program remembers have fingerprints', async t => {
  const folder = t.testdir({})
  const files = withArchives(systemFiles)
  const paths = Array.from({ length: 6 }, (_, i) => join(folder, `${i}.zip`))
  for (const path of paths) writeFileSync(path, zipOf([{ name: 'a.csv', content: path }]))
  const heads = await Promise.all(
    paths.map(async path => (await fingerprintOf(`${path}/a.csv`, files))!.head),
  )
  t.equal(new Set(heads).size, paths.length)
})
