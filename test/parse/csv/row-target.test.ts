/*
  Whether records would be rows of a target.
*/
import t from 'tap'
import { decimalCommaFor, fitOf, withDecimalComma } from '../../../src/parse/csv/row-target.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'

const fit = (types: string, ...lines: string[]) => {
  const records = lines.map(line => line.split(',').map(field => Buffer.from(field)))
  const shape = { file: 'a.csv', kind: 'fields', fieldCount: records[0]!.length } as const
  return fitOf({ schema: schemaFromTypes(types), mapping: {}, cells: {} }, shape, records)
}

t.test(
  'all cells of all records have to fit, and one has to be a value that is no text',
  async t => {
    for (const [types, lines, isFit, hasValues] of [
      ['a:INT,b:STRING', ['1,x'], true, true],
      ['a:INT,b:STRING', [',x'], true, false],
      ['a:INT,b:STRING', [',x', '1,'], true, true],
      ['a:SYMBOL,b:STRING,c:BLOB,d:CHAR', ['1,2,3,4'], true, false],
      ['a:INT[],b:STRING', ['1,x'], true, true],
      ['a:INT[],b:STRING', [',x'], true, false],
      ['a:INT,b:STRING', ['1,x', 'y,x'], false, false],
      ['a:INT', ['1,x'], false, false],
      ['a:INT,b:INT,c:INT', ['1,2'], false, false],
      ['a:TIMESTAMP', ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00+01:00'], false, false],
    ] as const) {
      const { misfit, hasValues: found } = fit(types, ...lines)
      t.equal(misfit === undefined, isFit, `${types}: ${misfit}`)
      t.equal(found, hasValues, `${types}: ${lines.join(' ')}`)
    }
    t.match(fit('a:INT', 'x').misfit, /INT column "a": expected a whole number .*got "x"/)
  },
)

t.test('a decimal comma that was found counts unless the comma is something else', async t => {
  const plain = schemaFromTypes('a:DOUBLE').columns
  const array = schemaFromTypes('a:DOUBLE[]').columns
  t.strictSame(decimalCommaFor(true, {}, plain), { value: true, how: 'found' })
  t.strictSame(decimalCommaFor(false, {}, plain), { value: false, how: 'found' })
  t.strictSame(decimalCommaFor(true, {}, array), { value: false, how: 'found' })
  t.strictSame(decimalCommaFor(true, { thousands: ',' }, plain), { value: false, how: 'found' })
  t.strictSame(decimalCommaFor(true, { decimalComma: false }, plain), {
    value: false,
    how: 'given',
  })
  t.strictSame(decimalCommaFor(false, { decimalComma: true }, array), { value: true, how: 'given' })
  const target = { schema: { columns: plain }, mapping: {}, cells: {} }
  t.match(withDecimalComma(target, true), { cells: { decimalComma: true } })
})
