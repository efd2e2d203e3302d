import t from 'tap'
import {
  columnTypeText,
  dataTypes,
  isDecimal,
  type DataType,
} from '../../../src/protocol/data-type.js'
import { columnTypeOf, elementAt, isNullAt } from '../../../src/protocol/element.js'
import type { Column, Vector } from '../../../src/protocol/value.js'
import { asynchronousChecks } from '../../../src/selftest/checks/asynchronous.js'
import { insertChecks, refusalChecks } from '../../../src/selftest/checks/memory.js'
import { arraySamples, columnSamples, typeChecks } from '../../../src/selftest/checks/types.js'
import { requestedFaults, type Faults } from '../../../src/server/index.js'
import { answering, each, instead, intBytes, int32Bytes } from '../../helpers/rewriting-proxy.js'
import { textsOf } from '../../helpers/script.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const names = insertChecks.map(({ name }) => name)
const long = (value: number): string => `${String.fromCharCode(value)}${'\0'.repeat(7)}`

/** Makes `insertNamed` match columns by name. DolphinDB does not do so. */
const byName =
  'def insertNamed(mutable t, mutable data) { return tableInsert(t, select int(price) as id, string(id) as sym, double(price) as price from data) }\naddFunctionView(insertNamed)'

testChecks(
  t,
  insertChecks,
  { 'insert: exec count(*) counts': 'INT' },
  {
    'inserts that are dropped': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: names.filter(name => !/append!|empty/.test(name)),
      passes: ['insert: an empty table'],
    },
    'inserts that are refused': {
      server: { faults: { beforeWrite: () => ({ error: 'disk on fire' }) } },
      fails: names.filter(name => !name.includes('append!')),
    },
    'append! that appends nothing': {
      toServer: instead('append!{', 'eqObj{'),
      fails: ['insert: append! into a stream table', 'insert: append! into a table'],
    },
    'answers that count wrongly': {
      toClient: each(
        instead(intBytes(0), intBytes(1)),
        instead(intBytes(12), intBytes(13)),
        instead(long(2) + long(1), long(3) + long(0)),
      ),
      fails: [
        'insert: an empty table',
        'insert: exec count(*) counts',
        'insert: tableUpsert tells new and changed rows',
      ],
    },
    'texts that are damaged': {
      toClient: each(
        answering('thousandsymbols', instead('s999\0', 's998\0')),
        answering('scalarsoneforeachcolumn', instead('A\0', 'B\0')),
      ),
      fails: ['insert: a thousand symbols', 'insert: scalars, one for each column'],
    },
    'columns that match by name': {
      server: { initScript: byName },
      toServer: instead('tableInsert{', 'insertNamed{'),
      fails: ['insert: columns match by position'],
    },
    'keys that are not looked at': {
      toServer: each(
        instead('keyedTable(`k, ', 'table('),
        instead('keyedStreamTable(`k, ', 'streamTable('),
      ),
      fails: [
        'insert: a keyed table keeps the last row of a key',
        'insert: a keyed stream table keeps the first row of a key',
        'insert: upsert!',
      ],
    },
    'keyed stream tables that overwrite': {
      toServer: instead('keyedStreamTable(', 'keyedTable('),
      fails: ['insert: a keyed stream table keeps the first row of a key'],
    },
  },
)

const select = 'select * from ddbIngestTestValues'
const namesOfTypes = typeChecks.map(({ name }) => name)
const textNames = namesOfTypes.filter(name => /(SYMBOL|STRING|BLOB)/.test(name))
const otherNames = namesOfTypes.filter(name => !textNames.includes(name))
/** Changes the last byte of an answer, which is the highest byte of the last value. */
const lastBit = (chunk: string): string => {
  const last = chunk.charCodeAt(chunk.length - 1)
  return `${chunk.slice(0, -1)}${String.fromCharCode(last ^ 1)}`
}

testChecks(
  t,
  typeChecks,
  {},
  {
    'inserts that are dropped': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: namesOfTypes,
    },
    'values that lose a bit': {
      toClient: answering(select, lastBit),
      fails: otherNames,
    },
    'texts that lose a letter': {
      toClient: answering(select, instead('A', 'B')),
      fails: textNames,
    },
    'nulls that become values': {
      toClient: instead('\x00\x00\x00\x80', int32Bytes(1)),
      fails: ['types: INT column', 'types: INT[] column', 'types: INT scalar'],
    },
    'the smallest difference of a DOUBLE': {
      // 0.1, and the next smaller DOUBLE.
      toClient: instead('\x9a\x99\x99\x99\x99\x99\xb9\x3f', '\x99\x99\x99\x99\x99\x99\xb9\x3f'),
      fails: ['types: DOUBLE column'],
      passes: ['types: LONG column'],
    },
    'types that are widened': {
      toServer: instead('[SHORT])', '[INT])'),
      fails: ['types: SHORT column'],
    },
  },
)

t.test('every type is tried in each form in which it can be sent', async t => {
  const count = (form: RegExp): number => namesOfTypes.filter(name => form.test(name)).length
  t.equal(count(/ scalar$/), 28)
  t.equal(count(/[^\]] column$/), 28)
  t.equal(count(/\[\] column$/), 25)
})

/** Types that a column of a table can have. */
const storable = (Object.keys(dataTypes) as DataType[]).filter(type => {
  const { category } = dataTypes[type]
  return !['nothing', 'mixed', 'system'].includes(category) && type !== 'DATEMINUTE'
})

t.test('every column type has a sample, and one of arrays if the type allows them', async t => {
  const sampled = columnSamples.map(({ column }) => columnTypeOf(column).type)
  t.strictSame([...sampled].sort(), [...storable].sort())
  const arrays = arraySamples.map(({ column }) => columnTypeOf(column).type)
  t.strictSame(
    [...arrays].sort(),
    storable.filter(type => !['SYMBOL', 'STRING', 'BLOB'].includes(type)).sort(),
  )
  for (const { type, column } of [...columnSamples, ...arraySamples]) {
    t.equal(columnTypeText(columnTypeOf(column)), type, 'as scripts spell it')
  }
})

const nullsOf = (column: Column): number =>
  Array.from({ length: column.length }, (_, row) => isNullAt(column, row)).filter(Boolean).length

t.test('samples contain nulls, extremes and values around zero', async t => {
  const expected: Record<string, string[]> = {
    BOOL: ['true', 'false'],
    CHAR: ['-127', '-1', '0', '1', '127'],
    SHORT: ['-32767', '32767'],
    INT: ['-2147483647', '-1', '0', '1', '2147483647'],
    LONG: ['-9223372036854775807', '9007199254740993', '9223372036854775807'],
    DATE: ['1900.01.01', '1969.12.31', '1970.01.01', '9999.12.31'],
    MONTH: ['1900.01M', '1969.12M', '1970.01M', '9999.12M'],
    TIME: ['00:00:00.000', '23:59:59.999'],
    MINUTE: ['00:00m', '23:59m'],
    SECOND: ['00:00:00', '23:59:59'],
    TIMESTAMP: ['1900.01.01T00:00:00.000', '9999.12.31T23:59:59.999'],
    NANOTIME: ['00:00:00.000000000', '23:59:59.999999999'],
    DATEHOUR: ['1900.01.01T00', '9999.12.31T23'],
    UUID: ['ffffffff-ffff-ffff-ffff-ffffffffffff'],
    'DECIMAL32(4)': ['-214748.3647', '-0.0001', '0.0000', '214748.3647'],
  }
  for (const [type, wanted] of Object.entries(expected)) {
    const { column } = columnSamples.find(sample => sample.type === type)!
    const texts =
      type === 'CHAR' ? [...(column as { data: Int8Array }).data].map(String) : textsOf(column)
    for (const text of wanted) t.ok(texts.includes(text), `${type} ${text}`)
  }
  for (const { type, column } of columnSamples) {
    t.ok(nullsOf(column) >= 1, type)
    t.ok(nullsOf(column) < column.length, type)
    t.ok(column.length >= 3 && column.length < 10, type)
  }
  for (const type of ['STRING', 'SYMBOL', 'BLOB']) {
    const { column } = columnSamples.find(sample => sample.type === type)!
    const bytes = new TextEncoder().encode(textsOf(column).join(''))
    t.ok(
      bytes.some(byte => byte >= 0xf0),
      `${type}: four bytes per character`,
    )
  }
  t.ok(columnSamples.filter(({ column }) => isDecimal(columnTypeOf(column).type)).length === 3)
})

t.test('arrays of no, one and several cells, with a null, and with over 255 cells', async t => {
  for (const { type, column } of arraySamples) {
    const lengths = Array.from(
      { length: column.length },
      (_, row) => (elementAt(column, row) as Vector).length,
    )
    const full = lengths[0]!
    t.strictSame(lengths, [full, 0, 1, 1, 300, full], type)
    t.ok(isNullAt(column, 3) && !isNullAt(column, 2), type)
  }
})

const kinds = ['table', 'stream table', 'keyed table', 'keyed stream table']
const leavesNothing = kinds.map(
  kind => `refusals: R10, a refused insert into a ${kind} leaves nothing`,
)
const unknownNames = refusalChecks.map(({ name }) => name).filter(name => name.includes('unknown'))
const missing = 'ddbIngestTestMissing'
const token = `Syntax Error: [line #1] Cannot recognize the token ${missing}`
const type =
  "Failed to append data to column 'price' with error: Incompatible type. Expected: DOUBLE, Actual: STRING"

/** Drops every second write, because in each check a good batch comes before the bad one. */
function everySecond(): NonNullable<Faults['beforeWrite']> {
  let writes = 0
  return () => (++writes % 2 === 0 ? 'drop' : undefined)
}

testChecks(
  t,
  refusalChecks,
  {
    [`refusals: R10, a refused insert into a table leaves nothing`]: type,
    [`refusals: R10, a refused insert into a keyed table leaves nothing`]: type,
    [`refusals: R10, a refused insert into a stream table leaves nothing`]: `${type}. RefId:S03017`,
    [`refusals: R10, a refused insert into a keyed stream table leaves nothing`]: `${type}. RefId:S03017`,
    'refusals: an unknown variable': token,
    'refusals: an unknown function': `${token}: not in the embedded server`,
    'refusals: an unknown table in a query': token,
    'refusals: an unknown table in a call': token,
    'refusals: an unknown function in a call': `Can't recognize function name ${missing}: not in the embedded server`,
    'refusals: an unknown name in objByName': `objByName("${missing}") => Can't find the object with name ${missing}`,
    'refusals: too few columns':
      'The number of columns of the table to insert must be the same as that of the original table.',
    'refusals: catch gives class and text': `SYSTEM_Runtime: Can't find the object with name ${missing}`,
    'refusals: a thrown text arrives whole':
      'throw "ddbIngestTest refuses" => ddbIngestTest refuses',
  },
  {
    'refusals in other words': {
      toClient: each(
        instead('Failed to append data to column', 'Cannot take the value of column'),
        instead('Incompatible type', 'Unsuitable values'),
        instead('RefId:S03017', 'RefId:S99999'),
      ),
      fails: leavesNothing,
    },
    'refused inserts that leave rows': {
      // Two rows of the good batch and five rows of the bad batch.
      toClient: (chunk, sent) =>
        /exec count\(\*\) from \w+$/.test(sent) ? instead(intBytes(2), intBytes(7))(chunk) : chunk,
      fails: leavesNothing,
    },
    'refused inserts that are answered with success': {
      server: { faults: { beforeWrite: everySecond() } },
      fails: leavesNothing,
    },
    'unknown names in other words': {
      toClient: each(
        instead('Cannot recognize the token', 'What is it that you call'),
        instead("Can't recognize function name", 'What do you want to be called'),
        instead("Can't find the object with name", 'Nothing answers to this name of'),
        instead('number of columns', 'width of the rows'),
      ),
      fails: [...unknownNames, 'refusals: too few columns', 'refusals: catch gives class and text'],
    },
    'names that are known after all': {
      server: {
        initScript: `share(table(1:0, \`id\`sym\`price, [INT, SYMBOL, DOUBLE]), "${missing}")`,
      },
      fails: [
        'refusals: an unknown variable',
        'refusals: an unknown table in a query',
        'refusals: an unknown table in a call',
        'refusals: an unknown name in objByName',
        'refusals: catch gives class and text',
      ],
    },
    'functions that are known after all': {
      server: {
        initScript: `def ${missing}(x) { return 1 }\naddFunctionView(${missing})`,
      },
      fails: ['refusals: an unknown function', 'refusals: an unknown function in a call'],
    },
    'too few columns are taken': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: ['refusals: too few columns'],
    },
    'a thrown text that is shortened': {
      toClient: instead('ddbIngestTest refuses', 'ddbIngestTest'),
      fails: ['refusals: a thrown text arrives whole'],
    },
    'a thrown text that is no error': {
      toServer: instead('throw "ddbIngestTest refuses"', '"ddbIngestTest refuses"'),
      fails: ['refusals: a thrown text arrives whole'],
    },
  },
)

const arrives = 'asynchronous: a batch arrives'
const silent = 'asynchronous: nothing is answered'
const silentErrors = 'asynchronous: errors are not answered either'
const behind = 'asynchronous: an answer means that what was sent before has been read'
const order = 'asynchronous: R9, the order of requests of one session'
const bare = 'asynchronous: a session without answers'
const connecting = 'asynchronous: connect is answered though it carries flag 4'
const own = 'asynchronous: a function of the session'
const afterRefusal = 'asynchronous: a refused batch does not stop those after it'

type BeforeExecute = NonNullable<Faults['beforeExecute']>
const asynchronous =
  (what: ReturnType<BeforeExecute>): BeforeExecute =>
  request =>
    request.asynchronous ? what : undefined

/** Loses the unanswered requests from number `from` to number `to`. */
function losing(from: number, to: number): BeforeExecute {
  let seen = 0
  return request => {
    if (!request.asynchronous) return undefined
    seen++
    return seen >= from && seen <= to ? 'drop' : undefined
  }
}

const mixed = 'asynchronous: mixed-flags on one session'

testChecks(
  t,
  asynchronousChecks,
  {
    [behind]: 'all were executed by then',
    [order]: 'in order',
  },
  {
    'requests without answers that are dropped': {
      server: { faults: { beforeExecute: asynchronous('drop') } },
      fails: [arrives, mixed, connecting],
      finds: { [behind]: '0 of 100 were executed by then' },
      passes: [silent],
    },
    'requests without answers that are executed twice': {
      server: { faults: { beforeExecute: asynchronous('twice') } },
      fails: [arrives, mixed, bare, own, afterRefusal, order],
    },
    'one of a thousand that is lost': {
      server: { faults: { beforeExecute: losing(500, 500) } },
      fails: [order],
    },
    'some that are late': {
      server: { faults: { beforeExecute: losing(61, 100) } },
      finds: { [behind]: '60 of 100 were executed by then' },
    },
    'rows that change their places': {
      toClient: instead(int32Bytes(5) + int32Bytes(6), int32Bytes(6) + int32Bytes(5)),
      finds: { [order]: 'not in order: 2 of 1000 moved' },
    },
    'requests without answers that are answered': {
      toServer: instead(' / 36_1_', ' / 32_1_'),
      fails: [silent, silentErrors],
    },
    'answers between that are wrong': {
      toClient: instead(intBytes(98), intBytes(99)),
      fails: [mixed],
    },
    'questions that are not answered in time': {
      server: { faults: requestedFaults('mixedStall') },
      fails: [mixed],
    },
    'a session without an id': {
      toClient: (chunk, sent) =>
        /^API 0 \d+ \/ 36_/.test(sent) ? chunk.replace(/^\d+/, '0000000000') : chunk,
      fails: [connecting],
    },
    'a login that is refused on the way': {
      toServer: instead('login\nadmin\n123456', 'login\nadmin\n000000'),
      fails: [connecting],
    },
    'a session that ends with its first refusal': {
      server: { faults: { beforeExecute: afterMissing() } },
      fails: [afterRefusal],
    },
  },
)

/** Loses all requests after the request for a missing table. */
function afterMissing(): BeforeExecute {
  let isOver = false
  return ({ text }) => {
    if (isOver) return text.startsWith('tableInsert{') ? 'drop' : undefined
    isOver = text.includes('ddbIngestTestMissing')
    return undefined
  }
}
