import t from 'tap'
import { dataTypes, type DataType } from '../../../src/protocol/data-type.js'
import { sliceColumn } from '../../../src/protocol/element.js'
import type { Vector } from '../../../src/protocol/value.js'
import { nullColumn } from '../../../src/server/columns/column-layout.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import type { ServerTable } from '../../../src/server/tables/server-table.js'
import type { FunctionValue, ServerValue } from '../../../src/server/values/server-value.js'
import {
  isLight,
  rowBytes,
  weigh,
  weighElement,
  weighEntry,
  weighInsert,
  weighRows,
} from '../../../src/server/values/weigh.js'
import { int, ints, text } from '../../helpers/values.js'
import { column } from '../columns/columns.js'

const longText = text('a'.repeat(1000))
const doubles = (length: number): Vector => nullColumn({ type: 'DOUBLE' }, length) as Vector
const list = (...elements: ServerValue[]): ServerValue => ({ form: 'list', elements })

function table(rows: number): ServerTable {
  const columns = [nullColumn({ type: 'LONG' }, rows), nullColumn({ type: 'UUID' }, rows)]
  return createTable('basic', ['a', 'b'], [{ type: 'LONG' }, { type: 'UUID' }], { columns })
}

/** What a thousand rows more of a column weigh. */
function perThousand(make: (rows: number) => ServerValue): number {
  return weigh(make(2000)) - weigh(make(1000))
}

t.test('scalars are light but for long texts and BLOBs', async t => {
  const light: ServerValue[] = [
    int(1),
    text('a'.repeat(64)),
    { form: 'scalar', type: 'UUID', value: new Uint8Array(16) },
    { form: 'type', column: { type: 'INT' } },
  ]
  for (const value of light) {
    t.equal(isLight(value), true)
    t.equal(weigh(value), 0)
  }
  const heavy: ServerValue[] = [
    text('a'.repeat(65)),
    { form: 'scalar', type: 'BLOB', value: new Uint8Array(1) },
    ints() as ServerValue,
    list(),
  ]
  for (const value of heavy) t.equal(isLight(value), false)
  t.ok(weigh(longText) >= 2000, 'two bytes a character')
})

t.test('a column weighs what its rows take', async t => {
  const fixedTypes = (Object.keys(dataTypes) as DataType[]).filter(
    type => dataTypes[type].fixed !== undefined,
  )
  for (const type of fixedTypes) {
    const { bytesPerValue } = dataTypes[type]
    t.equal(rowBytes(type), bytesPerValue)
    t.equal(
      perThousand(rows => nullColumn({ type, scale: 2 }, rows) as Vector),
      1000 * bytesPerValue,
    )
  }
  t.ok(rowBytes('STRING') > 0, 'a text has a head at least')
  t.ok(perThousand(rows => nullColumn({ type: 'VOID' }, rows)) > 0)
  const blobs = (rows: number): ServerValue =>
    column('BLOB', ...Array.from({ length: rows }, () => new Uint8Array(1000)))
  t.ok(perThousand(blobs) > 1_000_000)
  t.equal(
    perThousand(rows => column('STRING', ...Array.from({ length: rows }, () => 'abc')) as Vector),
    1000 * (3 + rowBytes('STRING')),
  )
  const encoded = (rows: number): Vector => ({
    form: 'vector',
    type: 'STRING',
    length: rows,
    encoded: new Uint8Array(rows),
  })
  t.equal(perThousand(encoded), 1000, 'text in wire form weighs its bytes')
  const arrays = (rows: number): ServerValue => nullColumn({ type: 'INT', array: true }, rows)
  t.equal(perThousand(arrays), 1000 * (4 + 4), 'an offset and one cell')
  const end = sliceColumn(nullColumn({ type: 'INT', array: true }, 3000), 2000, 3000)
  t.equal(weigh(end), weigh(arrays(1000)), 'of a slice its own cells')
})

t.test('a base of symbols counts no more than the rows over it', async t => {
  const base = Array.from({ length: 10_000 }, (_, at) => `s${at}`)
  const symbols = (length: number): ServerValue => ({
    form: 'vector',
    type: 'SYMBOL',
    length,
    codes: new Int32Array(length),
    base,
  })
  t.ok(weigh(symbols(10)) < weigh(symbols(10_000)) / 100)
  t.equal(weigh(symbols(30_000)) - weigh(symbols(20_000)), 4 * 10_000)
})

t.test('a value weighs as much as all that stands in it', async t => {
  const inner = doubles(1000)
  const one = weigh(inner)
  const forms: readonly ServerValue[] = [
    { form: 'set', elements: inner },
    { form: 'matrix', rows: 10, columns: 100, elements: inner },
    list(inner),
    column('ANY', inner),
  ]
  for (const form of forms) t.ok(weigh(form) > one && weigh(form) < one + 500, form.form)
  t.ok(weigh(list(inner, inner, inner)) > 3 * one, 'as often as it stands there')
  const entries = new Map(['a', 'b'].map(name => [name, { key: text(name), value: inner }]))
  const dictionary: ServerValue = {
    form: 'serverDictionary',
    keyType: { type: 'STRING' },
    valueType: undefined,
    entries,
  }
  t.ok(weigh(dictionary) > 2 * one)
  t.ok(weighElement(int(1), Infinity) > 0)
  t.ok(weighEntry(int(1), Infinity) > weighElement(int(1), Infinity))
  const f = { form: 'function', kind: 'builtin', name: 'f' } as FunctionValue
  const bound: ServerValue = {
    form: 'function',
    kind: 'partial',
    name: 'f',
    target: f,
    bound: [undefined, inner],
    keywords: new Map([['k', inner]]),
  }
  t.ok(weigh(bound) > 2 * one)
  t.ok(weigh(f) < 100)
})

t.test('a table weighs its rows, unless all sessions see it', async t => {
  const own = table(1000)
  t.ok(weigh(own) > 24_000 && weigh(own) < 27_000)
  t.equal(weighRows(table(2000), Infinity) - weighRows(own, Infinity), 24_000)
  own.sharedName = 'shared'
  t.equal(weigh(own), 0)
  t.ok(weighRows(own, Infinity) > 24_000, 'its rows weigh something where they are copied to')
})

t.test('an insert weighs its rows, or one row and what is long of it', async t => {
  const target = table(0)
  const row = weighInsert(target, [{ form: 'scalar', type: 'LONG', value: 1n }, int(1)], Infinity)
  t.equal(row, 8 + 16)
  t.equal(weighInsert(target, [int(1), longText], Infinity), row + weigh(longText))
  const source = table(1000)
  t.equal(weighInsert(target, [source], Infinity), weighRows(source, Infinity))
})

t.test('what is too heavy anyhow is not looked at any further', async t => {
  const trap = {
    get form(): never {
      throw new Error('looked at')
    },
  } as unknown as ServerValue
  t.ok(weigh(list(doubles(1000), trap), 5000) > 5000)
  t.throws(() => weigh(list(doubles(10), trap), 5000), { message: 'looked at' })
})

t.test('values nested deeper than clients read are refused', async t => {
  let nested = list(int(1))
  for (let depth = 1; depth < 64; depth++) nested = list(nested)
  t.ok(weigh(nested) > 0)
  t.throws(() => weigh(list(nested)), {
    name: 'ScriptError',
    message: /^Values are nested deeper than 64 levels/,
  })
})
