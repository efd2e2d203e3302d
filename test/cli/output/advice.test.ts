/* Every error ends with a command: there always is one, a shell accepts it, and the program understands it. */
import t, { type Test } from 'tap'
import { commands } from '../../../src/cli/dispatch.js'
import { readCommandLine } from '../../../src/cli/options/command-line.js'
import { fieldFlags } from '../../../src/cli/options/options.js'
import { resolveOptions } from '../../../src/cli/options/definition.js'
import {
  nextCommand,
  type UserCall,
  nextSteps,
  printFailure,
} from '../../../src/cli/output/failures.js'
import { emptyResult } from '../../../src/cli/output/summary.js'
import type { LoadResult } from '../../../src/load/options.js'
import {
  DdbError,
  errorCodes,
  nameOptionsByFlags,
  UsageError,
  type ErrorCode,
  type Fix,
} from '../../../src/errors.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { fakeProcess, shellWords } from '../run-cli.js'
import { deepTest } from '../../helpers/runs.js'

/** As `t.test`. Options have the names of flags meanwhile, as in the command line. */
function flagTest(name: string, run: (t: Test) => void | Promise<void>): void {
  void t.test(name, test => {
    test.teardown(nameOptionsByFlags(fieldFlags))
    return run(test)
  })
}

const calls: readonly (readonly string[])[] = [
  ['load', 'a b.csv', '-t', 'trades', '--host', 'db1:8848', '--user', 'me', '-j', '2', '--null='],
  ['load', '-', '-t', 'dfs://testDB/tb1', '--run-id', 'nightly', '--state-dir', '/s t'],
  ['load', '-', '--function', 'f', '--types', 'a:INT'],
  ['check', "it's.csv", '--table', 'trades'],
  ['resume', 'nightly'],
  ['retry', 'bad.csv'],
  ['schema', 'a.csv'],
  ['exec', '-e', 'login("admin", "123456")'],
  ['runs'],
  ['selftest', '--tls'],
  ['explain', 'DDB_NO'],
]

function askedOf(argv: readonly string[], mayHaveStored: boolean): UserCall {
  const line = readCommandLine(argv, commands, 80)
  if ('answer' in line) throw new Error(line.answer)
  return { ...line, command: line.command.name, mayHaveStored }
}

/** The words into which a shell divides a command line. */
function wordsOf(command: string): string[] {
  const [program, ...words] = shellWords(command)
  t.equal(program, 'ddb-ingest')
  return words
}

const understood = new Map<string, boolean>()

function isUnderstood(command: string): boolean {
  const known = understood.get(command)
  if (known !== undefined) return known
  const line = readCommandLine(wordsOf(command), commands, 80)
  const isHelp = 'answer' in line && /^Usage: ddb-ingest [\w[]/.test(line.answer)
  if (!('answer' in line)) {
    const { command: found, flags } = line
    resolveOptions(found.options, { flags, environment: {} })
  }
  understood.set(command, isHelp || !('answer' in line))
  return understood.get(command)!
}

const codes = Object.keys(errorCodes) as ErrorCode[]

deepTest(t, 'for any call and code, the advice ends with a command that is accepted', async t => {
  for (const code of codes) {
    for (const call of calls) {
      for (const mayHaveStored of [false, true]) {
        const command = nextCommand({ code }, askedOf(call, mayHaveStored))
        t.ok(isUnderstood(command), `${code} of ${call.join(' ')}: ${command}`)
      }
    }
    t.ok(isUnderstood(nextCommand({ code }, {})), `${code} before a command is known`)
  }
})

flagTest('a script is never repeated, because it may contain a password', async t => {
  const asked = askedOf(['exec', '-e', 'login("admin", "123456")'], false)
  for (const code of codes) t.notMatch(nextCommand({ code }, asked), '123456', code)
})

flagTest('if rows may be in the table, the advice does not suggest the same load', async t => {
  for (const code of codes) {
    const command = nextCommand({ code }, askedOf(calls[0]!, true))
    const isLoad = command.startsWith('ddb-ingest load ')
    // Without a table, the command loads nothing.
    t.notOk(isLoad && /--table|--function/.test(command), `${code}: ${command}`)
  }
})

flagTest('the command fits the error', async t => {
  const load = askedOf(['load', 'a b.csv', '-t', 'trades', '--host', 'h', '-b', '5'], false)
  const stored = { ...load, mayHaveStored: true }
  t.strictSame(
    {
      usage: nextCommand({ code: 'DDB_USAGE' }, load),
      noTable: nextCommand({ code: 'DDB_TARGET' }, load),
      // No command can guess which name was meant, and the same name would fail again.
      noName: nextCommand({ code: 'DDB_NAME' }, load),
      badCell: nextCommand({ code: 'DDB_INPUT_CELL' }, load),
      noServer: nextCommand({ code: 'DDB_CONNECT' }, load),
      noLogin: nextCommand({ code: 'DDB_LOGIN' }, load),
      notYet: nextCommand({ code: 'DDB_UNAVAILABLE' }, load),
      lost: nextCommand({ code: 'DDB_CONNECTION_LOST' }, stored),
      gone: nextCommand({ code: 'DDB_TARGET' }, stored),
      noRun: nextCommand({ code: 'DDB_RUN_MISSING' }, load),
      bug: nextCommand({ code: 'DDB_INTERNAL' }, load),
      said: nextCommand({ code: 'DDB_USAGE' }, { ...load, next: ['demo'] }),
    },
    {
      usage: 'ddb-ingest load --help-all',
      noTable: "ddb-ingest load 'a b.csv' --table trades --batch-rows 5 --host h --create stream",
      noName: 'ddb-ingest explain DDB_NAME',
      badCell: "ddb-ingest check 'a b.csv' --table trades --batch-rows 5 --host h",
      noServer: 'ddb-ingest serve',
      noLogin: 'ddb-ingest exec -e 1 --host h --user admin',
      notYet: "ddb-ingest load 'a b.csv' --table trades --batch-rows 5 --host h",
      lost: "ddb-ingest audit 'a b.csv' --table trades --host h",
      gone: "ddb-ingest audit 'a b.csv' --table trades --host h",
      noRun: 'ddb-ingest runs',
      bug: 'ddb-ingest explain DDB_INTERNAL',
      said: 'ddb-ingest demo',
    },
  )
})

flagTest('no table is made for a load that must find one', async t => {
  for (const words of [
    ['--transform', 'x->x'],
    ['--follow'],
    ['--method', 'upsert', '--key-columns', 'id'],
  ]) {
    const load = askedOf(['load', 'a.csv', '-t', 'trades', ...words], false)
    t.equal(nextCommand({ code: 'DDB_TARGET' }, load), 'ddb-ingest explain DDB_TARGET')
    const asksColumns = nextCommand({ code: 'DDB_CONNECTION_LOST' }, load).endsWith(' COLUMN')
    t.equal(asksColumns, words[0] === '--transform')
  }
})

flagTest('the command uses the facts that the failure carries', async t => {
  const load = askedOf(['load', 'a.csv', '-t', 'dfs://db/tickz', '--thousands', ','], false)
  const next = (code: ErrorCode, options?: Fix['options'], asked = load): string =>
    nextCommand({ code, ...(options && { fix: { options } }) }, asked)
  const to = '--table dfs://db/tickz --thousands ,'
  const gb = { '--encoding': 'gb18030' }
  const big5 = askedOf(['load', 'a.csv', '-t', 'trades', '--encoding', 'big5'], false)
  const schema = askedOf(['schema', 'a.csv', '-t', 'trades'], false)
  t.strictSame(
    [
      next('DDB_INPUT_ENCODING', gb),
      next('DDB_INPUT_ENCODING', undefined, big5),
      next('DDB_INPUT_ENCODING', gb, schema),
      next('DDB_INPUT_FIELD_COUNT'),
      next('DDB_INPUT_COLUMN', { '--map': 'p_q=p q' }),
      next('DDB_TARGET'),
      nextCommand({ code: 'DDB_CONNECT', fix: { command: 'ddb-ingest serve --port 1' } }, load),
      next('DDB_CONNECT', undefined, askedOf(['serve', '--port', '8848'], false)),
      next(
        'DDB_LOGIN',
        undefined,
        askedOf(['exec', '-e', '1', '--user', 'me', '--password-file', 'x'], false),
      ),
    ],
    [
      `ddb-ingest check a.csv ${to} --encoding gb18030`,
      'ddb-ingest check a.csv --table trades',
      'ddb-ingest schema a.csv --table trades --encoding gb18030',
      `ddb-ingest check a.csv ${to}`,
      `ddb-ingest check a.csv ${to} --map 'p_q=p q'`,
      `ddb-ingest load a.csv ${to} --create dfs`,
      'ddb-ingest serve --port 1',
      'ddb-ingest serve --port 0',
      'ddb-ingest exec -e 1 --user me --password-file FILE',
    ],
  )
})

/** The commands after a run, each after its words. */
const stepsAfter = (result: LoadResult, asked: UserCall): string[] =>
  nextSteps(result, asked).map(({ when, command }) => `${when}: ${command}`)

flagTest('the next step after a run: resume, look for rows, repair rejects, nothing', async t => {
  const asked = askedOf(['load', 'a.csv', '-t', 'trades'], true)
  const failed = emptyResult({}, new Date(), new DdbError('DDB_LOGIN', ''))
  const well = { ...failed, error: null, exitCode: 0 }
  t.strictSame(stepsAfter(well, asked), [])
  const wayOn = { possible: true, command: 'RESUME', audit: null, restart: null }
  t.strictSame(stepsAfter({ ...failed, resume: wayOn }, asked), ['to go on: RESUME'])
  const error = { code: 'DDB_UNPROVEN', message: '', fix: null }
  const unproven = {
    ...{ ...failed, error },
    resume: { ...wayOn, audit: 'AUDIT', restart: 'RESTART' },
  }
  t.strictSame(stepsAfter(unproven, asked), [
    'to load all rows again, if the table has none of them: RESTART',
    'to find out which rows are there: AUDIT',
  ])
  const unknown = { ...failed, resume: { ...wayOn, audit: 'AUDIT' } }
  const expected = ['to find out which rows are there: AUDIT', 'to go on: RESUME']
  t.strictSame(stepsAfter(unknown, asked), expected)
  t.equal(stepsAfter(unknown, { ...asked, serverEnds: true }).length, 1, 'no server to ask')
  const rejects = { ...well.rejects, files: [{ path: 'bad rows.csv', rows: 1 }] }
  const bad = { ...well, exitCode: 3, rejects, rows: { ...well.rows, rejected: 1 } }
  t.strictSame(stepsAfter(bad, asked), ["next: ddb-ingest retry 'bad rows.csv'"])
  const lines = askedOf(['load', 'a.csv', '-t', 'trades', '--set', 'n={line}'], true)
  const checked = ["next: ddb-ingest check a.csv --table trades --set 'n={line}'"]
  t.strictSame(stepsAfter(bad, lines), checked, '`retry` would be refused')
  const more = [...rejects.files, { path: 'r.2.csv', rows: 1 }]
  t.strictSame(
    stepsAfter({ ...bad, rejects: { ...rejects, files: more } }, asked),
    ['next: ddb-ingest retry r.2.csv', "next: ddb-ingest retry 'bad rows.csv'"],
    'of each file that has rejects',
  )
  const unkept = { ...bad, rejects: well.rejects }
  t.strictSame(stepsAfter(unkept, asked), ['next: ddb-ingest check a.csv --table trades'])
  const files = ['--report', 'r.html', '--json=s', '--metrics-file', 'm']
  const withFiles = askedOf(['load', 'a.csv', '-t', 'trades', ...files], true)
  t.strictSame(stepsAfter(unkept, withFiles), ['next: ddb-ingest check a.csv --table trades'])
  const unwritten = { ...well, exitCode: 74 }
  t.strictSame(stepsAfter(unwritten, withFiles), ['next: ddb-ingest explain DDB_OUTPUT_WRITE'])
  const doubtful = { ...well, exitCode: 4, rows: { ...well.rows, unconfirmed: 1 } }
  t.strictSame(stepsAfter(doubtful, asked), ['next: ddb-ingest audit a.csv --table trades'])
  const shard = askedOf(['load', 'a.csv', '-t', 'trades', '--run-id', 'r', '--shard', '1/2'], true)
  const repeated = 'next: ddb-ingest load a.csv --table trades --run-id r --shard 1/2'
  t.strictSame(stepsAfter(doubtful, shard), [repeated], 'a shard is repeated, not audited')
  const broke = (code: ErrorCode, of = asked) =>
    stepsAfter({ ...bad, rejects: well.rejects, error: { code, message: '', fix: null } }, of)
  const audited =
    'to find the rows that are not stored yet, after you have repaired the input: ddb-ingest audit a.csv --table trades'
  for (const code of ['DDB_INPUT_READ', 'DDB_INPUT_JSON'] as const) {
    t.strictSame(broke(code), [audited], 'before the repair, an audit would break as well')
  }
  const nothingStored = broke('DDB_INPUT_READ', { ...asked, mayHaveStored: false })
  t.strictSame(nothingStored, ['next: ddb-ingest explain DDB_INPUT_READ'])
  for (const once of ['-', '/dev/null']) {
    const counted = broke('DDB_INPUT_READ', { ...asked, args: [once] })
    t.strictSame(counted, ["next: ddb-ingest exec -e 'exec count(*) from trades'"], once)
  }
})

flagTest('for an unclear header both answers are commands, the likely answer last', async t => {
  const told = async (argv: string[], error: unknown, change: object = {}): Promise<string[]> => {
    const fake = fakeProcess()
    const asked = { ...askedOf(argv, false), ...change }
    printFailure(openOutput(fake.processEnvironment, true), error, asked)
    await new Promise(resolve => setImmediate(resolve))
    return fake.stderr().trimEnd().split('\n').slice(1)
  }
  const unclear = (likely: string): UsageError =>
    new UsageError('DDB_USAGE', 'unclear', { fix: { options: { 'input.header': likely } } })
  const names = unclear('yes')
  t.strictSame(await told(['schema', 'a b.csv', '-t', 'x', '--header', 'auto'], names), [
    "if the first record is a row: ddb-ingest schema 'a b.csv' --table x --header no",
    "next: ddb-ingest schema 'a b.csv' --table x --header yes",
  ])
  const wrapped = new UsageError('DDB_USAGE', 'w', { cause: unclear('no') })
  t.strictSame(await told(['check', 'a.csv', '-t', 'x'], wrapped), [
    'if the first record is a header: ddb-ingest check a.csv --table x --header yes',
    'next: ddb-ingest check a.csv --table x --header no',
  ])
  for (const [argv, change] of [
    [['load', '-', '-t', 'x'], {}],
    [['load', 'a.csv', '-t', 'x'], { mayHaveStored: true }],
  ] as const) {
    t.strictSame(await told([...argv], names, change), ['next: ddb-ingest load --help-all'])
  }
})
