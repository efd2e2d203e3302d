/*
  Checks tables in memory: writes, refused writes and their words, lists and schemas.
*/
import { classifyRefusal } from '../../load/outcomes/refusal.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import {
  answerText,
  columnOf,
  elementsOf,
  numberOf,
  tableOf,
  tableOfColumns,
  textOf,
  textsOf,
} from '../answers.js'
import { expectText, fail, type Check } from '../check.js'
import {
  ask,
  batch,
  batchColumns,
  call,
  ints,
  pairs,
  stepsCheck,
  streamTable,
  wrongBatch,
} from './steps.js'

const table = `table(${batchColumns})`
const keyed = (kind: string): string => `${kind}(\`k, 1:0, \`k\`v, [INT, INT])`
const texts = (type: 'SYMBOL' | 'STRING', values: readonly string[]) => vectorOf({ type }, values)

function writes(kind: string, table: string, method: string): Check {
  const rows = batch(0, 100)
  return stepsCheck({
    name: `insert: ${method} into a ${kind}`,
    dependsOnIt: `load --table with method ${method}`,
    table,
    steps: [
      call(`${method}{T}`, rows, method === 'tableInsert' ? 100 : undefined),
      ask('select * from T', rows),
    ],
  })
}

const thousandSymbols = tableOfColumns({
  sym: texts(
    'SYMBOL',
    Array.from({ length: 3000 }, (_, i) => `s${i % 1000}`),
  ),
})
const numbers = [1, null, -3]
const words = ['x', '', 'y']

/** The two numbers of tableUpsert, a pair or a vector. */
function expectCounts(answer: Value | undefined): void {
  const counts = answer?.form === 'pair' ? elementsOf(answer.elements) : elementsOf(answer)
  expectText('the answer', counts.map(numberOf).join(':'), '2:1')
}

export const insertChecks: readonly Check[] = [
  writes('stream table', streamTable, 'tableInsert'),
  writes('stream table', streamTable, 'append!'),
  writes('table', table, 'tableInsert'),
  writes('table', table, 'append!'),
  writes('keyed table', `keyedTable(\`id, ${batchColumns})`, 'tableInsert'),
  writes('keyed stream table', `keyedStreamTable(\`id, ${batchColumns})`, 'tableInsert'),
  stepsCheck({
    name: 'insert: scalars, one for each column',
    dependsOnIt: 'the ledger of receipts, which is written that way',
    table: streamTable,
    steps: [
      ask('tableInsert(objByName("T"), 1, `A, 2.5)', 1),
      ask('exec string(sym) from T', 'STRING vector [A]'),
    ],
  }),
  stepsCheck({
    name: 'insert: an empty table',
    dependsOnIt: 'batches that lost all of their rows',
    table: streamTable,
    steps: [call('tableInsert{T}', batch(0, 0), 0)],
  }),
  stepsCheck({
    name: 'insert: a batch of 100,000 rows',
    dependsOnIt: 'batches of the usual size and above',
    table: streamTable,
    steps: [
      call('tableInsert{T}', batch(0, 100_000), 100_000),
      ask('select * from T', batch(0, 100_000)),
    ],
  }),
  stepsCheck({
    name: 'insert: a thousand symbols',
    dependsOnIt: 'SYMBOL columns',
    table: 'streamTable(1:0, [`sym], [SYMBOL])',
    steps: [call('tableInsert{T}', thousandSymbols), ask('select * from T', thousandSymbols)],
  }),
  stepsCheck({
    name: 'insert: columns match by position',
    dependsOnIt:
      'batches being sent in the order of the target, whatever the input calls its columns',
    table,
    steps: [
      call('tableInsert{T}', { ...batch(0, 3), columnNames: ['sym', 'price', 'id'] }),
      ask('select * from T', batch(0, 3)),
    ],
  }),
  stepsCheck({
    name: 'insert: types are converted in memory',
    dependsOnIt: 'functions as targets, if types differ',
    table: 'table(1:0, `a`b`s, [LONG, DOUBLE, SYMBOL])',
    steps: [
      call(
        'tableInsert{T}',
        tableOfColumns({ a: ints(numbers), b: ints(numbers), s: texts('STRING', words) }),
      ),
      ask(
        'select * from T',
        tableOfColumns({
          a: vectorOf({ type: 'LONG' }, numbers),
          b: vectorOf({ type: 'DOUBLE' }, numbers),
          s: texts('SYMBOL', words),
        }),
      ),
    ],
  }),
  stepsCheck({
    name: 'insert: a keyed table keeps the last row of a key',
    dependsOnIt: 'sending rows again into keyed tables without harm',
    table: keyed('keyedTable'),
    steps: [
      call('tableInsert{T}', pairs([1, 2], [10, 20])),
      call('tableInsert{T}', pairs([2, 3], [21, 30])),
      ask('select * from T order by k', pairs([1, 2, 3], [10, 21, 30])),
    ],
  }),
  stepsCheck({
    name: 'insert: a keyed stream table keeps the first row of a key',
    dependsOnIt: 'receipts: the second claim of a batch must insert nothing',
    table: keyed('keyedStreamTable'),
    steps: [
      call('tableInsert{T}', pairs([1, 2, 1], [10, 20, 11])),
      call('tableInsert{T}', pairs([2, 3], [21, 30])),
      ask('select * from T order by k', pairs([1, 2, 3], [10, 20, 30])),
    ],
  }),
  stepsCheck({
    name: 'insert: upsert!',
    dependsOnIt: 'load --method upsert',
    table: keyed('keyedTable'),
    steps: [
      call('tableInsert{T}', pairs([1, 2], [10, 20])),
      call('upsert!{T,,ignoreNull=false}', pairs([2, 3], [21, 30])),
      ask('select * from T order by k', pairs([1, 2, 3], [10, 21, 30])),
    ],
  }),
  stepsCheck({
    name: 'insert: tableUpsert tells new and changed rows',
    dependsOnIt: 'load --method upsert with answers or receipts',
    table: keyed('keyedTable'),
    steps: [
      call('tableInsert{T}', pairs([1, 2], [10, 20])),
      call('tableUpsert{T,,ignoreNull=false}', pairs([2, 3, 4], [21, 30, 40]), expectCounts),
    ],
  }),
  stepsCheck({
    name: 'insert: a table is found by objByName in a function',
    dependsOnIt: 'receipts',
    table: streamTable,
    steps: [
      ask('def ddbIngestTestWrite(mutable data) { return tableInsert(objByName("T"), data) }'),
      call('ddbIngestTestWrite', batch(0, 4), 4),
      ask('select * from T', batch(0, 4)),
    ],
  }),
  stepsCheck({
    name: 'insert: exec count(*) counts',
    dependsOnIt: 'load: whether a DFS table has kept its rows',
    table: streamTable,
    steps: [
      call('tableInsert{T}', batch(0, 7)),
      call('tableInsert{T}', batch(7, 5)),
      ask('exec count(*) from T', answer => {
        const type = answer !== undefined && 'type' in answer ? answer.type : ''
        const isNumber = type === 'INT' || type === 'LONG'
        if (!isNumber || numberOf(answer) !== 12) fail(`it answers ${answerText(answer)}, not 12`)
        return type
      }),
    ],
  }),
]

function leavesNothing(kind: string, table: string): Check {
  return stepsCheck({
    name: `refusals: R10, a refused insert into a ${kind} leaves nothing`,
    dependsOnIt: 'receipts: a refused batch is sent again in halves',
    table,
    steps: [
      call('tableInsert{T}', batch(100, 2)),
      call('tableInsert{T}', wrongBatch(5), { refused: 'rows' }),
      ask('exec count(*) from T', 2),
    ],
  })
}

export const missing = 'ddbIngestTestMissing'

const unknownNames = {
  'an unknown variable': ask(missing, { refused: 'target' }),
  'an unknown function': ask(`${missing}(1)`, { refused: 'target' }),
  'an unknown function in a call': call(missing, batch(0, 1), { refused: 'target' }),
  'an unknown table in a query': ask(`select * from ${missing}`, { refused: 'target' }),
  'an unknown table in a call': call(`tableInsert{${missing}}`, batch(0, 1), { refused: 'target' }),
  'an unknown name in objByName': ask(`objByName("${missing}")`, { refused: 'target' }),
}

const caughtScript = `ddbIngestTestCaught = [\`none, \`none]
try { objByName("${missing}") } catch(ex) { ddbIngestTestCaught = [ex[0], ex[1]] }
ddbIngestTestCaught`

export const refusalChecks: readonly Check[] = [
  leavesNothing('table', table),
  leavesNothing('stream table', streamTable),
  leavesNothing('keyed table', `keyedTable(\`id, ${batchColumns})`),
  leavesNothing('keyed stream table', `keyedStreamTable(\`id, ${batchColumns})`),
  ...Object.entries(unknownNames).map(([what, step]) =>
    stepsCheck({
      name: `refusals: ${what}`,
      dependsOnIt: 'ending with 78 at once if a target does not exist',
      steps: [step],
    }),
  ),
  stepsCheck({
    name: 'refusals: too few columns',
    dependsOnIt: 'ending with 78 at once if the target has changed',
    table,
    steps: [
      call('tableInsert{T}', tableOfColumns({ id: ints([1]), sym: texts('SYMBOL', ['A']) }), {
        refused: 'target',
      }),
    ],
  }),
  stepsCheck({
    name: 'refusals: catch gives class and text',
    dependsOnIt: 'receipts: the outcome of a refused batch is written that way',
    steps: [
      ask(caughtScript, answer => {
        const words = elementsOf(answer).map(textOf).join(': ')
        return classifyRefusal(words) === 'target' ? words : fail(`it gives ${words}`)
      }),
    ],
  }),
  {
    name: 'refusals: a thrown text arrives whole',
    dependsOnIt: 'messages of functions that refuse rows',
    async run({ refusalOf }) {
      const words = (await refusalOf('throw "ddbIngestTest refuses"')) ?? fail('it is accepted')
      return words.includes('ddbIngestTest refuses') ? words : fail(words)
    },
  },
]

export const openQuestionChecks: readonly Check[] = [
  {
    name: 'open: defined tells of shared tables',
    dependsOnIt: 'marker and ledger of a run',
    async run({ tableName, ask }) {
      const name = tableName('defined')
      const script = `defined("${name}", SHARED)`
      const before = numberOf(await ask(script))
      await ask(`share(table([1] as v), "${name}")`)
      expectText('it answers', `${before},${numberOf(await ask(script))}`, '0,1')
    },
  },
  {
    name: 'open: objs(true) lists shared tables',
    dependsOnIt: 'similar names for a wrong --table, and naming what killed runs have left',
    async run({ share, ask }) {
      const name = await share('listed', 'table([1] as v)')
      const objects = tableOf(await ask('select * from objs(true) where shared=true'))
      const isFound = textsOf(columnOf(objects, 'name')).includes(name)
      return isFound ? objects.columnNames.join(', ') : fail('it is not in the list')
    },
  },
  stepsCheck({
    name: 'open: schema() tells the columns',
    dependsOnIt: 'load --table: the columns come from there',
    table: 'table(1:0, `a`b`c`d, [INT, SYMBOL, DECIMAL64(4), DOUBLE[]])',
    steps: [
      ask('schema(T)', answer => {
        const { columns } = schemaFromServer(answer ?? fail('there is no answer'))
        const text = columns.map(({ name, type }) => `${name} ${columnTypeText(type)}`).join(', ')
        expectText('the columns', text, 'a INT, b SYMBOL, c DECIMAL64(4), d DOUBLE[]')
      }),
    ],
  }),
  {
    name: 'open: the form of an undefined symbol',
    dependsOnIt: 'ending with 78 if a name is wrong',
    async run({ refusalOf }) {
      const words = await refusalOf('ddbIngestTestUndefined')
      return `refused: ${words ?? fail('it is accepted')}`
    },
  },
]
