/*
  The check of UTF-8 across chunks, against Node's own on the whole.
*/
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { firstNotUtf8, Utf8Check } from '../../../src/source/encoding/utf8-check.js'
import { runs } from '../../helpers/runs.js'

/** Mostly text, sometimes with a byte that does not belong. */
const bytes = fc
  .tuple(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.nat(60),
    fc.option(fc.integer({ min: 0, max: 255 })),
  )
  .map(([text, at, byte]) => {
    const found = Buffer.from(text)
    if (byte !== null && found.length > 0) found[at % found.length] = byte
    return Uint8Array.from(found)
  })

/** Length of the longest start that is UTF-8 or could become so: by trying all of them. */
function expectedBroken(whole: Uint8Array): number | undefined {
  if (isUtf8(whole)) return undefined
  let at = whole.length
  while (!isUtf8(whole.subarray(0, at))) at--
  return at
}

t.test('the first bytes that are none are found, in chunks of any size', async t => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 9 }), (whole, size) => {
      const check = new Utf8Check()
      let found: number | undefined
      for (let at = 0; at < whole.length && found === undefined; at += size) {
        // A Buffer, whose pieces are lent: its slices are views.
        const chunk = Buffer.from(whole.subarray(at, at + size))
        const broken = check.firstBroken(chunk)
        if (broken !== undefined) found = at + broken
        chunk.fill(0x23)
      }
      found ??= check.begunBytes > 0 ? whole.length - check.begunBytes : undefined
      return found === expectedBroken(whole)
    }),
    { numRuns: runs(3000) },
  )
  t.pass()
})

t.test('in one piece as well', async t => {
  fc.assert(
    fc.property(bytes, whole => firstNotUtf8(whole) === (expectedBroken(whole) ?? -1)),
    { numRuns: runs(2000) },
  )
  t.pass()
})
