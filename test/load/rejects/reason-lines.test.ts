import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { newReasonLines } from '../../../src/load/rejects/reason-lines.js'
import type { RejectReason } from '../../../src/load/rejects/reject-run.js'
import type { RejectRun } from '../../../src/load/rejects/reject-run.js'
import { runs } from '../../helpers/runs.js'

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\u0000\u001f', '\u007f', '\ud800', 'a\udfff"', '价格', '\u2028'),
)
const whole = fc.oneof(
  fc.nat(),
  fc.constantFrom(0, 9, 10, 99, 100, 2 ** 32, Number.MAX_SAFE_INTEGER),
)

const reasons: fc.Arbitrary<RejectReason> = fc.record({
  runId: fc.constantFrom('', 'r1', 'r"2'),
  file: fc.constantFrom('', 'a.csv', '数据\n.csv'),
  lineNumber: whole,
  offsetBytes: whole,
  columnName: fc.constantFrom(null, '', 'price', '"价"'),
  code: fc.constantFrom('DDB_INPUT_CELL', 'DDB_INPUT_FIELD_COUNT'),
  class: fc.constantFrom('parse', 'type', 'server'),
  message: text,
  value: fc.option(text),
})

t.test('lines equal those of JSON.stringify, as UTF-8', t => {
  fc.assert(
    fc.property(fc.array(reasons, { minLength: 1 }), fc.nat(20), (list, start) => {
      const lines = newReasonLines()
      for (const reason of list) {
        const maxBytes = lines.maxBytes(reason)
        const bytes = Buffer.alloc(start + maxBytes)
        const end = lines.write(reason, bytes, start)
        assert.ok(end <= bytes.length, `${end - start} bytes, announced were ${maxBytes}`)
        assert.equal(bytes.toString('utf8', start, end), `${JSON.stringify(reason)}\n`)
        assert.ok(bytes.subarray(0, start).every(byte => byte === 0))
      }
    }),
    { numRuns: runs(300) },
  )
  t.end()
})

t.test('the line about a run ends with the run', t => {
  const run = { format: 1, path: '拒"绝.csv', folder: '/tmp' } as unknown as RejectRun
  const reason: RejectReason = {
    runId: 'r',
    file: 'a.csv',
    lineNumber: 2,
    offsetBytes: 18,
    columnName: 'id',
    code: 'DDB_INPUT_CELL',
    class: 'type',
    message: 'expected "a"',
    value: null,
    run,
  }
  const lines = newReasonLines()
  const bytes = Buffer.alloc(lines.maxBytes(reason))
  t.equal(bytes.toString('utf8', 0, lines.write(reason, bytes, 0)), `${JSON.stringify(reason)}\n`)
  t.end()
})
