import t from 'tap'
import { GrowableBytes } from '../../src/wire/growable-bytes.js'

t.test('what is put in comes out in order', async t => {
  const bytes = new GrowableBytes(1000)
  for (let value = 0; value < 200; value++) bytes.extend(3).fill(value)
  t.equal(bytes.length, 600)
  t.same(
    [...bytes.finish()],
    Array.from({ length: 600 }, (_, at) => Math.floor(at / 3)),
  )
})

t.test('memory follows the bytes that arrived, not the bytes announced', async t => {
  const bytes = new GrowableBytes(2 ** 40)
  t.ok(bytes.extend(100).buffer.byteLength <= 256)
})

t.test('a result that fills less than half of its memory is cut out of it', async t => {
  const bytes = new GrowableBytes(10_000)
  bytes.extend(5).set([1, 2, 3, 4, 5])
  const finished = bytes.finish()
  t.same([...finished], [1, 2, 3, 4, 5])
  t.equal(finished.buffer.byteLength, 5)
})

t.test('it never grows beyond its bound', async t => {
  const bytes = new GrowableBytes(100)
  bytes.extend(60)
  bytes.extend(40)
  t.equal(bytes.finish().buffer.byteLength, 100)
  t.throws(() => bytes.extend(1), RangeError)
})
