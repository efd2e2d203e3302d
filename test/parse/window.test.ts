/*
  The bytes a tokenizer looks at, against one long array of everything that was pushed.
*/
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { slackBytes, Window } from '../../src/parse/window.js'
import { runs } from '../helpers/runs.js'

const sentinel = 0x0a

t.test('what is unread stays in order behind its offset, whatever was consumed', async t => {
  const steps = fc.array(
    fc.record({
      chunk: fc.uint8Array({ maxLength: 300, min: 32 }),
      times: fc.constantFrom(1, 1, 400),
      consumed: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(fc.nat(10), steps, (startOffset, list) => {
      const window = new Window(sentinel, startOffset)
      let pushed = Buffer.alloc(0)
      for (const { chunk, times, consumed } of list) {
        const content = Buffer.concat(Array<Uint8Array>(times).fill(chunk))
        const lent = Uint8Array.from(content)
        window.push(lent)
        lent.fill(0x23)
        pushed = Buffer.concat([pushed, content])
        strictEqual(window.start, 0)
        deepStrictEqual(
          Buffer.from(window.bytes.subarray(0, window.end)),
          pushed.subarray(window.offset - startOffset),
        )
        strictEqual(window.bytes[window.end], sentinel)
        strictEqual(window.view.buffer, window.bytes.buffer)
        // Fields written out behind the sentinel need as much again, and words are read beyond their ends.
        ok(window.bytes.length - window.scratchStart >= window.end + slackBytes)
        window.start = Math.floor(consumed * window.end)
      }
    }),
    { numRuns: runs(60) },
  )
  t.pass()
})

t.test('it begins empty, with the sentinel in place', async t => {
  const window = new Window(sentinel, 3)
  t.strictSame([window.start, window.end, window.offset, window.bytes[0]], [0, 0, 3, sentinel])
  window.push(new Uint8Array(0))
  t.strictSame([window.start, window.end, window.offset, window.bytes[0]], [0, 0, 3, sentinel])
  t.equal(window.scratchStart, 1)
})
