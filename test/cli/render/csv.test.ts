import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { csvLine, csvText } from '../../../src/cli/render/csv.js'
import { all, ints, longTable, matrix, scalars, strings, table, trades } from './values.js'

t.test('a table has a line of names and one a row; a null is empty', async t => {
  t.equal(all(csvText(trades)), 'sym,price,id\nA,1.5,1\nMSFT,,22\n,300,\n')
  t.equal(all(csvText(table({ a: ints(), b: strings() }))), 'a,b\n')
})

t.test('a scalar is its bare value, without quotes, and no result is nothing', async t => {
  for (const [value, text] of scalars) t.equal(all(csvText(value)), `${text}\n`, value.type)
  t.equal(all(csvText(undefined)), '')
})

t.test('other forms are columns; labels stand where names do', async t => {
  t.equal(all(csvText({ form: 'pair', elements: ints(1, 5) })), '1\n5\n')
  t.equal(all(csvText(matrix)), ',x,y\nr,1,3\ns,2,\n')
})

t.test('a lone empty field is quoted, and so is whatever a reader would cut or split', async t => {
  t.equal(csvLine(['']), '""\n')
  t.equal(csvLine(['', '']), ',\n')
  t.equal(csvLine([' a', 'b ', 'c"d', 'e,f', 'g\nh']), '" a","b ","c""d","e,f","g\nh"\n')
})

t.test('csv comes back from a csv reader as it was', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '\t', '价') })
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 4 })
        .chain(width =>
          fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1 }),
        ),
      records => {
        const text = records.map(csvLine).join('')
        const back = parse(text, { relax_column_count: true, record_delimiter: '\n' })
        return JSON.stringify(back) === JSON.stringify(records)
      },
    ),
  )
})

t.test('a long table comes in pieces, and whole', async t => {
  const pieces = [...csvText(longTable(1234))]
  t.ok(pieces.length > 3)
  t.equal(all(pieces).split('\n').length, 1234 + 2)
})
