/* Converts file names to texts, and back to the bytes of the system. */
import { deepStrictEqual } from 'node:assert/strict'
import { resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { fileKey, nameOfBytes, systemName } from '../../src/platform/file-name.js'
import { forAll } from '../helpers/runs.js'

t.test('names in UTF-8 are unchanged', async t => {
  for (const name of ['a.csv', '股票.csv', '\u{1f600}', '\ufffd', '']) {
    t.equal(nameOfBytes(Buffer.from(name)), name)
    t.equal(systemName(name), name)
  }
})

// The escapes are those of Python's os.fsdecode (PEP 383).
t.test('every byte that is not UTF-8 becomes a lone surrogate', async t => {
  t.equal(nameOfBytes(Buffer.from('caf\xe9.csv', 'latin1')), 'caf\udce9.csv')
  t.equal(nameOfBytes(Buffer.of(0xe4, 0xb8)), '\udce4\udcb8', 'a truncated character')
  t.equal(nameOfBytes(Buffer.of(0xed, 0xb2, 0x80)), '\udced\udcb2\udc80', 'no surrogate of UTF-8')
  t.equal(nameOfBytes(Buffer.concat([Buffer.of(0xff), Buffer.from('数')])), '\udcff数')
})

t.test('for any name, its text leads back to its bytes, even through JSON', async () => {
  forAll(500)(fc.uint8Array(), bytes => {
    const name = nameOfBytes(Buffer.from(bytes))
    const kept = JSON.parse(Buffer.from(JSON.stringify(name)).toString()) as string
    deepStrictEqual(Buffer.from(systemName(kept)), Buffer.from(bytes))
  })
})

t.test('names with one device and inode are one file', async t => {
  const file = { device: 3n, inode: 5n }
  t.equal(fileKey('a', file), fileKey('/b', file))
  t.not(fileKey('a', file), fileKey('a', { device: 4n, inode: 5n }))
  t.not(fileKey('a', file), fileKey('a', { device: 3n, inode: 6n }))
})

t.test('if files have no number, a file is identified by its path', async t => {
  const file = { device: 3n, inode: 0n }
  t.equal(fileKey('./d/../a', file), fileKey(resolve('a'), file))
  t.not(fileKey('a', file), fileKey('b', file))
})
