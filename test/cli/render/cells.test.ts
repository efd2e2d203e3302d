import t from 'tap'
import { cellText, gridOf, inlineText, isNumeric } from '../../../src/cli/render/cells.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Value } from '../../../src/protocol/value.js'
import { dictionary, ints, matrix, scalar, strings, trades, tuple } from './values.js'

/** Names, then rows as texts. */
function cellsOf(value: Value): unknown {
  const { names, columns, rows } = gridOf(value)
  const texts = Array.from({ length: rows }, (_, row) =>
    columns.map(column => cellText(column, row)),
  )
  return [names, ...texts]
}

t.test('every form has rows and columns', async t => {
  const cases: [string, Value, unknown[]][] = [
    [
      'a table',
      trades,
      [
        ['sym', 'price', 'id'],
        ['A', '1.5', '1'],
        ['MSFT', '', '22'],
        ['', '300', ''],
      ],
    ],
    ['a scalar', scalar({ type: 'INT', value: 3 }), [undefined, ['3']]],
    ['a vector', ints(1, null), [undefined, ['1'], ['']]],
    ['a pair', { form: 'pair', elements: ints(1, 5) }, [undefined, ['1'], ['5']]],
    ['a set', { form: 'set', elements: ints(4) }, [undefined, ['4']]],
    [
      'a dictionary',
      dictionary,
      [
        ['key', 'value'],
        ['rows', '2'],
        ['colDefs', '<table of 3 rows, 3 columns>'],
        ['list', '[1,]'],
      ],
    ],
    [
      'a matrix with labels',
      matrix,
      [
        ['', 'x', 'y'],
        ['r', '1', '3'],
        ['s', '2', ''],
      ],
    ],
    [
      'a matrix without',
      { form: 'matrix', rows: 1, columns: 2, elements: ints(1, 2) },
      [undefined, ['1', '2']],
    ],
  ]
  for (const [name, value, expected] of cases) t.strictSame(cellsOf(value), expected, name)
})

t.test('inside a cell a value is short', async t => {
  const many = ints(...Array.from({ length: 21 }, (_, i) => i))
  const cases: [Value, string][] = [
    [strings('a', '', 'b'), '[a,,b]'],
    [many, `[${Array.from({ length: 20 }, (_, i) => i).join()},... 21 in all]`],
    [tuple(ints(1), trades), '[[1],<table of 3 rows, 3 columns>]'],
    [dictionary, '<dictionary of 3 keys>'],
    [matrix, '<matrix of 2 x 2>'],
    [{ form: 'pair', elements: ints(1, 5) }, '1 : 5'],
    [{ form: 'set', elements: ints(1, 5) }, '[1,5]'],
  ]
  for (const [value, text] of cases) t.equal(inlineText(value), text)
})

t.test('numbers stand to the right, nothing else', async t => {
  for (const type of ['INT', 'LONG', 'DOUBLE', 'DECIMAL64'] as const) {
    const scale = type === 'DECIMAL64' ? { scale: 2 } : {}
    t.ok(isNumeric(vectorOf({ type, ...scale }, [])), type)
  }
  for (const type of ['STRING', 'DATE', 'BOOL'] as const) {
    t.notOk(isNumeric(vectorOf({ type }, [])), type)
  }
  t.notOk(isNumeric(vectorOf({ type: 'INT', array: true }, [])))
})
