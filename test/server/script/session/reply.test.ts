import t from 'tap'
import type { Table, Value } from '../../../../src/protocol/value.js'
import { replyOf } from '../../../../src/server/script/session/reply.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { fromWire } from '../../../../src/server/elements/wire-values.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { decoded, encoded } from '../../../helpers/codec.js'
import { atOnce, hastyRuntime, inTurns, testRuntime } from '../../../helpers/runtime.js'
import { ints } from '../../../helpers/values.js'

const texts = (rows: number, length = 5): Value => ({
  form: 'vector',
  type: 'STRING',
  length: rows,
  data: Array.from({ length: rows }, (_, row) => String(row).padStart(length, 'é')),
})

t.test('most values are ready at once, as the wire has them', async t => {
  const runtime = testRuntime()
  const values: Readonly<Record<string, object>> = {
    '1': { form: 'scalar', type: 'INT', value: 1 },
    '1 2': { form: 'vector', type: 'INT', length: 2 },
    'table(1 2 as a)': { form: 'table', columnNames: ['a'], rows: 2 },
    '{a: 1}': { form: 'dictionary' },
    sum: { form: 'scalar', type: 'FUNCTIONDEF', value: 'sum' },
    '(1, sum)': { form: 'vector', type: 'ANY', length: 2 },
    'take(1, 1000000)': { form: 'vector', length: 1_000_000 },
    'take(`a, 30000)': { form: 'vector', type: 'STRING', length: 30_000 },
  }
  for (const [script, wanted] of Object.entries(values)) {
    t.match(replyOf(runtime, atOnce(runUnits(runtime, script))!), wanted, script)
  }
})

t.test('long text is encoded in pieces, to the same bytes', async t => {
  const { runtime } = hastyRuntime()
  for (const value of [texts(100_000), texts(32_769), texts(60, 60_000)]) {
    const reply = replyOf(runtime, fromWire(value))
    const { value: wire, pauses } = await inTurns(reply as Exclude<typeof reply, Value>)
    t.ok('encoded' in wire)
    t.ok(encoded(wire).equals(encoded(value)), 'the bytes of the whole')
    t.ok(pauses >= 1, `${pauses} times`)
    const calm = replyOf(testRuntime(), fromWire(value))
    t.strictSame(atOnce(calm as Exclude<typeof calm, Value>), wire)
  }
})

t.test('only the long columns of text of a table are encoded beforehand', async t => {
  const { runtime } = hastyRuntime()
  const rows = 70_000
  const table: Table = {
    form: 'table',
    name: '',
    rows,
    columnNames: ['a', 'b', 'c'],
    columns: [texts(rows), ints(...new Array<number>(rows).fill(1)), texts(rows, 1)] as never,
  }
  const reply = replyOf(runtime, fromWire(table))
  const { value: wire } = await inTurns(reply as Exclude<typeof reply, Value>)
  t.strictSame(
    (wire as Table).columns.map(column => 'encoded' in column),
    [true, false, true],
  )
  t.strictSame(decoded(encoded(wire)), decoded(encoded(table)))
})

const tuple = (elements: number): ServerValue => ({
  form: 'vector',
  type: 'ANY',
  length: elements,
  data: new Array<never>(elements).fill({ form: 'scalar', type: 'INT', value: 1 } as never),
})

t.test('tuples and dictionaries have a million elements at most', async t => {
  const runtime = testRuntime()
  const refusal = { message: /at most 1048576 elements in tuples and dictionaries\.$/ }
  t.match(replyOf(runtime, tuple(1_048_576)), { form: 'vector' })
  t.throws(() => replyOf(runtime, tuple(1_048_577)), refusal)
  const list: ServerValue = { form: 'list', elements: new Array<ServerValue>(1_048_577).fill(one) }
  t.throws(() => replyOf(runtime, list), refusal)
  const dictionary = atOnce(runUnits(runtime, '{a: 1}')) as Extract<
    ServerValue,
    { form: 'serverDictionary' }
  >
  dictionary.entries.set('b', { key: one, value: tuple(1_048_576) })
  t.throws(() => replyOf(runtime, dictionary), refusal)
})

const one: ServerValue = { form: 'scalar', type: 'INT', value: 1 }

t.test('what is heavier than a request may be is not made ready', async t => {
  const runtime = testRuntime({ maxRequestBytes: 1_000_000 })
  t.throws(() => replyOf(runtime, tuple(50_000)), { message: /Out of memory/ })
  const reply = replyOf(runtime, fromWire(texts(40_000, 30)))
  t.throws(() => atOnce(reply as Exclude<typeof reply, Value>), { message: /Out of memory/ })
})

t.test('what is nested deeper than a client can read is refused', async t => {
  const runtime = testRuntime()
  const script = (levels: number): string => `x = (1, 2); for(i in 0:${levels}){x = (x, 1)}; x`
  t.match(replyOf(runtime, atOnce(runUnits(runtime, script(20)))!), { type: 'ANY' })
  let value: ServerValue = one
  for (let level = 0; level < 2000; level++) value = { form: 'list', elements: [value] }
  t.throws(() => replyOf(runtime, value), { message: /nested deeper/ })
})
