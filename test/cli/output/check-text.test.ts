import t from 'tap'
import { checkText, commandsTitle } from '../../../src/cli/output/check-text.js'
import { emptyCheck } from '../../../src/cli/output/empty-check.js'
import { DdbError } from '../../../src/errors.js'
import type { CheckedField, CheckResult } from '../../../src/load/check/check-result.js'

const plain = (_: unknown, text: string): string => text

function result(change: Partial<CheckResult>): CheckResult {
  const empty = emptyCheck({ host: 'h', port: 1 }, { table: 't' }, new DdbError('DDB_TARGET', ''))
  const columns = ['a', 'b'].map(name => ({ name, type: 'INT', nulls: 0, coerced: 0, rejected: 0 }))
  return { ...empty, status: 'fits', exitCode: 0, error: null, columns, ...change }
}

const text = (change: Partial<CheckResult>): string => checkText(result(change), plain)

const field = (change: Partial<CheckedField>): CheckedField => ({
  source: null,
  position: null,
  text: null,
  column: null,
  value: null,
  ...change,
})

const input = (change: Partial<CheckResult['inputs'][number]>): CheckResult['inputs'][number] => ({
  path: 'a.csv',
  format: 'csv',
  compression: 'none',
  bytes: 10,
  rows: 3,
  rejected: 0,
  firstError: null,
  detected: null,
  isWhole: true,
  fields: [],
  ...change,
})

t.test('the first sentence says what would become of the rows', async t => {
  const rows = { read: 3, fit: 3, rejected: 0, unfit: 0 }
  const batches = { looked: 2, expected: 2 }
  t.equal(text({ rows, batches }), 'All 3 rows would load into t on h:1; 2 batches in all.\n')
  t.equal(
    text({ status: 'rejects', rows: { ...rows, fit: 2, rejected: 1 }, inputs: [] }),
    '2 of 3 rows would load into t on h:1: 1 would be rejected.\n',
  )
  const unfit = { ...rows, fit: 1, unfit: 2 }
  t.match(text({ status: 'failed', rows: unfit }), /: 0 would be rejected, 2 of inputs that do not/)
  t.match(text({ rows, inputs: [input({ isWhole: false })] }), /^All 3 rows that were looked at/)
  t.match(text({ columns: [], rows }), /^The columns of t on h:1 are not known: .*\(3 rows looked/)
})

t.test('each column has its line, and no control character reaches the terminal', async t => {
  const fields = [
    field({ source: 'x', position: 1, text: '1\u001b[2J', column: 'a', value: '1' }),
    field({ position: 2, text: 'y'.repeat(50), column: 'b', value: '' }),
    field({ position: 3, text: '7' }),
    field({ text: '7', column: 'b', value: '7' }),
  ]
  const lines = text({ inputs: [input({ fields })] }).split('\n')
  t.equal(lines[2], 'a.csv: csv, 10 B read, 3 rows')
  t.match(lines[3], /^ {2}input +text +column +type +value +nulls +bad$/)
  t.match(lines[4], /^ {2}x +1 +a +INT +1 +0 +0$/)
  t.match(lines[5], /^ {2}field 2 +y{31}… +b +INT +0 +0$/)
  t.match(lines[6], /^ {2}field 3 +7 +\(left out\)$/)
  t.match(lines[7], /^ {2}\(set\) +7 +b +INT +7 /)
})

t.test('inputs that are read alike share a table, and many are counted', async t => {
  const fields = [field({ source: 'x', position: 1, column: 'a' })]
  const inputs = Array.from({ length: 23 }, (_, i) => input({ path: `${i}.csv`, fields }))
  const shown = text({ inputs })
  t.equal(shown.split('input  text').length, 2)
  t.match(shown, /\nand 3 more inputs\n/)
})

t.test('partitions and problems are named, the first ones', async t => {
  const shown = text({
    status: 'rejects',
    rows: { read: 9, fit: 7, rejected: 2, unfit: 0 },
    rejects: { byClass: { parse: 0, type: 2, server: 0 }, byCode: { DDB_INPUT_CELL: 2 } },
    problems: [
      {
        file: 'a.csv',
        lineNumber: 1234,
        offsetBytes: 1,
        columnName: 'a',
        code: 'DDB_INPUT_CELL',
        class: 'type',
        message: 'no',
        value: 'x',
      },
    ],
    partitions: {
      dimensions: [
        { column: 'a', kind: 'VALUE' },
        { column: 'b', kind: 'HASH' },
      ],
      count: 12,
      added: 1,
      largest: Array.from({ length: 12 }, () => ({ keys: ['2020.01.01', null], rows: 3 })),
      outside: null,
    },
  })
  t.match(shown, /^12 partitions by a \(VALUE\), b \(HASH\), 1 of them new; whether rows lie/m)
  t.match(shown, /^ {2}2020\.01\.01 \/ \*: 3 rows$/m)
  t.match(shown, /^ {2}and 2 more$/m)
  t.match(shown, /^2 rows would be rejected \(DDB_INPUT_CELL 2\)$/m)
  t.match(shown, /^ {2}a\.csv, line 1,234, column a: no$/m)
  t.match(shown, /^ {2}and 1 more$/m)
})

t.test('one command or several', async t => {
  t.equal(commandsTitle(result({ commands: ['x'] }), plain), 'to load exactly so:')
  t.match(commandsTitle(result({ commands: ['x', 'y'] }), plain), /several loads:$/)
  const error = { code: 'DDB_TARGET', message: '' }
  t.match(commandsTitle(result({ commands: ['x'], error }), plain), /what was found is said:$/)
})
