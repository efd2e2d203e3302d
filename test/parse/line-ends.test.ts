/*
  Lines ended by LF, CRLF or CR, against a regular expression.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { countLineEnds, nextLine } from '../../src/parse/line-ends.js'
import { runs } from '../helpers/runs.js'

const texts = fc
  .array(fc.constantFrom('\r', '\n', 'a', '\r\n'), { maxLength: 12 })
  .map(list => list.join(''))

t.test('line ends are counted once each', async t => {
  fc.assert(
    fc.property(texts, text => {
      const count = text.match(/\r\n|\r|\n/g)?.length ?? 0
      strictEqual(countLineEnds(Buffer.from(text), 0, text.length), count)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('a CR at the very end may be half of a line end', async t => {
  fc.assert(
    fc.property(texts, text => {
      const match = /\r\n|\r(?!$)|\n/.exec(text)
      const expected = match === null ? -1 : match.index + match[0].length
      strictEqual(nextLine(Buffer.from(text), 0, text.length), expected)
    }),
    { numRuns: runs(300) },
  )
  t.equal(nextLine(Buffer.from('a\r'), 0, 2), -1)
})
