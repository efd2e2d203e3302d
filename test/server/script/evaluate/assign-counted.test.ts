import t from 'tap'
import type { IndexValue } from '../../../../src/server/elements/indexing.js'
import { assignCounted } from '../../../../src/server/script/evaluate/assign-counted.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { RequestMemory } from '../../../../src/server/values/request-memory.js'
import { intScalar, longScalar, stringScalar } from '../../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { atOnce, shownValue, testRuntime } from '../../../helpers/runtime.js'

const longs = (length: number): ServerValue => ({
  form: 'vector',
  type: 'LONG',
  length,
  data: new BigInt64Array(length),
})

const variableOf = (source: string): ServerValue =>
  structuredClone(atOnce(runUnits(testRuntime(), source))!)

/** A table cannot be cloned, and need not be. */
const tableOf = (source: string): ServerValue => atOnce(runUnits(testRuntime(), source))!

const limit = 1_000_000
const index = (value: ServerValue): readonly IndexValue[] => [value]

/** Bytes that each of several assignments adds. */
function added(
  variable: ServerValue,
  ...steps: readonly (readonly [ServerValue, ServerValue])[]
): number[] {
  const memory = new RequestMemory(limit)
  return steps.map(([at, value]) => {
    const before = memory.room
    if (!assignCounted(memory, variable, index(at), value)) throw new Error('It leads nowhere.')
    return before - memory.room
  })
}

const zero = intScalar(0)
const key = stringScalar('k')

t.test('numbers in the place of numbers add nothing', async t => {
  t.strictSame(added(variableOf('1..1000'), [longs(1), longs(1)]), [0])
  t.strictSame(added(variableOf('1 2 3'), [zero, intScalar(5)]), [0])
  t.strictSame(added(variableOf('3:6'), [zero, intScalar(5)]), [0])
  t.strictSame(added(variableOf('1..4$2:2'), [zero, longs(2)]), [0])
})

t.test('a tuple grows by what an element weighs more than the one before it', async t => {
  const tuple = (): ServerValue => variableOf('(1, `a, 2.5)')
  const [first, same, less, light] = added(
    tuple(),
    [zero, longs(1000)],
    [zero, longs(1000)],
    [zero, longs(500)],
    [zero, zero],
  )
  t.ok(first! >= 8000 && first! < 9000, `${first} bytes`)
  t.equal(same, 0)
  t.equal(less, -4000)
  t.equal(light, 0, 'what it takes the place of is not looked at')
  const list = added(tableOf('(sum, 1)'), [zero, longs(1000)], [zero, longs(1000)])
  t.equal(list[1], 0, 'with a function in it')
})

t.test('a dictionary grows by its new keys and by what their values weigh', async t => {
  const dictionary = (): ServerValue => tableOf('dict(STRING, ANY)')
  const [first, again, other] = added(
    dictionary(),
    [key, longs(1000)],
    [key, longs(2000)],
    [stringScalar('l'), zero],
  )
  t.ok(first! > 8000 && first! < 9000, `${first} bytes`)
  t.equal(again, 8000)
  t.ok(other! > 0 && other! < 1000, `${other} bytes`)
  const counted = added(tableOf('dict(STRING, INT)'), [key, zero], [key, intScalar(1)])
  t.equal(counted[1], 0, 'a counter does not grow')
  const keys: ServerValue = { form: 'vector', type: 'STRING', length: 2, data: ['k', 'm'] }
  const [one, both] = added(tableOf('dict(STRING, INT)'), [key, zero], [keys, zero])
  t.equal(both, one, 'one of the keys is there')
})

t.test(
  'a table grows by a new column, and by what one takes more than the one before it',
  async t => {
    const table = (): ServerValue => tableOf('table(take(1l, 1000) as a)')
    const [first, again, wide] = added(
      table(),
      [stringScalar('b'), longs(1000)],
      [stringScalar('b'), longs(1000)],
      [stringScalar('c'), { form: 'scalar', type: 'DOUBLE', value: 1.5 }],
    )
    t.ok(first! >= 8000 && first! < 9000, `${first} bytes`)
    t.equal(again, 0)
    t.equal(wide, 8000)
  },
)

t.test('what does not fit is refused before anything has changed', async t => {
  const memory = new RequestMemory(10_000)
  const cases: readonly (readonly [ServerValue, ServerValue, ServerValue])[] = [
    [variableOf('(1, `a)'), zero, longs(2000)],
    [tableOf('dict(`k, 5)'), stringScalar('l'), longs(2000)],
    [tableOf('table(take(1l, 2000) as a)'), stringScalar('b'), longScalar(1n)],
    [tableOf('dict(STRING, INT)'), { ...longs(100) }, zero],
  ]
  const refused = cases.map(([variable, at, value]) => {
    const before = shownValue(variable)
    t.throws(() => assignCounted(memory, variable, index(at), value), { message: /^Out of memory/ })
    return shownValue(variable) === before
  })
  t.strictSame(refused, [true, true, true, true])
  t.equal(memory.room, 10_000)
})

t.test('an index that leads nowhere changes and adds nothing', async t => {
  const memory = new RequestMemory(limit)
  const assign = (variable: ServerValue, at: ServerValue, value: ServerValue): boolean =>
    assignCounted(memory, variable, index(at), value)
  t.notOk(assign(variableOf('(1, `a)'), intScalar(9), longs(10)))
  t.notOk(assign(tableOf('table(1 2 as a)'), stringScalar('b'), longs(3)))
  t.notOk(assignCounted(memory, variableOf('(1, `a)'), [], longs(10)))
  t.equal(memory.room, limit)
})
