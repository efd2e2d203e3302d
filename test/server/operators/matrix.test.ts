import t from 'tap'
import { matrixColumn, matrixOfColumns, reshape } from '../../../src/server/operators/matrix.js'
import { int, text } from '../../helpers/values.js'
import { vector } from './values.js'

const mixed = { name: 'ScriptError', message: 'The elements of a matrix must be of the same type.' }

t.test('columns stand behind each other, in the type that holds all', async t => {
  t.strictSame(matrixOfColumns([vector('INT', 1, 2), vector('INT', 3, null)]), {
    form: 'matrix',
    rows: 2,
    columns: 2,
    elements: vector('INT', 1, 2, 3, null),
  })
  const wide = matrixOfColumns([vector('INT', 1), vector('DOUBLE', 0.5), vector('LONG', 7n)])
  t.match(wide, { rows: 1, columns: 3, elements: vector('DOUBLE', 1, 0.5, 7) })
  t.match(matrixOfColumns([vector('INT'), vector('INT')]), { rows: 0, columns: 2 })
})

t.test('a column is read out again', async t => {
  const matrix = matrixOfColumns([vector('INT', 1, 2), vector('INT', 3, 4), vector('INT', 5, 6)])
  const columns = [0, 1, 2].map(index => matrixColumn(matrix, index))
  t.strictSame(columns, [vector('INT', 1, 2), vector('INT', 3, 4), vector('INT', 5, 6)])
})

t.test('a vector is reshaped column by column', async t => {
  const six = vector('INT', 1, 2, 3, 4, 5, 6)
  t.match(matrixColumn(reshape(six, 2, 3), 2), vector('INT', 5, 6))
  t.match(matrixColumn(reshape(six, 3, 2), 1), vector('INT', 4, 5, 6))
  t.match(reshape(vector('INT'), 0, 5), { rows: 0, columns: 5 })
})

t.test('what has no right number of elements, or several types, is refused', async t => {
  t.throws(() => matrixOfColumns([]), { message: 'A matrix needs at least one column.' })
  t.throws(() => matrixOfColumns([vector('INT', 1, 2), vector('INT', 3)]), {
    message: 'All columns must be of the same length. RefId:S02010',
  })
  t.throws(() => matrixOfColumns([vector('INT', 1), vector('STRING', 'a')]), mixed)
  t.throws(() => reshape(vector('ANY', int(1), text('a')), 2, 1), mixed)
  for (const [rows, columns] of [
    [2, 2],
    [0, 3],
    [3, 0],
    [4, 1],
  ] as const) {
    t.throws(() => reshape(vector('INT', 1, 2, 3), rows, columns), {
      message: 'The size of the vector does not match the dimensions of the matrix.',
    })
  }
})
