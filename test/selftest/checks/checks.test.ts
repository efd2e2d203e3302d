/* The checks pass on the embedded server. A table: a deliberate wrong answer → the checks that end differently. */
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { columnTypeText, dataTypes, type DataType } from '../../../src/protocol/data-type.js'
import { columnTypeOf, elementAt, isNullAt } from '../../../src/protocol/element.js'
import { allChecks } from '../../../src/selftest/selftest.js'
import { arraySamples, columnSamples } from '../../../src/selftest/checks/types.js'
import { newStamp, temporaryName } from '../../../src/selftest/leftovers.js'
import {
  requestedFaults,
  type FaultAction,
  type Faults,
  type ServerOptions,
} from '../../../src/server/index.js'
import { root } from '../../helpers/checkout.js'
import {
  answering,
  each,
  instead,
  int32Bytes,
  intBytes,
  longBytes,
  type Rewrite,
} from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { trySelftest, type Trial } from '../run-selftest.js'

useTurnClock()

/** Names of checks; a pattern stands for all names that it matches, and without a subject for those of `subject`. */
type Names = readonly (string | RegExp)[]
/** Patterns of names, and what the checks must say. */
type Findings = readonly (readonly [name: string | RegExp, finding: string | RegExp])[]

/** A changed behaviour, and the checks that notice the change. */
interface Change extends Omit<Trial, 'names'> {
  readonly fails?: Names
  readonly skips?: Names
  /** Checks that still pass, but with this finding. */
  readonly finds?: Findings
  /** Checks that the change must not affect. */
  readonly passes?: Names
}

const namesOf = (pattern: string | RegExp): string[] => {
  const names = allChecks
    .map(({ name }) => name)
    .filter(name => (typeof pattern === 'string' ? name === pattern : pattern.test(name)))
  if (names.length === 0) throw new Error(`no check is called ${String(pattern)}`)
  return names
}

/** What the checks find on the embedded server; all others find nothing. */
const usual: Findings = [
  ['connection: an error leaves the session usable', /ddbIngestTest$/],
  ['login: by calling login', 'by scram'],
  ['insert: exec count(*) counts', 'INT'],
  [/^refusals: (?!.*(catch|call$|objByName|too few|R10|thrown))/, /^Syntax Error: .*the token /],
  [/^refusals: R10.* (table|keyed table) l/, /^Failed to append data to column 'price' with error/],
  [/^refusals: R10.* stream /, /^Failed to append data to column 'price'.*\. RefId:S03017$/],
  ['refusals: an unknown table in a call', /^Syntax Error: .*the token ddbIngestTestMissing$/],
  ['refusals: an unknown function in a call', /^Can't recognize function name ddbIngestTestMiss/],
  ['refusals: an unknown name in objByName', /Can't find the object with name ddbIngestTestMiss/],
  ['refusals: too few columns', /^The number of columns of the table to insert must be the same/],
  ['refusals: catch gives class and text', /^SYSTEM_Runtime: Can't find the object with name /],
  [
    'refusals: a thrown text arrives whole',
    'throw "ddbIngestTest refuses" => ddbIngestTest refuses',
  ],
  ['receipts: R4, the first row of a key stays', 'a known key is answered with 0'],
  [
    'receipts: the words of a forgotten function',
    /^Can't recognize function name ddbIngestDeliver/,
  ],
  [/^open: objs/, 'name, type, form, rows, columns, bytes, shared, extra, owner'],
  ['dfs: rows outside the partition scheme', 'a partition is added, tableInsert answers 3'],
  ['dfs: a null in the partition column', /^The column used for value-partitioning .* S01001$/],
  [/^dfs: R10/, 'The column [v] expects type of INT, but the actual type is STRING. RefId:S05004'],
  ['dfs: schema() tells atomic', 'TRANS'],
  ['dfs: two writers of one partition', /^(none was refused|<ChunkInTransaction>[^]*S00002)$/],
]

const before = (what: ReturnType<BeforeExecute>): ServerOptions => ({
  faults: { before: ({ asynchronous }) => (asynchronous ? what : undefined) },
})
type BeforeExecute = NonNullable<Faults['before']>
type BeforeWrite = NonNullable<FaultAction['insert']>
const writing = (insert: BeforeWrite): ServerOptions => ({ faults: { before: () => ({ insert }) } })
const into =
  (suffix: string, what: ReturnType<BeforeWrite>): BeforeWrite =>
  ({ table }) =>
    table.endsWith(suffix) ? what : undefined

/** Refuses or drops every second write. */
function everySecond(what: ReturnType<BeforeWrite>): BeforeWrite {
  let writes = 0
  return () => (++writes % 2 === 0 ? what : undefined)
}

/** Changes the last byte of an answer, which is the highest byte of the last value. */
const lastBit: Rewrite = chunk => {
  const last = chunk.charCodeAt(chunk.length - 1)
  return `${chunk.slice(0, -1)}${String.fromCharCode(last ^ 1)}`
}

const header = /^\d+(?= [01] 1\n)/
const who = 'getCurrentSessionAndUser()[1]'
const samples = 'select * from ddbIngestTestValues'
const missing = 'ddbIngestTestMissing'
const transaction =
  "<ChunkInTransaction>The openChunks operation failed because the chunk '/d/1' is currently locked and in use by transaction 8. RefId:S00002"
const old = temporaryName(newStamp(systemPlatform.random, Date.now() - 3 * 86_400_000), 'old')
/** Makes `insertNamed` match columns by name. DolphinDB does not do so. */
const byName =
  'def insertNamed(mutable t, mutable data) { return tableInsert(t, select int(price) as id, string(id) as sym, double(price) as price from data) }\naddFunctionView(insertNamed)'

const changes: Readonly<Record<string, Change>> = {
  'all sessions have one id': {
    toClient: chunk => chunk.replace(header, '1000000009'),
    // Without a login, because a login of two requests needs the id of its own session.
    login: {},
    fails: ['connection: a session with an id'],
  },
  'wrong results': {
    toClient: answering('1+1', instead(intBytes(2), intBytes(3))),
    fails: ['connection: a script is answered', 'connection: an error leaves the session usable'],
  },
  'a version that is none': {
    toClient: instead('3.00.5.0 2026', 'unversioned 1'),
    fails: ['connection: version()'],
  },
  'one wrong answer of fifty': {
    toClient: instead(intBytes(40), intBytes(42)),
    fails: ['connection: answers come in order'],
  },
  'errors that are none': {
    toServer: each(
      instead('throw "ddbIngestTest"', '"ddbIngestTest"'),
      instead('throw "ddbIngestTest refuses"', '"ddbIngestTest refuses"'),
    ),
    fails: ['connection: an error leaves the session usable', /thrown text/],
  },
  'text that is damaged': {
    toClient: each(
      instead('\xe4\xb8\xad', '\xe4\xb8\xae'),
      instead('e\xc3\xa9e', 'f\xc3\xa9e'),
      instead('ddbIngestTest refuses', 'ddbIngestTest'),
      answering('thousandsymbols', instead('s999\0', 's998\0')),
      answering(samples, instead('A', 'B')),
    ),
    fails: [
      ...['connection: text in UTF-8', 'insert: a thousand symbols'],
      ...[/thrown text/, /4,000 characters/, /^types: (SYMBOL|STRING|BLOB)/],
    ],
  },
  'scripts and answers that are cut': {
    toServer: each(instead('1..1000000', '1..999999'), instead('\n7', '\n8')),
    fails: [/a large script/, /a large answer/],
  },
  'values that are displaced': {
    toServer: instead('1..1000000', '2..1000001'),
    fails: [/a large answer/],
  },
  'answers of another session': {
    login: {},
    toClient: chunk =>
      chunk.replace(/^\d+ 1 1\n/, line => line.replace(/\d(?= )/, last => `${9 - Number(last)}`)),
    fails: ['connection: a script is answered', 'connection: every answer carries the session id'],
  },
  'variables that all sessions see': {
    toServer: instead('script\nddbIngestTestPrivate', 'script\n5'),
    fails: [/variables and functions belong/],
  },
  'without a user there is nothing to try': {
    login: {},
    skips: [/^login: (?!a wrong)/, /^function view/, /^dfs: /, /^create: (?!.*(stream|reserved))/],
    passes: ['login: a wrong one is refused in known words'],
  },
  'a session that has another user': {
    toClient: each(
      answering(who, instead('admin', 'other')),
      answering('getCurrentSessionAndUser()', instead('admin\0', 'other\0')),
    ),
    fails: ['login: by calling login'],
  },
  'a login refused in other words': {
    toClient: instead('user name or password', 'combination you gave'),
    fails: ['login: a wrong one is refused in known words'],
  },
  'a server that knows only plain passwords': {
    toServer: each(
      instead('scramClientFirst', 'scramClientOther'),
      instead('getDynamicPublicKey', 'getDynamicPublicFoo'),
    ),
    finds: [['login: by calling login', 'by plain']],
  },
  'a server as it is shipped, and nothing allowed': {
    hasScram: false,
    login: { user: 'admin', password: '123456' },
    finds: [['login: by calling login', 'by rsa']],
  },
  'inserts that are dropped': {
    server: writing(() => 'drop'),
    fails: [
      ...[/^types: /, /^insert: (?!.*(append!|an empty))/, 'refusals: too few columns'],
      ...[/^dfs: (tableInsert|upsert!|without|rows|R10)/],
    ],
    finds: [['dfs: a null in the partition column', 'tableInsert answers 0']],
    passes: ['insert: an empty table'],
  },
  'append! that appends nothing': {
    toServer: instead('append!{', 'eqObj{'),
    fails: [/^(insert|dfs): append!/],
  },
  'answers that count wrongly': {
    toClient: each(
      answering('eccountcounts', instead(intBytes(12), intBytes(13))),
      instead(intBytes(0), intBytes(1)),
      instead('\x02\0\0\0\0\0\0\0\x01', '\x03\0\0\0\0\0\0\0\x00'),
    ),
    fails: ['insert: an empty table', /exec count/, /tableUpsert/],
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
      instead('keyedStreamTable(`streamNo`batchNo`laneNo`partNo`attempt`phase, ', 'streamTable('),
    ),
    fails: [
      /insert: a keyed table keeps/,
      /insert: a keyed stream table keeps/,
      /insert: ups/,
      /R4/,
    ],
    passes: ['receipts: a batch that is sent twice is written once'],
  },
  'keyed stream tables that overwrite': {
    toServer: instead('keyedStreamTable(', 'keyedTable('),
    fails: [/insert: a keyed stream table keeps/, /R4/, /a batch that is sent twice/],
  },
  'values that lose a bit': {
    toClient: answering(samples, lastBit),
    fails: [/^types: (?!SYMBOL|STRING|BLOB)/],
  },
  'nulls that become values': {
    toClient: instead('\x00\x00\x00\x80', int32Bytes(1)),
    fails: ['types: INT column', 'types: INT[] column'],
  },
  'refusals in other words': {
    toClient: each(
      instead('Failed to append data to column', 'Cannot take the value of column'),
      instead('Incompatible type', 'Unsuitable values'),
      instead('RefId:S03017', 'RefId:S99999'),
      instead('expects type of', 'is better of'),
      instead('RefId:S05004', 'RefId:S99999'),
      instead('cannot contain NULL values', 'is not to have such things'),
      instead('S01001', 'S99999'),
    ),
    fails: [/R10/, /R1, three batches/, /a null in the partition/],
  },
  'refused inserts that leave rows': {
    toClient: each(
      (chunk, sent) =>
        /exec count\(\*\) from \w+$/.test(sent) ? chunk.replace(intBytes(2), intBytes(7)) : chunk,
      answering('leavesnothing","t")', instead(longBytes(0), longBytes(2))),
    ),
    fails: [/R10/],
  },
  'unknown names in other words': {
    toClient: each(
      instead('Cannot recognize the token', 'What is it that you call'),
      instead("Can't recognize function name", 'What do you want to be called'),
      instead("Can't find the object with name", 'Nothing answers to this name of'),
      instead('number of columns', 'width of the rows'),
    ),
    fails: [/^refusals: (an unknown|too few|catch)/, /forgotten function/],
  },
  'functions that are known after all': {
    server: {
      initScript: [missing, 'ddbIngestDeliver']
        .map(name => `def ${name}(x) { return 1 }\naddFunctionView(${name})`)
        .join('\n'),
    },
    fails: [/^refusals: an unknown function/, /forgotten function/],
  },
  'requests without answers that are dropped': {
    server: before('drop'),
    fails: [/a batch arrives/, /mixed-flags/, /connect is answered though/, /R1, three/],
    passes: ['asynchronous: nothing is answered'],
  },
  'requests without answers that are executed twice': {
    server: before('twice'),
    fails: [
      ...[/a batch arrives/, /mixed-flags/, /a session without answers/, /does not stop/],
      ...['dfs: without an answer'],
    ],
  },
  'requests without answers that are answered': {
    toServer: instead(' / 36_1_', ' / 32_1_'),
    fails: ['asynchronous: nothing is answered', /errors are not answered/],
  },
  'answers between that are wrong': {
    toClient: instead(intBytes(18), intBytes(19)),
    fails: [/mixed-flags/],
  },
  'questions that are not answered in time': {
    server: { faults: requestedFaults('mixedStall') },
    fails: [/mixed-flags/],
  },
  'a session without an id': {
    toClient: (chunk, sent) =>
      /^API 0 \d+ \/ 36_/.test(sent) ? chunk.replace(/^\d+/, '0000000000') : chunk,
    fails: [/connect is answered though/],
  },
  'servers that count known keys': {
    toClient: answering('now())', instead(intBytes(0), intBytes(1))),
    finds: [[/R4/, 'a known key is answered with 1']],
  },
  'rows that are dropped': {
    server: writing(into('_target', 'drop')),
    fails: [/R1, three/, /sent twice/, /a transform/],
  },
  'a server that does not tell who is connected': {
    toServer: instead('getSessionMemoryStat()', 'getSessionMemoryStut()'),
    skips: ['receipts: a server tells who is connected'],
  },
  'a list without the session': {
    toServer: instead('exec sessionId from getSessionMemoryStat()', 'array(LONG, 0)'),
    fails: ['receipts: a server tells who is connected'],
  },
  'another type of time': { toServer: instead('typestr(now())', 'typestr(1)'), fails: [/now\(\)/] },
  'a server without the function': {
    toServer: instead('getConsoleJobs()', 'getConsoleJabs()'),
    skips: [/^jobs: /],
  },
  'columns of other names': {
    toServer: instead('`k`v, ', '`k`w, '),
    fails: ['dfs: schema() tells columns and scheme'],
  },
  'requests under way that are not listed': {
    server: {
      faults: { before: ({ text }) => (text === 'ddbIngestTestBusy' ? 'drop' : undefined) },
    },
    fails: [/^jobs: a request under way/],
  },
  'sessions at rest that are listed': {
    toClient: (chunk, sent) =>
      sent.includes('exec count(*) from getConsoleJobs()')
        ? chunk.replace(intBytes(0), intBytes(1))
        : chunk,
    fails: [/^jobs: a request under way/],
  },
  'lists without the table': {
    toServer: instead('where shared=true', 'where not shared'),
    fails: ['open: objs(true) lists shared tables'],
  },
  'columns of other types': {
    toServer: instead('DECIMAL64(4), DOUBLE[]', 'DECIMAL64(5), DOUBLE[]'),
    fails: ['open: schema() tells the columns'],
  },
  'views that only a call reaches': {
    toServer: instead('ddbIngestTarget(data))', 'ddbIngestTarged(data))'),
    fails: ['function view: declared without mutable'],
  },
  'views that do not change what they are given': {
    toServer: instead('data[`id] + 1)', 'data[`id] + 0)'),
    fails: ['function view: R2, delivered with receipts'],
  },
  'views whose rows are dropped': {
    server: writing(into('_viewed', 'drop')),
    fails: ['function view: R2, delivered with receipts'],
  },
  'names that are found though they are not there': {
    toServer: instead('viewMissing)', 'view)'),
    fails: ['function view: found by typestr'],
  },
  'values that are changed': {
    toClient: answering(
      'order by k, v',
      instead(int32Bytes(4) + int32Bytes(5), int32Bytes(7) + int32Bytes(5)),
    ),
    fails: ['dfs: tableInsert'],
  },
  'upsert! that keeps old rows': {
    toServer: instead('keyColNames=`k}', 'keyColNames=`v}'),
    fails: ['dfs: upsert!'],
  },
  'new values that are dropped': {
    server: { newValuePartitions: 'skip' },
    finds: [[/rows outside/, 'the row is dropped, tableInsert answers 2']],
  },
  'new values that are refused': {
    server: { newValuePartitions: 'fail' },
    finds: [[/rows outside/, /^refused: .*S01016/]],
  },
  'answers that count what was dropped': {
    server: { newValuePartitions: 'skip' },
    toClient: answering('\x02\0\0\0\x63\0\0\0', instead(intBytes(2), intBytes(3))),
    fails: ['dfs: rows outside the partition scheme'],
  },
  'inserts that are divided': {
    toClient: answering('["atomic"]', instead('TRANS', 'CHUNK')),
    finds: [['dfs: schema() tells atomic', 'CHUNK']],
  },
  'a server that does not tell': {
    toServer: instead('["atomic"]', '["aatomi"]'),
    fails: ['dfs: schema() tells atomic'],
  },
  'partitions that are held': {
    server: writing(everySecond({ error: transaction })),
    finds: [[/two writers/, transaction]],
  },
  'partitions that are refused in other words': {
    server: writing(everySecond({ error: 'somebody sits on it' })),
    fails: [/two writers/],
  },
  'a server that takes none of the scripts': {
    toServer: instead('able(', 'able['),
    fails: [/^create: /],
  },
  'a column of another type': { toServer: instead('DOUBLE]', 'FLOAT]'), fails: ['create: TSDB'] },
  'tables that are not removed': {
    toServer: instead('{ undef("', '{ print("'),
    fails: ['leftovers: what was removed is gone'],
    passes: ['insert: an empty table'],
  },
  'tables of others that this user cannot remove': {
    server: { initScript: `share(table(1 as a), "${old}")` },
    toServer: instead('{ undef("', '{ print("'),
    finds: [['leftovers: what was removed is gone', `this user cannot remove ${old}`]],
  },
}

async function run(t: Test, { fails, skips, finds, passes, ...trial }: Change): Promise<string[]> {
  const wanted = new Map<string, [status: string, finding: string | RegExp]>()
  for (const pattern of passes ?? []) {
    for (const name of namesOf(pattern)) wanted.set(name, ['pass', /(?:)/])
  }
  const add = (pattern: string | RegExp, status: string, finding: string | RegExp): void => {
    for (const name of namesOf(pattern)) wanted.set(name, [status, finding])
  }
  for (const [pattern, finding] of finds ?? []) add(pattern, 'pass', finding)
  for (const pattern of fails ?? []) add(pattern, 'fail', /./)
  for (const pattern of skips ?? []) add(pattern, 'skipped', /./)
  const { result } = await trySelftest(t, { ...trial, names: [...wanted.keys()] })
  for (const { name, status, reason } of result.checks) {
    const [wantedStatus, finding] = wanted.get(name)!
    t.equal(status, wantedStatus, `${name}: ${reason}`)
    if (typeof finding === 'string') t.equal(reason, finding, name)
    else t.match(reason, finding, name)
  }
  return [...wanted.keys()]
}

t.test('the embedded server passes', async t => {
  const finds = new Map(
    usual.flatMap(([pattern, finding]) => namesOf(pattern).map(name => [name, finding])),
  )
  const { result } = await trySelftest(t, {})
  t.strictSame(result.left, [])
  for (const { name, status, reason } of result.checks) {
    t.equal(status, 'pass', `${name}: ${reason}`)
    t.match(reason, finds.get(name) ?? /^$/, name)
  }
})

const noticed = new Set<string>()
for (const [title, change] of Object.entries(changes)) {
  void t.test(title, async t => {
    for (const name of await run(t, change)) {
      const isPassed = change.passes?.some(pattern => namesOf(pattern).includes(name)) ?? false
      if (!isPassed) noticed.add(name)
    }
  })
}

t.test('each check can end differently', async t => {
  const names = allChecks.map(({ name }) => name)
  const unnoticed = names.filter(name => !noticed.has(name))
  t.strictSame(unnoticed, [])
  t.equal(new Set(names).size, names.length)
  for (const { name, dependsOnIt } of allChecks) {
    t.match(name, /^[a-z]+( [a-z]+)?: \S/, name)
    t.ok(dependsOnIt.length > 5, name)
  }
})

t.test('every column type has a sample, and one of arrays if the type allows them', async t => {
  const storable = (Object.keys(dataTypes) as DataType[]).filter(type => {
    const { category } = dataTypes[type]
    return !['nothing', 'mixed', 'system'].includes(category) && type !== 'DATEMINUTE'
  })
  const typesOf = (samples: typeof columnSamples): string[] =>
    samples.map(({ column }) => columnTypeOf(column).type).sort()
  t.strictSame(typesOf(columnSamples), [...storable].sort())
  const inArrays = storable.filter(type => !['SYMBOL', 'STRING', 'BLOB'].includes(type))
  t.strictSame(typesOf(arraySamples), inArrays.sort())
  for (const { type, column } of columnSamples) {
    t.equal(columnTypeText(columnTypeOf(column)), type, 'as scripts spell it')
    const nulls = Array.from({ length: column.length }, (_, row) => isNullAt(column, row))
    t.ok(nulls.includes(true) && nulls.includes(false), type)
  }
  for (const { type, column } of arraySamples) {
    const lengths = Array.from({ length: column.length }, (_, row) => elementAt(column, row))
    const expected = [0, 1, 1, 300].map(length => ({ length }))
    t.match(lengths.slice(1, 5), expected, type)
  }
})

t.test('statements that nobody could check name their consequences and checks', async t => {
  const page = readFileSync(new URL('docs/server-semantics.md', root), 'utf8')
  const list = page.slice(page.indexOf('<!-- open:'), page.indexOf('<!-- end of open -->'))
  const rows = list
    .split('\n')
    .filter(line => line.startsWith('| ') && !line.startsWith('| statement '))
    .map(line => line.slice(2, -2).split(' | '))
  t.ok(rows.length > 40)
  const names = new Set(allChecks.map(({ name }) => name))
  for (const [statement, depends, checks, ...more] of rows) {
    t.ok(statement !== '' && depends !== '' && more.length === 0, statement ?? '')
    if (checks === '–') continue
    const named = [...checks!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
    t.ok(named.length > 0, checks ?? '')
    for (const name of named) t.ok(names.has(name), name)
  }
  t.equal(new Set(rows.map(([statement]) => statement)).size, rows.length)
  const missing = [...names].filter(name => /: R\d+,/.test(name) && !list.includes(`\`${name}\``))
  t.strictSame(missing, ['receipts: R1, three batches, one of them wrong'])
})
