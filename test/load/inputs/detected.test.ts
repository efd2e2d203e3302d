/*
  What the program reports about an input before it loads the input.
*/
import t from 'tap'
import {
  detectedNotices,
  detectedOf,
  detectedText,
  type DetectedRules,
} from '../../../src/load/inputs/detected.js'
import { openReader, type ReaderOptions } from '../../../src/parse/formats.js'
import { memorySource } from '../../parse/reading.js'

async function told(
  text: string,
  options: ReaderOptions = {},
  isByPosition = false,
): Promise<{ text: string; notices: string[] }> {
  const reader = await openReader(memorySource(text), options)
  const detected = detectedOf(reader)
  return { text: detectedText(detected), notices: detectedNotices(reader, detected, isByPosition) }
}

t.test('delimiter, quote, header and encoding are named, each as given or detected', async t => {
  t.equal(
    (await told('id;n\n1;2\n')).text,
    'delimiter ";" (found), quote "\\"" (found), header (found), encoding utf-8 (found)',
  )
  t.equal(
    (await told('1\t2\n', { delimiter: '\t', quote: '', header: 'no' })).text,
    'delimiter "\\t" (given), no quotes (given), no header (given), encoding utf-8 (found)',
  )
  t.equal(
    (await told('id;n\n1,5;"a \\" b";\n', { quote: '"' })).text,
    'delimiter ";" (found), quote "\\"" (given), escape "\\\\" (found), header (found), ' +
      'decimal comma (found), trailing delimiter (found), encoding utf-8 (found)',
  )
  t.match((await told('a\tb\n', { format: 'tsv' })).text, /^delimiter "\\t" \(given\)/)
})

t.test('a record that is loaded although it may be a header is marked as uncertain', async t => {
  const doubts = async (...args: Parameters<typeof told>): Promise<string[]> =>
    (await told(...args)).notices.slice(1)
  t.match(await doubts('a,2024\nb,c\n', {}, true), [/`input\.header` yes/])
  t.strictSame(await doubts('a,2024\nb,c\n'), [])
  t.strictSame(await doubts('id,name\n1,a\n'), [])
  t.strictSame(await doubts('name,city\na,b\n', { header: 'yes' }), [])
  t.strictSame(await doubts('1,2\n', { header: 'no' }, true), [])
})

t.test('nothing is reported for JSON and empty inputs', async t => {
  t.strictSame((await told('{"a":1}', { format: 'ndjson' })).notices, [])
  t.strictSame((await told('')).notices, [])
  t.equal((await told('{"a":1}', { format: 'ndjson' })).text, 'encoding utf-8 (found)')
})

t.test('a decimal comma is reported as found, given, or ruled out', async t => {
  const comma = async (text: string, rules: DetectedRules) =>
    detectedOf(await openReader(memorySource(text)), rules).decimalComma
  const text = 'id;n\n1;1,5\n2;2,25\n'
  t.strictSame(await comma(text, {}), { value: true, how: 'found' })
  t.strictSame(await comma('a,b\n1,2\n', {}), { value: false, how: 'found' })
  t.strictSame(await comma('a,b\n1,2\n', { cells: { decimalComma: true } }), {
    value: true,
    how: 'given',
  })
  t.strictSame(await comma(text, { cells: { decimalComma: false } }), {
    value: false,
    how: 'given',
  })
  t.strictSame(await comma(text, { cells: { thousands: ',' } }), { value: false, how: 'found' })
  const columns = [{ name: 'n', type: { type: 'DOUBLE', array: true } }] as const
  t.strictSame(await comma(text, { columns }), { value: false, how: 'found' })
})
