/*
  A cell without a text is null in every type, whatever bytes stand where it begins: those of a text that means null, of the
  next row in what a number style has written out, of the delimiter between elements.
*/
import t from 'tap'
import { read } from '../reading.js'

const types = [
  ...['BOOL', 'CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE'],
  ...['DATE', 'MONTH', 'TIME', 'MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'NANOTIME'],
  ...['NANOTIMESTAMP', 'DATEHOUR', 'UUID', 'IPADDR', 'INT128', 'COMPLEX', 'POINT'],
  ...['DECIMAL32(2)', 'DECIMAL64(4)', 'DECIMAL128(10)', 'STRING', 'SYMBOL', 'BLOB'],
]
const nullTexts = ['-', '+', '-1', '+1', '-999', '1', '0', '[', '(', '.', "'", '']

/** The values of column `c`, its cells in the order given. */
async function values(
  type: string,
  cells: readonly string[],
  rules: Parameters<typeof read>[2] = {},
): Promise<(string | undefined)[]> {
  const lines = cells.map(cell => `0;${cell}\n`).join('')
  const { rows, rejects } = await read(`n;c\n${lines}`, `n:INT,c:${type}`, {
    header: 'yes',
    delimiter: ';',
    ...rules,
  })
  t.strictSame(rejects, [], type)
  return rows.map(([, value]) => value)
}

const nothing = nullTexts.map(() => '')

t.test('texts that mean null', async t => {
  for (const type of types) {
    const found = await values(type, nullTexts, { batch: { cells: { nullTexts } } })
    t.strictSame(found, nothing, type)
  }
})

t.test('counts since 1970', async t => {
  for (const type of ['TIMESTAMP', 'NANOTIMESTAMP']) {
    for (const unit of ['s', 'ms', 'us', 'ns']) {
      const cells = { nullTexts, dateFormats: { c: `epoch:${unit}` } }
      t.strictSame(await values(type, nullTexts, { batch: { cells } }), nothing, `${type} ${unit}`)
    }
  }
})

t.test('in front of a row with a sign, in numbers with a style of their own', async t => {
  const numbers = ['SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE', 'DECIMAL32(0)', 'DECIMAL64(0)']
  for (const type of [...numbers, 'DECIMAL128(0)']) {
    for (const cells of [{ decimalComma: true }, { thousands: ' ' }]) {
      const found = await values(type, ['', '-5', '', '+7', ''], { batch: { cells } })
      t.strictSame(found, ['', '-5', '', '7', ''], type)
    }
  }
  const cells = { thousands: ',', dateFormats: { c: 'epoch:s' } }
  t.strictSame(await values('TIMESTAMP', ['', '-1'], { batch: { cells } }), [
    '',
    '1969.12.31T23:59:59.000',
  ])
})

t.test('elements of arrays with a sign between them', async t => {
  for (const type of ['INT[]', 'LONG[]', 'DOUBLE[]', 'DECIMAL64(0)[]']) {
    const found = await values(type, ['1--2', '--', '3-'], {
      batch: { cells: { arrayDelimiter: '-' } },
    })
    t.strictSame(found, ['[1,,2]', '[,,]', '[3,]'], type)
  }
})
