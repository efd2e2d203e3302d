import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { proposeNames } from '../../src/infer/column-names.js'
import { isIdentifier, isReservedWord } from '../../src/schema/identifier.js'
import { runs } from '../helpers/runs.js'

t.test('names are repaired as loadText does, and numbered where they would be equal', async t => {
  t.strictSame(proposeNames(['time', '日期', 'a b', '1x', '_x', undefined, '', '%']), [
    ...['time', '日期', 'a_b', 'c1x', 'c_x', 'col5', 'col6', 'col7'],
  ])
  t.strictSame(proposeNames(['a b', 'a_b', 'A_b', 'a-b']), ['a_b_2', 'a_b', 'A_b_3', 'a_b_4'])
  t.strictSame(proposeNames(['x', 'X', 'x']), ['x', 'X_2', 'x_3'])
})

t.test('words of the language are none that a column can have', async t => {
  t.strictSame(proposeNames(['DATE', 'TIME', 'SYMBOL', 'VALUE', 'time', 'Date', 'price']), [
    ...['date_2', 'time_2', 'symbol', 'value', 'time', 'Date', 'price'],
  ])
  t.strictSame(proposeNames(['pi', 'e', 'for', 'DEF', 'NULL', 'E', 'LIST']), [
    ...['pi_', 'e_', 'for_', 'def_', 'null', 'E', 'list'],
  ])
})

t.test('whatever a header says, all names can stand in a script, and differ', async t => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: 'binary' }), { nil: undefined })), names => {
      const proposed = proposeNames(names)
      assert.equal(proposed.length, names.length)
      assert.ok(proposed.every(name => isIdentifier(name) && !isReservedWord(name)))
      assert.equal(new Set(proposed.map(name => name.toLowerCase())).size, names.length)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})
