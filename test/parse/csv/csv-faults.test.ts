/*
  What is said of delimited records that are not rows.
*/
import t from 'tap'
import {
  fieldCountMessage,
  openQuoteMessage,
  quoteMessage,
} from '../../../src/parse/csv/csv-faults.js'

t.test('one field is one field', async t => {
  t.equal(fieldCountMessage(1, 2), 'expected 1 field, got 2')
  t.equal(fieldCountMessage(3, 1), 'expected 3 fields, got 1')
})

t.test('a quote inside a field is told with its field and the way out', async t => {
  t.match(
    quoteMessage(2),
    /^field 2 .* in the middle: .*double.*`input\.quotes` lax.*`input\.quote` ''/,
  )
})

t.test('a quote without end is told with the limit where it has one', async t => {
  t.match(
    openQuoteMessage('the quote of line 3', undefined),
    /^the quote of line 3 is never closed: /,
  )
  t.match(
    openQuoteMessage('the quote of line 3', 16),
    /closed within 16 bytes: .*`input\.quote` ''/,
  )
})
