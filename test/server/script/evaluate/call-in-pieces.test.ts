import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Vector } from '../../../../src/protocol/value.js'
import { callInPieces } from '../../../../src/server/script/evaluate/call-in-pieces.js'
import type { Builtin, BuiltinArguments } from '../../../../src/server/values/builtin.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { hastyRuntime, inTurns, testRuntime } from '../../../helpers/runtime.js'
import { runs, seed } from '../../../helpers/runs.js'

t.comment(`TEST_SEED=${seed}`)

const ints = (length: number, of: (row: number) => number = row => row): ServerValue => ({
  form: 'vector',
  type: 'INT',
  length,
  data: Int32Array.from({ length }, (_, row) => of(row)),
})

const lengthOf = (value: ServerValue | undefined): number =>
  value?.form === 'vector' ? value.length : -1

/** Adds what it gets, row by row, and notes how much that was. */
function adder(): { builtin: Builtin; calls: number[][] } {
  const calls: number[][] = []
  const call = (_: unknown, args: BuiltinArguments): ServerValue => {
    calls.push(args.map(lengthOf))
    const at = (value: ServerValue | undefined, row: number): number => {
      if (value?.form === 'scalar') return Number(value.value)
      return value?.form === 'vector' && value.type === 'INT' ? (value.data[row] ?? 0) : 0
    }
    const rows = Math.max(...args.map(lengthOf))
    return ints(rows, row => args.reduce((sum, value) => sum + at(value, row), 0))
  }
  const range = { parameters: ['x', '...rest'], minArguments: 1, maxArguments: 9 }
  return { builtin: { name: 'adder', ...range, pace: 'elementwise', call }, calls }
}

async function added(
  args: BuiltinArguments,
): Promise<{ value: ServerValue; calls: number[][]; pauses: number }> {
  const { builtin, calls } = adder()
  const begun = callInPieces(hastyRuntime().runtime, builtin, args)
  if ('form' in begun) return { value: begun, calls, pauses: 0 }
  return { ...(await inTurns(begun)), calls }
}

t.test('pieces of a long vector give what the whole gives', async t => {
  const rows = 70_001
  const { value, calls, pauses } = await added([
    ints(rows),
    undefined,
    intScalar(5),
    ints(rows, row => row % 3),
  ])
  t.strictSame(
    value,
    ints(rows, row => row + (row % 3) + 5),
  )
  t.strictSame(calls, [
    [32_768, -1, -1, 32_768],
    [32_768, -1, -1, 32_768],
    [4_465, -1, -1, 4_465],
  ])
  t.equal(pauses, 2)
})

t.test('vectors that do not go together are the business of the function', async t => {
  const long = ints(40_000)
  const elements = Array.from({ length: 40_000 }, () => intScalar(1))
  const others: Readonly<Record<string, ServerValue>> = {
    'another length': ints(3),
    'a tuple': { form: 'vector', type: 'ANY', length: 40_000, data: elements },
    'a matrix': { form: 'matrix', rows: 1, columns: 1, elements: ints(1) as Vector },
    'an array vector': {
      form: 'arrayVector',
      length: 1,
      offsets: Uint32Array.of(0, 1),
      cells: ints(1) as Vector,
    },
  }
  for (const [title, other] of Object.entries(others)) {
    const { calls } = await added([other, long])
    t.equal(calls.length, 1, title)
    t.equal(calls[0]![1], 40_000, title)
  }
  t.equal((await added([{ form: 'set', elements: ints(3) as Vector }, long])).calls.length, 2)
})

t.test('what would have to be done in one go has its limit', async t => {
  const { builtin } = adder()
  const args = [ints(1_048_577), ints(3)]
  t.throws(() => callInPieces(testRuntime(), builtin, args), {
    message: /function \[adder\] takes at most 1048576 elements/,
  })
})

t.test('texts make shorter pieces the longer they are', async t => {
  const data = Array.from({ length: 100 }, (_, row) => 'x'.repeat(row === 7 ? 60_000 : 30_000))
  const texts: ServerValue = { form: 'vector', type: 'STRING', length: data.length, data }
  const { calls } = await added([intScalar(1), texts])
  t.ok(calls.length > 2 && calls.length < 10, `${calls.length} pieces`)
  t.equal(
    calls.reduce((rows, [, length]) => rows + length!, 0),
    100,
  )
})

t.test('any number of rows is every row once', async t => {
  const property = fc.asyncProperty(fc.integer({ min: 32_769, max: 140_000 }), async rows => {
    const { value } = await added([ints(rows), intScalar(1)])
    assert.deepEqual(
      value,
      ints(rows, row => row + 1),
    )
  })
  await fc.assert(property, { numRuns: runs(5), seed })
  t.pass()
})
