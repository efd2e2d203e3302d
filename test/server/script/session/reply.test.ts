import t from 'tap'
import type { Value } from '../../../../src/protocol/value.js'
import { replyOf } from '../../../../src/server/script/session/session.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { fromWire } from '../../../../src/server/elements/wire-values.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { atOnce, testRuntime } from '../../../helpers/runtime.js'

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

const tuple = (elements: number): ServerValue => ({
  form: 'vector',
  type: 'ANY',
  length: elements,
  data: new Array<never>(elements).fill({ form: 'scalar', type: 'INT', value: 1 } as never),
})

const one: ServerValue = { form: 'scalar', type: 'INT', value: 1 }

t.test('what is heavier than a request may be is not made ready', async t => {
  const runtime = testRuntime({ maxRequestBytes: 1_000_000 })
  t.throws(() => replyOf(runtime, tuple(50_000)), { message: /Out of memory/ })
  t.throws(() => replyOf(runtime, fromWire(texts(40_000, 30))), { message: /Out of memory/ })
})

t.test('what is nested deeper than a client can read is refused', async t => {
  const runtime = testRuntime()
  const script = (levels: number): string => `x = (1, 2); for(i in 0:${levels}){x = (x, 1)}; x`
  t.match(replyOf(runtime, atOnce(runUnits(runtime, script(20)))!), { type: 'ANY' })
  let value: ServerValue = one
  for (let level = 0; level < 2000; level++) value = { form: 'list', elements: [value] }
  t.throws(() => replyOf(runtime, value), { message: /nested deeper/ })
})
