/* Checks tables in memory: writes, refused writes and their words, lists and schemas. */
import { classifyRefusal } from '../../load/outcomes/refusals.js'
import { vectorOf } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import {
  answerText,
  elementsOf,
  expectText,
  fail,
  numberOf,
  tableOf,
  tableOfColumns,
  textOf,
  textsOf,
} from '../answers.js'
import {
  ask,
  asks,
  batch,
  batchColumns,
  call,
  checksOf,
  columnsText,
  ints,
  onTable,
  pairs,
  streamTable,
  type Step,
  wrongBatch,
} from './steps.js'

/** Kinds of table that take rows of `batch`, and the scripts that make them. */
const kinds = {
  table: `table(${batchColumns})`,
  'stream table': streamTable,
  'keyed table': `keyedTable(\`id, ${batchColumns})`,
  'keyed stream table': `keyedStreamTable(\`id, ${batchColumns})`,
} as const

const keyed = (kind: string): string => `${kind}(\`k, 1:0, \`k\`v, [INT, INT])`
const onKeyed = (...steps: readonly Step[]) =>
  onTable(keyed('keyedTable'), call('tableInsert{T}', pairs([1, 2], [10, 20])), ...steps)
const texts = (type: 'SYMBOL' | 'STRING', values: readonly string[]) => vectorOf({ type }, values)

const readsBack = (table: string, rows: Table, method = 'tableInsert') =>
  onTable(
    table,
    call(`${method}{T}`, rows, method === 'tableInsert' ? rows.rows : undefined),
    ask('select * from T', rows),
  )
const writes = (kind: keyof typeof kinds, method: string) => ({
  [`${method} into a ${kind}`]: readsBack(kinds[kind], batch(0, 100), method),
})

const repeated = Array.from({ length: 3000 }, (_, i) => `s${i % 1000}`)
const thousandSymbols = tableOfColumns({ sym: texts('SYMBOL', repeated) })

export const insertChecks = [
  ...checksOf('insert', 'load into tables in memory', {
    ...writes('stream table', 'tableInsert'),
    ...writes('stream table', 'append!'),
    ...writes('table', 'tableInsert'),
    ...writes('table', 'append!'),
    ...writes('keyed table', 'tableInsert'),
    ...writes('keyed stream table', 'tableInsert'),
    'an empty table': onTable(streamTable, call('tableInsert{T}', batch(0, 0), 0)),
    'a batch of 100,000 rows': readsBack(streamTable, batch(0, 100_000)),
    'a thousand symbols': readsBack('streamTable(1:0, [`sym], [SYMBOL])', thousandSymbols),
    'columns match by position': onTable(
      kinds.table,
      call('tableInsert{T}', { ...batch(0, 3), columnNames: ['sym', 'price', 'id'] }),
      ask('select * from T', batch(0, 3)),
    ),
    'exec count(*) counts': onTable(
      streamTable,
      call('tableInsert{T}', batch(0, 7)),
      call('tableInsert{T}', batch(7, 5)),
      ask('exec count(*) from T', answer => {
        const type = answer !== undefined && 'type' in answer ? answer.type : ''
        const isNumber = type === 'INT' || type === 'LONG'
        if (!isNumber || numberOf(answer) !== 12) fail(`it answers ${answerText(answer)}, not 12`)
        return type
      }),
    ),
  }),
  ...checksOf('insert', 'load --method upsert, and the ledger of receipts', {
    'a keyed table keeps the last row of a key': onKeyed(
      call('tableInsert{T}', pairs([2, 3], [21, 30])),
      ask('select * from T order by k', pairs([1, 2, 3], [10, 21, 30])),
    ),
    'a keyed stream table keeps the first row of a key': onTable(
      keyed('keyedStreamTable'),
      call('tableInsert{T}', pairs([1, 2, 1], [10, 20, 11])),
      call('tableInsert{T}', pairs([2, 3], [21, 30])),
      ask('select * from T order by k', pairs([1, 2, 3], [10, 20, 30])),
    ),
    'upsert!': onKeyed(
      call('upsert!{T,,ignoreNull=false}', pairs([2, 3], [21, 30])),
      ask('select * from T order by k', pairs([1, 2, 3], [10, 21, 30])),
    ),
    'tableUpsert tells new and changed rows': onKeyed(
      call('tableUpsert{T,,ignoreNull=false}', pairs([2, 3, 4], [21, 30, 40]), answer => {
        // A pair or a vector.
        const counts = elementsOf(answer?.form === 'pair' ? answer.elements : answer)
        expectText('the answer', counts.map(numberOf).join(':'), '2:1')
      }),
    ),
  }),
]

export const missing = 'ddbIngestTestMissing'
const target = { refused: 'target' } as const
const twoColumns = tableOfColumns({ id: ints([1]), sym: texts('SYMBOL', ['A']) })

const caughtScript = `ddbIngestTestCaught = [\`none, \`none]
try { objByName("${missing}") } catch(ex) { ddbIngestTestCaught = [ex[0], ex[1]] }
ddbIngestTestCaught`

export const refusalChecks = [
  ...Object.entries(kinds).flatMap(([kind, table]) =>
    checksOf('refusals', 'receipts: a refused batch is sent again in halves', {
      [`R10, a refused insert into a ${kind} leaves nothing`]: onTable(
        table,
        call('tableInsert{T}', batch(100, 2)),
        call('tableInsert{T}', wrongBatch(5), { refused: 'rows' }),
        ask('exec count(*) from T', 2),
      ),
    }),
  ),
  ...checksOf('refusals', 'ending with 78 at once if a target does not exist or has changed', {
    'an unknown variable': asks(ask(missing, target)),
    'an unknown function': asks(ask(`${missing}(1)`, target)),
    'an unknown function in a call': asks(call(missing, batch(0, 1), target)),
    'an unknown table in a query': asks(ask(`select * from ${missing}`, target)),
    'an unknown table in a call': asks(call(`tableInsert{${missing}}`, batch(0, 1), target)),
    'an unknown name in objByName': asks(ask(`objByName("${missing}")`, target)),
    'too few columns': onTable(kinds.table, call('tableInsert{T}', twoColumns, target)),
  }),
  ...checksOf('refusals', 'the reasons of refused batches', {
    'catch gives class and text': asks(
      ask(caughtScript, answer => {
        const words = elementsOf(answer).map(textOf).join(': ')
        return classifyRefusal(words) === 'target' ? words : fail(`it gives ${words}`)
      }),
    ),
    'a thrown text arrives whole': asks(
      ask('throw "ddbIngestTest refuses"', { refused: /ddbIngestTest refuses/ }),
    ),
  }),
]

export const openQuestionChecks = checksOf('open', 'finding the table of a run, and its columns', {
  'objs(true) lists shared tables': async ({ share, ask }) => {
    const name = await share('listed', 'table([1] as v)')
    const { columnNames, columns } = tableOf(
      await ask('select * from objs(true) where shared=true'),
    )
    const names = columns[columnNames.indexOf('name')] ?? fail('the answer has no column name')
    return textsOf(names).includes(name) ? columnNames.join(', ') : fail('it is not in the list')
  },
  'schema() tells the columns': onTable(
    'table(1:0, `a`b`c`d, [INT, SYMBOL, DECIMAL64(4), DOUBLE[]])',
    ask('schema(T)', answer => {
      expectText('the columns', columnsText(answer), 'a INT, b SYMBOL, c DECIMAL64(4), d DOUBLE[]')
    }),
  ),
})
