/*
  The two bytes in front of every object, and counts.
*/
import t from 'tap'
import { encodeFlag, readCount } from '../../src/protocol/flag.js'
import { readerOf } from '../../src/wire/byte-reader.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { hex } from '../helpers/codec.js'

t.test('the type comes first, then the form', async t => {
  // docs/protocol.md#objects
  for (const [form, typeId, bytes] of [
    ['scalar', 4, '0400'],
    ['vector', 18, '1201'],
    ['pair', 4, '0402'],
    ['matrix', 16, '1003'],
    ['set', 4, '0404'],
    ['dictionary', 25, '1905'],
    ['table', 0, '0006'],
    ['vector', 145, '9101'],
  ] as const) {
    const writer = new ByteWriter()
    encodeFlag(writer, form, typeId)
    t.equal(Buffer.concat(writer.take()).toString('hex'), bytes, `${form} ${typeId}`)
  }
})

t.test('a count is not negative', async t => {
  const count = (bytes: string): number => {
    const reader = readerOf(hex(bytes))
    t.ok(reader.has(4))
    return readCount(reader, 'rows')
  }
  t.equal(count('00000000'), 0)
  t.equal(count('ffffff7f'), 2_147_483_647)
  t.throws(() => count('ffffffff'), {
    message: /A count of -1 rows is impossible/,
  })
})
