/*
  The most probable role of a first record if nothing proves that it is a header. A person sees the assumption before
  anything is stored.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { assumedHeader, isLikelyName, isUsualName } from '../../../src/parse/csv/assume-header.js'
import { forAll } from '../../helpers/runs.js'

const split = (line: string): string[] => line.split(',').map(text => text.trim())

/** @param lines  separated by ` / ` */
function assumed(lines: string): 'header' | 'row' | 'unclear' {
  const [first = [], ...rows] = lines.split(' / ').map(split)
  const answer = assumedHeader(first, rows)
  return answer === undefined ? 'unclear' : answer.isHeader ? 'header' : 'row'
}

const twice = (lines: string): string => `${lines} / ${lines}`

t.test('names look different from the texts below, values look like them', async t => {
  for (const [lines, expected] of [
    // Names as programs and as people write them.
    ['property_name,group / Old Ken Road,brown / The Shire,fantasy / Vine Street,orange', 'header'],
    ['userId,lastName / a41,Smith / b17,Jones', 'header'],
    ['证券代码,所属行业 / 平安银行,银行 / 万科,地产', 'header'],
    ['col1,col2 / AAA,AAN / BAA,BAN / CAA,CAN', 'header'],
    ['state,2020 / Alabama,R+27 / Alaska,R+16 / Arizona,R+8 / Utah,R+26', 'header'],
    ['name / Party / Disco / Exam', 'header'],
    ['bar_id,some_date', 'header'],
    // Headers of years and of consecutive numbers.
    ['Year,2000,2001,2002 / Chemicals,a,b,c / Paper,d,e,f', 'header'],
    ['a,b,c / ,x, / ,,y', 'header'],
    ['a,b / c,d / e,f', 'unclear'],
    ['a,b / ,b / , / , / , / a, / , / , / ,', 'unclear'],
    ['1,2,3 / 4,5,6', 'row'],
    // A first record of the same kind as the values.
    ['AAPL,Apple Inc.,NASDAQ / IBM,IBM Corp.,NYSE / GE,GE Inc.,NYSE / F,Ford Corp.,NYSE', 'row'],
    ['平安银行,银行 / 万科,地产 / 招商银行,银行 / 保利,地产 / 民生银行,银行 / 金地,地产', 'row'],
    [twice('SARAH-AbaukE / SARAH-pVnkBD / SARAH-fwoeYg / SARAH-rjDdtJ'), 'row'],
    ['http://a.org/1,One / http://a.org/2,Two / http://a.org/3,Three', 'row'],
    ['Y / Y / N / Y', 'row'],
    ['1,StreetA', 'row'],
    ['31/05/2018,15:30,3', 'row'],
    // Too little evidence.
    ['alice,bob', 'unclear'],
    ['alice,bob / carol,dave', 'unclear'],
    ['Test', 'unclear'],
    ['one / two', 'unclear'],
    [',, / 123,a,b', 'unclear'],
    [',', 'unclear'],
    // First records that do not belong to the table: a line of an export, a title, a comment.
    [`H,daily / ${twice(twice('D,x / D,y / D,z'))}`, 'unclear'],
    [`H,20240102 / ${twice(twice('D,x / D,y / D,z'))}`, 'unclear'],
    ['made_by_hand / a,b,c / d,e,f / g,h,i', 'unclear'],
    ['# made_by / # hand / user_id / 5', 'unclear'],
    // A header that repeats.
    ['user_id,full_name,x / a,b,c / user_id,full_name,x / d,e,f / g,h,i', 'unclear'],
  ] as const) {
    t.equal(assumed(lines), expected, lines)
  }
})

t.test('the field with the strongest evidence is named', async t => {
  const rows = ['Old Ken Road,brown', 'The Shire,fantasy', 'Vine Street,brown'].map(split)
  const expected = { isHeader: true, field: 'property_name', record: ['property_name', 'group'] }
  t.match(assumedHeader(['property_name', 'group'], rows), expected)
  t.match(assumedHeader(['5', 'a'], []), { isHeader: false, field: '5' })
})

t.test('words that occur in column names', async t => {
  for (const [text, isUsual, isLikely] of [
    ['last name', true, true],
    ['USER_ID', true, true],
    ['state', false, true],
    ['Field 2', false, true],
    ['成交金额(元)', false, true],
    ['平安银行', false, false],
    ['alice', false, false],
    [`${'x'.repeat(40)} name`, false, false],
  ] as const) {
    t.equal(isUsualName(text), isUsual, text)
    t.equal(isLikelyName(text), isLikely, text)
  }
})

const cell = fc.oneof(
  fc.constantFrom('', ...'a|id|user_id|Name|NYSE|5|2020|1.5|a b|N/A|名称'.split('|')),
  fc.string({ maxLength: 6 }).map(text => text.trim()),
)
const table = fc
  .integer({ min: 1, max: 4 })
  .chain(width =>
    fc.tuple(
      fc.array(cell, { minLength: width, maxLength: width }),
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 30 }),
    ),
  )

t.test('the order of the records does not matter', async () => {
  forAll(2000)(table, fc.infiniteStream(fc.nat()), ([first, rows], order) => {
    const keys = rows.map(row => [order.next().value as number, row] as const)
    const shuffled = keys.toSorted(([a], [b]) => a - b).map(([, row]) => row)
    assert.deepEqual(assumedHeader(first, shuffled), assumedHeader(first, rows))
  })
})

t.test('a record whose every text also occurs as a value below is no header', async () => {
  const narrow = table.filter(([first, rows]) => first.length < 3 && rows.length > 0)
  forAll(2000)(narrow, fc.infiniteStream(fc.nat()), ([, rows], picks) => {
    const first = rows[0]!.map((_, i) => rows[picks.next().value! % rows.length]![i]!)
    assert.notEqual(assumedHeader(first, rows)?.isHeader, true)
  })
})

t.test('for any records there is an answer, and its field is in the record', async () => {
  const ragged = fc.tuple(
    fc.array(cell, { maxLength: 5 }),
    fc.array(fc.array(cell, { maxLength: 6 })),
  )
  forAll(100)(ragged, ([first, rows]) => {
    const answer = assumedHeader(first, rows)
    if (answer === undefined) return
    assert.deepEqual(answer.record, first)
    assert.ok(first.includes(answer.field) || answer.field === first.join(' '))
  })
})
