/* Records of totals that are padded to the width of the table. None of them is loaded without a warning, and no other row is omitted. */
import assert from 'node:assert/strict'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import t from 'tap'
import { neededOptions } from '../../src/infer/inferred-schema.js'
import { forAllAsync } from '../helpers/runs.js'
import { inferText, readAs, typesOf } from './inferring.js'

const day = fc.integer({ min: 1, max: 28 }).map(d => `2024-01-${String(d).padStart(2, '0')}`)
const number = fc.integer({ min: 0, max: 9999 }).map(String)
const name = fc.constantFrom('平安银行', 'Totalis', 'Sumitomo', '合计算', 'a "b"', 'x,y')
const kinds = [day, number, name] as const

const word = fc.constantFrom(...'合计 总计 小计 Total TOTAL 合计： sum'.split(' '), 'Grand Total')

interface Table {
  readonly header: string[]
  readonly rows: string[][]
  readonly delimiter: string
}

const table: fc.Arbitrary<Table> = fc
  .array(fc.nat(2), { minLength: 3, maxLength: 8 })
  .chain(columns =>
    fc.record({
      header: fc.constant(columns.map((_, i) => `c${i}`)),
      rows: fc.array(fc.tuple(...columns.map(kind => kinds[kind]!)), {
        minLength: 4,
        maxLength: 300,
      }),
      delimiter: fc.constantFrom(',', ';', '\t'),
    }),
  )

const textOf = ({ header, delimiter }: Table, rows: readonly string[][], quoted: boolean): string =>
  stringify([header], { delimiter }) + stringify([...rows], { delimiter, quoted })

const optionsOf = ({ delimiter }: Table) => ({ reader: { header: 'yes' as const, delimiter } })

t.test('the suggested option omits the totals records and nothing else', async () => {
  const sums = fc.tuple(word, fc.nat(), fc.array(fc.option(number, { nil: '' })), fc.boolean())
  await forAllAsync(60)(
    table,
    sums,
    fc.boolean(),
    async (one, [text, at, cells, isLast], quoted) => {
      const width = one.header.length
      const field = at % (width - 1)
      const filled = cells.slice(0, Math.floor((width - 1) / 2))
      const record = Array.from({ length: width }, (_, i) =>
        i < field ? '' : i === field ? text : (filled[i - field - 1] ?? ''),
      )
      const place = isLast ? one.rows.length : at % (one.rows.length + 1)
      const rows = [...one.rows.slice(0, place), record, ...one.rows.slice(place)]
      const input = textOf(one, rows, quoted)
      const found = await inferText(input, optionsOf(one))
      const needed = neededOptions(found)
      assert.ok(needed.input.comment, input)
      assert.equal(needed.cells.nullTexts, undefined, input)
      assert.ok(found.totals?.said[0]!.includes(text), input)
      const without = await inferText(textOf(one, one.rows, quoted), optionsOf(one))
      assert.deepEqual(typesOf(found), typesOf(without), input)
      assert.equal(await readAs(found, input, optionsOf(one)), one.rows.length, input)
    },
  )
})

t.test('a last row that is almost empty is a row', async () => {
  await forAllAsync(60)(table, name, async (one, text) => {
    const record = one.header.map((_, i) => (i === 0 ? text : ''))
    const input = textOf(one, [...one.rows, record], false)
    const found = await inferText(input, optionsOf(one))
    assert.equal(found.totals, undefined, input)
    const needed = neededOptions(found)
    assert.equal(needed.input.comment, undefined, input)
    const read = await readAs(found, input, optionsOf(one))
    assert.equal(read, one.rows.length + 1 - needed.rejects, input)
  })
})

t.test('if rows begin like the totals, no option omits them, and a warning says so', async t => {
  const rows = 'SUM,2024-01-02,1,2\nSUM,2024-01-03,1,2\nTOT,2024-01-03,1,2\nSUM,,,2\n'
  const found = await inferText(`sym,day,a,b\n${rows}`)
  t.equal(neededOptions(found).input.comment, undefined)
  t.match(found.totals?.said, [/1 record of sums, the first "SUM", .* line 5, would be loaded/])
})

t.test('a complete last record that begins like totals gets a warning', async t => {
  const found = await inferText('name,n\na,1\nb,2\nTotal,3\n')
  t.equal(neededOptions(found).input.comment, undefined)
  t.match(found.totals?.said, ['taken for a row: `input.comment` Total, leaves it out'])
})

t.test('a comment sign that other lines need is not replaced', async t => {
  const reader = { comment: '#' }
  const found = await inferText('#x\nday,a,b\n2024-01-02,1,2\n2024-01-03,1,2\n合计,,3\n', {
    reader,
  })
  t.equal(neededOptions(found).input.comment, undefined)
  t.match(found.totals?.said, ['would be loaded'])
})

t.test('an odd text that is first in the last record is not suggested as null', async t => {
  const rows = Array.from({ length: 9 }, (_, i) => `2024-01-0${i + 1},${i}\n`).join('')
  const last = await inferText(`day,n\n${rows}制表人,\n`)
  t.match(last.columns[0]!.warnings, [/"制表人", .* line 11, .* in the last record/])
  const sums = await inferText(`day,n,m\n${rows.replaceAll('\n', ',1\n')}合计,7,7\n`)
  t.notMatch(sums.columns[0]!.warnings, [/nullTexts/])
})

t.test('a few typing errors do not turn a column into texts', async t => {
  const texts = Array.from({ length: 1000 }, (_, i) => `${i},2024-01-02,${i}.5,20240102`)
  texts[400] = '12x,2024-13-45,abc,-'
  const found = await inferText(`id,day,price,date\n${texts.join('\n')}\n`)
  t.strictSame(typesOf(found), ['id:INT', 'day:DATE', 'price:DOUBLE', 'date:DATE'])
  t.match(found.columns[1]!.warnings, [
    '1 of 1000 texts are not DATE; the first is "2024-13-45", <stdin> line 402; `target.types` day:STRING keeps',
  ])
  t.equal(neededOptions(found).rejects, 3, 'at most')
  const few = await inferText(`id\n${texts.slice(0, 90).join('\n')}\nabc\n`.replace(/,.*/g, ''))
  t.strictSame(typesOf(few), ['id:STRING'])
})

t.test('with a given type, the days are counted although a few texts do not fit', async t => {
  const input = 'day,n\n2024-01-02,1\n2024-01-05,2\nx,3\n'
  const types = [{ name: 'day', type: { type: 'DATE' as const } }]
  const { columns } = await inferText(input, { types })
  t.match(columns[0], { refused: 1, days: { first: 19724, last: 19727 } })
  await t.rejects(inferText(input, { types: [{ ...types[0]!, name: 'dya' }] }), {
    message: /the table would have no column "dya"/,
  })
})
