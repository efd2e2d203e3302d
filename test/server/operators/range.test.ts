import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { formatValue } from '../../../src/protocol/value-text.js'
import type { Scalar } from '../../../src/protocol/value.js'
import { sequence, sequenceLength, sequencePiece } from '../../../src/server/operators/range.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { int, ints, text } from '../../helpers/values.js'
import { column, valuesOf } from '../columns/columns.js'

const scalar = (type: Scalar['type'], value: number | bigint | boolean | null): Scalar =>
  ({ form: 'scalar', type, value }) as Scalar

function shown(left: ServerValue, right: ServerValue): string {
  const made = sequence(left, right) as Extract<ServerValue, { form: 'vector' }>
  return `${made.type} ${formatValue(made)}`
}

t.test('both ends are included, up or down, in the type of the ends', async t => {
  const examples: [ServerValue, ServerValue, string][] = [
    [int(0), int(3), 'INT [0,1,2,3]'],
    [int(2), int(-1), 'INT [2,1,0,-1]'],
    [int(7), int(7), 'INT [7]'],
    [int(2147483646), int(2147483647), 'INT [2147483646,2147483647]'],
    [scalar('SHORT', 32767), scalar('SHORT', 32766), 'SHORT [32767,32766]'],
    [scalar('CHAR', 97), scalar('CHAR', 99), "CHAR ['a','b','c']"],
    [scalar('CHAR', 1), scalar('SHORT', 2), 'INT [1,2]'],
    [int(1), scalar('LONG', 2n), 'LONG [1,2]'],
    [scalar('BOOL', false), scalar('BOOL', true), 'INT [0,1]'],
    [scalar('DATE', 0), scalar('DATE', 1), 'DATE [1970.01.01,1970.01.02]'],
    [scalar('MONTH', 12), scalar('MONTH', 11), 'MONTH [0001.01M,0000.12M]'],
    [ints(3) as ServerValue, int(4), 'INT [3,4]'],
    [column('LONG', 2n ** 60n), scalar('LONG', 2n ** 60n), `LONG [${2n ** 60n}]`],
  ]
  for (const [left, right, wanted] of examples) t.equal(shown(left, right), wanted)
})

t.test('a null at either end leaves nothing', async t => {
  const nulls: [ServerValue, ServerValue][] = [
    [int(1), scalar('INT', null)],
    [scalar('INT', null), int(1)],
    [scalar('DATE', null), scalar('DATE', null)],
    [scalar('LONG', null), int(1)],
    [column('INT', null), int(1)],
  ]
  for (const [left, right] of nulls) {
    t.equal(sequenceLength(left, right), 0)
    t.match(sequence(left, right), { form: 'vector', length: 0 })
  }
})

t.test('64-bit numbers and nanoseconds are counted one by one', async () => {
  const last = 2n ** 63n - 1n
  const start = fc.bigInt({ min: -last, max: last })
  fc.assert(
    fc.property(start, fc.integer({ min: -5, max: 5 }), (from, distance) => {
      const to = from + BigInt(distance)
      fc.pre(to >= -last && to <= last)
      for (const type of ['LONG', 'NANOTIMESTAMP'] as const) {
        const made = sequence(scalar(type, from), scalar(type, to))
        const wanted = Array.from({ length: Math.abs(distance) + 1 }, (_, i) =>
          distance < 0 ? from - BigInt(i) : from + BigInt(i),
        )
        assert.deepEqual(valuesOf(made as Extract<ServerValue, { form: 'vector' }>), wanted)
      }
    }),
    {
      numRuns: runs(100),
      examples: [
        [last, -1],
        [-last, 1],
        [2n ** 53n, 3],
      ],
    },
  )
})

t.test('a piece is what the whole has there', async t => {
  const ends: [ServerValue, ServerValue][] = [
    [int(-3), int(5)],
    [int(5), int(-3)],
    [scalar('TIMESTAMP', 5n), scalar('TIMESTAMP', -3n)],
  ]
  for (const [left, right] of ends) {
    const whole = valuesOf(sequence(left, right) as Extract<ServerValue, { form: 'vector' }>)
    for (const [start, end] of [
      [0, 9],
      [2, 5],
      [8, 9],
      [4, 4],
    ] as const) {
      t.same(valuesOf(sequencePiece(left, right, start, end)), whole.slice(start, end))
    }
  }
})

t.test('no sequence is longer than a vector may be', async t => {
  t.equal(sequenceLength(int(1), int(2147483647)), 2147483647)
  t.equal(sequenceLength(scalar('LONG', -1n), scalar('LONG', 2147483645n)), 2147483647)
  t.throws(() => sequenceLength(int(0), int(2147483647)), {
    message: 'The sequence 0..2147483647 is too long.',
  })
  t.throws(
    () => sequenceLength(scalar('LONG', 2n ** 62n), scalar('LONG', -(2n ** 62n))),
    /too long/,
  )
})

t.test('only integral and temporal scalars of one kind are counted', async t => {
  const refused: [ServerValue, ServerValue][] = [
    [text('a'), text('b')],
    [int(1), scalar('DOUBLE', 3)],
    [int(1), scalar('DATE', 3)],
    [scalar('DATE', 1), scalar('MONTH', 3)],
    [scalar('BOOL', true), int(3)],
    [ints(1, 2) as ServerValue, int(3)],
    [ints() as ServerValue, int(3)],
    [int(1), ints(3) as ServerValue],
    [column('ANY', ints(1)), int(3)],
    [column('STRING', 'a'), int(3)],
  ]
  for (const [left, right] of refused) {
    t.throws(() => sequence(left, right), {
      name: 'ScriptError',
      category: 'SYSTEM_Operator',
      message: 'Arguments for seq method must be integral or temporal scalars.',
    })
  }
})
