import t from 'tap'
import { dataTypes, type ColumnType, type DataType } from '../../../src/protocol/data-type.js'
import { takeRows } from '../../../src/protocol/element.js'
import type { Column } from '../../../src/protocol/value.js'
import { checkColumnType } from '../../../src/server/columns/column-layout.js'
import { column, valuesOf } from './columns.js'
import { isStorable, limitText } from '../../../src/server/tables/prepare.js'

t.test('types that no table can have are refused, with the name of the column', async t => {
  const refused = Object.keys(dataTypes).filter(name => {
    try {
      checkColumnType('c', { type: name as DataType })
      return false
    } catch (error) {
      t.match(error, { name: 'ScriptError', message: `The column [c] can't be of type ${name}` })
      return true
    }
  })
  t.same(refused, ['DURATION', 'FUNCTIONDEF', 'HANDLE', 'CODE', 'DATASOURCE', 'RESOURCE'])
})

const families: Readonly<Record<string, readonly DataType[]>> = {
  logical: ['BOOL'],
  integral: ['CHAR', 'SHORT', 'INT', 'LONG'],
  floating: ['FLOAT', 'DOUBLE'],
  denary: ['DECIMAL32', 'DECIMAL64', 'DECIMAL128'],
  literal: ['STRING', 'SYMBOL', 'BLOB'],
  temporal: ['DATE', 'TIMESTAMP'],
}

/**
 * The families that an insert converts into each family (DolphinDB manual, S05004; text into numbers since 3.00.5).
 */
const accepted: Readonly<Record<string, readonly string[]>> = {
  logical: ['logical'],
  integral: ['integral'],
  floating: ['floating', 'integral', 'literal'],
  denary: ['denary', 'integral', 'floating', 'literal'],
  literal: ['literal'],
  temporal: ['temporal'],
}

t.test('a DFS column accepts its own family and the families that the manual names', async t => {
  for (const [to, targets] of Object.entries(families)) {
    for (const [from, sources] of Object.entries(families)) {
      for (const target of targets) {
        for (const source of sources) {
          const wanted = accepted[to]!.includes(from)
          t.equal(isStorable({ type: source }, { type: target }), wanted, `${source} in ${target}`)
        }
      }
    }
  }
})

t.test('pairs of types that convert across families', async t => {
  const array = (type: DataType): ColumnType => ({ type, array: true })
  const examples: [ColumnType, ColumnType, boolean][] = [
    [{ type: 'VOID' }, { type: 'SYMBOL' }, true],
    [{ type: 'VOID' }, { type: 'UUID' }, true],
    [{ type: 'VOID' }, array('INT'), true],
    [{ type: 'ANY' }, { type: 'INT' }, true],
    [{ type: 'ANY' }, array('INT'), true],
    [{ type: 'UUID' }, { type: 'UUID' }, true],
    [{ type: 'UUID' }, { type: 'INT128' }, false],
    [{ type: 'DECIMAL32', scale: 2 }, { type: 'DECIMAL64', scale: 4 }, true],
    [{ type: 'TIME' }, { type: 'DATE' }, false],
    [{ type: 'TIMESTAMP' }, { type: 'TIME' }, true],
    [{ type: 'MONTH' }, { type: 'DATE' }, false],
    [array('INT'), array('DOUBLE'), true],
    [array('DOUBLE'), array('INT'), false],
    [array('INT'), { type: 'INT' }, false],
    [{ type: 'INT' }, array('INT'), false],
  ]
  for (const [actual, target, wanted] of examples) {
    t.equal(
      isStorable(actual, target),
      wanted,
      `${JSON.stringify(actual)} ${JSON.stringify(target)}`,
    )
  }
})

function limited(given: Column): unknown {
  return valuesOf(limitText(given))[0]
}

t.test('STRING is cut to 65,535 bytes, never inside a character', async t => {
  const a = 'a'.repeat(65_534)
  const examples: [string, string][] = [
    [`${a}b`, `${a}b`],
    [`${a}bc`, `${a}b`],
    [`${a}é`, a],
    [`${a.slice(1)}é`, `${a.slice(1)}é`],
    [`${a.slice(1)}😀`, a.slice(1)],
    [`${a.slice(3)}😀`, `${a.slice(3)}😀`],
    ['é'.repeat(40_000), 'é'.repeat(32_767)],
  ]
  for (const [given, kept] of examples) t.ok(limited(column('STRING', given, 'x')) === kept)
  const short = column('STRING', 'a', '')
  t.equal(limitText(short), short, 'nothing is copied without need')
  t.same(valuesOf(limitText(column('STRING', 'x', `${a}bc`, ''))), ['x', `${a}b`, ''])
})

t.test('a SYMBOL of more than 255 bytes is refused if a row contains it', async t => {
  const refusal = { name: 'ScriptError', message: "A SYMBOL can't exceed 255 bytes." }
  const fits = column('SYMBOL', 'a'.repeat(255), `${'é'.repeat(127)}a`)
  t.equal(limitText(fits), fits)
  for (const text of ['a'.repeat(256), 'é'.repeat(128)]) {
    const symbols = column('SYMBOL', 'a', text, 'b')
    t.throws(() => limitText(symbols), refusal)
    const others = takeRows(symbols, Int32Array.of(0, 2))
    t.equal(limitText(others), others, 'only the base still holds the text')
  }
})

t.test('BLOB is cut below 64 MB, and bytes that are not text are accepted', async t => {
  const limit = 67_108_863
  const blob = new Uint8Array(limit + 2)
  const [cut, other] = valuesOf(limitText(column('BLOB', blob, Uint8Array.of(7))))
  t.equal((cut as Uint8Array).length, limit)
  t.same(other, Uint8Array.of(7))
  const whole = column('BLOB', blob.subarray(0, limit))
  t.equal(limitText(whole), whole)
  const numbers = column('INT', 1, null)
  t.equal(limitText(numbers), numbers)
})
