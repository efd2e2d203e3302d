/* Columns that templates fill equal plain columns with the same texts. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { forAllAsync } from '../../helpers/runs.js'
import { cells } from '../../helpers/values.js'
import { read, type ReadResult } from '../reading.js'

const kept = ({ rows, places, rejects }: ReadResult): unknown => ({
  rows: rows.map(row => row.at(-1)),
  lines: places.map(({ lineNumber }) => lineNumber),
  rejects: rejects.map(({ lineNumber, message, value, columnName }) => ({
    lineNumber,
    message,
    value,
    columnName,
  })),
})

const day = fc.constantFrom('2024-01-02', '2024.02.29', '2023-02-29', '', 'x', ' 2024-01-02 ', 'NA')
const clock = fc.constantFrom('09:30:00.123', '9:30', '', '25:00:00', 'NA', '093000123')
const cases = fc.array(fc.tuple(day, clock), { minLength: 1, maxLength: 40 })
const isNull = (text: string): boolean => text === '' || text.trim() === 'NA'

t.test('the column type reads the resulting text, which is null if a part is null', async () => {
  await forAllAsync(100)(
    cases,
    fc.constantFrom('TIMESTAMP', 'STRING', 'SYMBOL'),
    fc.boolean(),
    async (rows, type, lenient) => {
      const cells = { nullTexts: ['NA'], lenient }
      const made = await read(`d,c\n${rows.map(([d, c]) => `${d},${c}\n`).join('')}`, `t:${type}`, {
        set: { t: '{d} {c}' },
        header: 'yes',
        delimiter: ',',
        batch: { cells },
      })
      const plain = await read(
        `x,t\n${rows.map(([d, c]) => `,${isNull(d) || isNull(c) ? '' : `${d} ${c}`}\n`).join('')}`,
        `t:${type}`,
        { ignoreExtra: true, header: 'yes', delimiter: ',', batch: { cells } },
      )
      assert.deepEqual(kept(made), kept(plain))
      assert.deepEqual(made.reader.columnCounts, plain.reader.columnCounts)
    },
  )
})

t.test('texts of many small batches are the same before and after they get a kernel', async () => {
  const texts = Array.from({ length: 20 }, (_, length) => 'x'.repeat(length + 10))
  const { rows } = await read(
    `n\n${'1\n'.repeat(3000)}`,
    texts.map((_, i) => `c${i}:STRING`).join(),
    {
      set: Object.fromEntries(texts.map((text, i) => [`c${i}`, text])),
      ...{ header: 'yes', ignoreExtra: true, batch: { batchRows: 20 } },
    },
  )
  assert.deepEqual(rows, Array<string[]>(3000).fill(texts))
})

t.test('templates contain line numbers, texts of the input, and styled numbers', async t => {
  const { rows } = await read(
    'a;b\n1,5;x\n"2\n,5";y\n3,5;z\n',
    'n:DOUBLE,s:STRING,l:INT,p:STRING',
    {
      set: { n: '{a}', s: '{b}{part}', l: '{line}', p: '{part}' },
      header: 'yes',
      delimiter: ';',
      quote: '"',
      batch: { cells: { decimalComma: true, lenient: true }, texts: { part: '!' } },
      parts: ['part'],
    },
  )
  t.strictSame(rows, cells('1.5,x!,2,!', ',y!,3,!', '3.5,z!,5,!'))
})

t.test('members of JSON: any text, and numbers in the spelling of JSON', async t => {
  const options = { name: 'a.ndjson', set: { s: '{a}-{b.c}', n: '{a}' }, format: 'ndjson' as const }
  const text = '{"a":1.500,"b":{"c":true}}\n{"a":null,"b":{"c":"x"}}\n{"a":"é","b":{"c":[1]}}\n'
  const { rows, rejects } = await read(text, 's:STRING,n:DOUBLE', {
    ...options,
    batch: { cells: { thousands: '.', decimalComma: true } },
  })
  t.strictSame(rows, cells('1.500-true,1.5', ','))
  t.match(rejects, [{ lineNumber: 3, message: /STRING column "s": expected/ }])
})
