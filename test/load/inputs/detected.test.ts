/* What the program reports about an input before it loads the input. */
import t from 'tap'
import { detectedNotices, detectedOf, detectedText } from '../../../src/load/inputs/detected.js'
import type { CellOptions } from '../../../src/load/options.js'
import { openReader, type ReaderOptions } from '../../../src/parse/formats.js'
import { memorySource } from '../../parse/reading.js'

async function told(text: string, options: ReaderOptions = {}, isByPosition = false) {
  const reader = await openReader(memorySource(text), options)
  const detected = detectedOf(reader)
  return { text: detectedText(detected), notices: detectedNotices(reader, detected, isByPosition) }
}

t.test('delimiter, quote, header and encoding are named, each as given or detected', async t => {
  for (const [text, options, said] of [
    ['id;n\n1;2\n', {}, 'delimiter ";" (found), quote "\\"" (found), header (found)'],
    [
      '1\t2\n',
      { delimiter: '\t', quote: '', header: 'no' },
      'delimiter "\\t" (given), no quotes (given), no header (given)',
    ],
    [
      'id;n\n1,5;"a \\" b";\n',
      { quote: '"' },
      'delimiter ";" (found), quote "\\"" (given), escape "\\\\" (found), header (found), ' +
        'decimal comma (found), trailing delimiter (found)',
    ],
    ['a\tb\n', { format: 'tsv' }, 'delimiter "\\t" (given), quote "\\"" (found), header (found)'],
  ] as const) {
    t.equal((await told(text, options)).text, `${said}, encoding utf-8 (found)`)
  }
  const { text, notices } = await told('{"a":1}', { format: 'ndjson' })
  t.strictSame([text, notices], ['encoding utf-8 (found)', []])
  t.strictSame((await told('')).notices, [], 'an empty input')
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

t.test('a decimal comma is reported as found, given, or ruled out', async t => {
  const text = 'id;n\n1;1,5\n2;2,25\n'
  const arrays = [{ name: 'n', type: { type: 'DOUBLE', array: true } }] as const
  const cases: [text: string, cells: CellOptions, value: boolean, how: string][] = [
    [text, {}, true, 'found'],
    ['a,b\n1,2\n', {}, false, 'found'],
    ['a,b\n1,2\n', { decimalComma: true }, true, 'given'],
    [text, { decimalComma: false }, false, 'given'],
    [text, { thousands: ',' }, false, 'found'],
  ]
  for (const [text, cells, value, how] of cases) {
    const reader = await openReader(memorySource(text))
    t.strictSame(detectedOf(reader, cells).decimalComma, { value, how })
    t.equal(detectedOf(reader, cells, arrays).decimalComma?.value, cells.decimalComma ?? false)
  }
})
