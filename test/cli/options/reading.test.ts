/* How options are read: from the command line, from files of options and from the environment, and the errors for bad ones. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { commands } from '../../../src/cli/dispatch.js'
import { fieldFlags, loadOptions } from '../../../src/cli/options/options.js'
import { readCommandLine } from '../../../src/cli/options/command-line.js'
import { rawArguments } from '../../../src/cli/process-environment.js'
import { resolveOptions, type OptionSources } from '../../../src/cli/options/definition.js'
import { withEnvironment } from '../../../src/cli/options/shell-command.js'
import * as values from '../../../src/cli/options/readers.js'
import { readSources } from '../../helpers/checkout.js'
import { forAll } from '../../helpers/runs.js'

function read(...argv: string[]) {
  const line = readCommandLine(argv, commands, 80)
  if ('answer' in line) throw new Error(`answered: ${line.answer}`)
  const { command, args, flags, files } = line
  return { name: command.name, args, flags: Object.fromEntries(flags), files }
}

t.test('arguments and flags may come in any order; repeated flags keep all values', async t => {
  t.strictSame(
    read('load', 'a.csv', '-t', 'trades', '-b5000', '--null=NA', '--null', '-', '-q', 'b.csv'),
    {
      name: 'load',
      args: ['a.csv', 'b.csv'],
      flags: { table: ['trades'], 'batch-rows': ['5000'], null: ['NA', '-'], quiet: ['true'] },
      files: [],
    },
  )
})

t.test('after =, a value may be empty, contain =, or begin with a dash', async t => {
  t.strictSame(read('load', '--null=', '--null=a=b', '--null=--x', 'a').flags, {
    null: ['', 'a=b', '--x'],
  })
})

t.test('switches may be combined, and all words after two dashes are arguments', async t => {
  t.strictSame(read('load', '-qn', '--', '-q', '--json'), {
    name: 'load',
    args: ['-q', '--json'],
    flags: { quiet: ['true'], 'dry-run': ['true'] },
    files: [],
  })
})

const sources = (given: Partial<OptionSources> = {}): OptionSources => ({
  flags: new Map(),
  environment: {},
  ...given,
})

t.test('a printed command has what the environment sets, but for server and outputs', async t => {
  const environment = {
    ...{ DDB_INGEST_NULL: '["NA","-"]', DDB_INGEST_TABLE: 'other', DDB_INGEST_TRIM: 'true' },
    ...{ DDB_HOST: 'h', DDB_INGEST_TRACE: 'trace.log', DDB_INGEST_QUIET: '1' },
  }
  const flags = new Map([['table', ['t']]])
  t.strictSame(Object.fromEntries(withEnvironment(loadOptions, { flags, environment })), {
    ...{ table: ['t'], null: ['NA', '-'], trim: ['true'] },
  })
})

t.test('flags override the environment, which overrides defaults', async t => {
  const all = {
    flags: new Map([['mode', ['sync']]]),
    environment: { DDB_INGEST_MODE: 'async', DDB_INGEST_USER: '2', DDB_USER: '3' },
  }
  const settings = (given: Partial<OptionSources>) => resolveOptions(loadOptions, sources(given))
  t.match(settings(all), { mode: 'sync', user: '2' })
  t.match(settings({ environment: all.environment }), { mode: 'async', user: '2' })
  const expected = { user: '3', host: [{ host: '127.0.0.1', port: 8848 }] }
  t.match(settings({ environment: { DDB_USER: '3' } }), expected)
})

t.test('options without a value are absent, not undefined', async t => {
  const settings = resolveOptions(loadOptions, sources())
  t.notOk('table' in settings)
  t.notOk('mode' in settings, 'defaults of the library are left to it')
  t.equal(settings.quiet, undefined)
})

t.test('a repeatable option in the environment is one text, or a JSON array or object', async t => {
  const nulls = (text: string): readonly string[] | undefined =>
    resolveOptions(loadOptions, sources({ environment: { DDB_INGEST_NULL: text } })).null
  t.strictSame(nulls('NA'), ['NA'])
  t.strictSame(nulls('["NA","-"]'), ['NA', '-'])
  t.strictSame(nulls('[not JSON'), ['[not JSON'])
  const environment = {
    DDB_INGEST_MAP: '{"a":"b"}',
    DDB_INGEST_FUNCTION_ARG: '["text", 5, [1, 2]]',
    DDB_INGEST_SET: '{"a":9007199254740993,"b":1.50,"c":[1],"d":true,"e":"1\\"2"}',
  }
  const set = { a: '9007199254740993', b: '1.50', c: '[1]', d: 'true', e: '1"2' }
  const expected = { map: { a: 'b' }, functionArg: ['text', 5, [1, 2]], set }
  t.match(resolveOptions(loadOptions, sources({ environment })), expected)
})

t.test('a bad value is refused with its source, the expected form, and what was found', async t => {
  const resolve = (given: Partial<OptionSources>) => (): unknown =>
    resolveOptions(loadOptions, sources(given))
  t.throws(resolve({ flags: new Map([['batch-rows', ['many']]]) }), {
    code: 'DDB_USAGE',
    message: /^--batch-rows: expected a whole number from 1 on, such as 500 or 20k, got "many"$/,
  })
  const refusal = { code: 'DDB_USAGE', message: /DDB_PORT must be a port/ }
  t.throws(resolve({ flags: new Map([['host', ['h']]]), environment: { DDB_PORT: 'x' } }), refusal)
  const error = { code: 'DDB_NAME', message: /^--table: "my table" is not a table name/ }
  t.throws(resolve({ flags: new Map([['table', ['my table']]]) }), error)
  t.throws(resolve({ flags: new Map([['host', ['\u001b[2Jx y']]]) }), { message: /got "x y"$/ })
  const bytes = { code: 'DDB_USAGE', message: /: the value is not UTF-8/ }
  t.throws(resolve({ flags: new Map([['set', ['sym=\udcb9\udcfe']]]) }), bytes)
  t.throws(resolve({ environment: { DDB_INGEST_SET: 'sym=\ufffd' } }), bytes)
  t.doesNotThrow(resolve({ flags: new Map([['files-from', ['\udcb9']]]) }), 'the name of a file')
})

t.test('a file gives options, a line each, which the command line overrides', async t => {
  const path = join(t.testdir(), 'options')
  writeFileSync(
    path,
    "\ufeff# nightly\r\n\n--table trades\r\n  --null=\n--delimiter\t=\n--trim\n--set a=b c # d\n--null 'x'\n",
  )
  t.strictSame(read('load', 'a.csv', '-t', 't', `@${path}`), {
    name: 'load',
    args: ['a.csv'],
    files: [path],
    flags: {
      table: ['trades', 't'],
      null: ['', "'x'"],
      delimiter: ['='],
      trim: ['true'],
      set: ['a=b c # d'],
    },
  })
})

t.test('--json may have a file after =, and the next word is none', async t => {
  const expected = { args: ['a.csv'], flags: { json: ['true', 'f'], null: ['--json'] } }
  t.match(read('load', '--json', 'a.csv', '--json=f', '--null', '--json'), expected)
  t.strictSame(values.jsonTo.read(['true', 'f']), { print: true, file: 'f' })
  t.strictSame(values.jsonTo.read(['f', '0']), { print: false, file: 'f' })
  t.equal(values.jsonTo.read(['']), undefined)
  t.equal(values.jsonSwitch.read(['/var/f.json']), false, 'a file in the variable is for loads')
})

t.test('the name of an option is not a file to write', async t => {
  for (const [reader, ...words] of [
    [values.outputFile, '--rejects'],
    [values.jsonTo, '--rejects'],
    [values.jsonTo, 'true', '--quiet'],
  ] as const) {
    t.equal(reader.read(words), undefined, words.join(' '))
  }
  t.equal(values.outputFile.read(['./--rejects']), './--rejects')
  t.strictSame(values.jsonTo.read(['./--x']), { print: false, file: './--x' })
  for (const name of ['metrics-file', 'report', 'trace', 'rejects', 'json'] as const) {
    const found = Object.values(loadOptions).find(option => option.name === name)
    t.equal(found?.reader.read(['--x']), undefined, name)
    t.ok(found, name)
  }
})

t.test('a value, an argument after two dashes, and a lone @ name no file of options', async t => {
  for (const argv of [
    ['load', '--transform', '@f.dos'],
    ['load', '-t', '@x'],
    ['load', '--', '@x'],
    ['load', '@', './@x', 'a@b'],
  ]) {
    t.strictSame(read(...argv).files, [], argv.join(' '))
  }
  t.throws(() => read('load', '--trim', '@/no/such'), {
    code: 'DDB_CONFIG',
    message: /^cannot read the options in \/no\/such \(ENOENT\).*\.\/@FILE an input$/,
  })
})

t.test('a file of options with anything else is refused with its line', async t => {
  const path = join(t.testdir(), 'options')
  for (const bad of ['trades.csv', '-q', 'table=t', '--batch-rows5', '@other', '{']) {
    writeFileSync(path, `--trim\n${bad}\n`)
    t.throws(() => read('load', `@${path}`), {
      code: 'DDB_CONFIG',
      message: /options, line 2: expected one option, such as --table trades$/,
    })
  }
  for (const cut of ['--null', '--table', '--quote  ', '--batch-rows']) {
    writeFileSync(path, `--trim\n${cut}\n--no-color\n`)
    const message = `line 2: expected a value after ${cut.trim()} (${cut.trim()}= stands for`
    t.throws(() => read('load', `@${path}`, 'a.csv'), { code: 'DDB_CONFIG', message })
  }
  writeFileSync(path, '--trim true\n')
  const message = /line 1: expected --trim without a value$/
  t.throws(() => read('load', `@${path}`), { code: 'DDB_CONFIG', message })
  writeFileSync(path, Buffer.from('--null \xe9\n', 'latin1'))
  t.throws(() => read('load', `@${path}`), { code: 'DDB_CONFIG', message: /\(it is not UTF-8\)/ })
})

t.test('a variable that is 0, false or no is off; an empty one sets nothing', async t => {
  const switches = commands.flatMap(({ name, options }) =>
    Object.entries(options)
      .filter(([, { form, environment }]) => form === 'switch' && environment.length > 0)
      .map(([key, definition]) => ({ name, key, definition })),
  )
  t.ok(switches.length > 50)
  for (const { name, key, definition } of switches) {
    const variable = definition.environment[0]!
    const value = (text: string): unknown =>
      resolveOptions({ [key]: definition }, sources({ environment: { [variable]: text } }))[key]
    for (const off of ['0', 'false', 'no', 'NO']) t.equal(value(off), false, `${name} ${variable}`)
    t.equal(value('1'), true, `${name} ${variable}`)
    t.equal(value(''), undefined, `${name} ${variable}`)
  }
})

const flagInText = /['"`(\s]--[a-z-]{2,}(?![\w.-])/

t.test('the library names no flag, and each field that it names has a flag', async t => {
  const rooms = ['load', 'client', 'source', 'schema', 'parse', 'infer']
  const sources = (await readSources()).filter(({ path }) => rooms.includes(path.split('/')[0]!))
  t.ok(sources.length > 30)
  const code = sources.map(({ path, text }) => ({
    path,
    text: text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, ''),
  }))
  t.strictSame(
    code
      .flatMap(({ path, text }) => text.split('\n').map(line => ({ path, line })))
      .filter(({ line }) => flagInText.test(line) && !line.includes('ddb-ingest '))
      .map(({ path }) => path)
      // Only `schema` takes these options; no library function does.
      .filter(path => path !== 'infer/partition-plan.ts'),
    [],
  )
  const named = /\boption\('([\w.]+)'\)/g
  const fields = code.flatMap(({ text }) => Array.from(text.matchAll(named), match => match[1]!))
  t.ok(fields.length > 100)
  // Only a retry sets the offsets of columns, from the run's own reasons.
  const others = fields.filter(field => !fieldFlags.has(field) && field !== 'cells.offsets')
  t.strictSame(others, [])
  t.strictSame(
    code.filter(({ text }) => /`(?:input|target|delivery|cells|rejects)\.\w+\\?`/.test(text)),
    [],
    'no sentence names a field itself',
  )
})

/*
  Arguments whose bytes are not UTF-8, in this process and in a real process.
*/

const line = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.flatMap(part => [Buffer.from(part as string), Buffer.of(0)]))

t.test('bytes that Node lost are restored', async t => {
  const raw = line('node', '--x', 'bin', 'load', Buffer.from('caf\xe9.csv', 'latin1'), '\ufffd')
  const argv = ['load', 'caf\ufffd.csv', '\ufffd']
  const whole = rawArguments(argv, () => raw)
  t.strictSame(whole, ['load', 'caf\udce9.csv', '\ufffd'])
})

t.test('arguments stay unchanged if nothing is lost, or the bytes are unknown', async t => {
  const argv = ['load', 'a.csv']
  const same = rawArguments(argv, () => t.fail('the system need not be asked') as never)
  t.equal(same, argv)
  const lost = ['load', '\ufffd']
  for (const raw of [undefined, line(), line('x'), line('load', 'other')]) {
    const unchanged = rawArguments(lost, () => raw)
    t.strictSame(unchanged, lost)
  }
})

const factors = {
  '': 1n,
  k: 1000n,
  M: 1000n ** 2n,
  G: 1000n ** 3n,
  Ki: 1024n,
  Mi: 1024n ** 2n,
  Gi: 1024n ** 3n,
}
const units = Object.keys(factors) as (keyof typeof factors)[]

t.test('a size is its number times its unit, with or without a B', async t => {
  forAll(100)(
    fc.integer({ min: 1, max: 8_000_000 }),
    fc.constantFrom(...units),
    fc.boolean(),
    (number, unit, hasB) => {
      const bytes = BigInt(number) * factors[unit]
      return values.size.read([`${number}${unit}${hasB ? 'B' : ''}`]) === Number(bytes)
    },
  )
  t.equal(values.size.read(['4Mi']), 4_194_304)
})

t.test('a fraction is exact in decimal digits, or refused', async t => {
  forAll(100)(
    fc.integer({ min: 0, max: 9999 }),
    fc.integer({ min: 0, max: 999 }),
    fc.constantFrom('k' as const, 'M' as const, 'G' as const),
    (whole, thousandths, unit) => {
      const text = `${whole}.${String(thousandths).padStart(3, '0')}${unit}`
      const exact = (BigInt(whole) * 1000n + BigInt(thousandths)) * (factors[unit] / 1000n)
      return values.count(0).read([text]) === Number(exact)
    },
  )
  t.equal(values.count(0).read(['1.1k']), 1100)
  t.equal(values.count(0).read(['1.5']), undefined)
})

t.test('pairs are divided at the first =, and the rest is the value', async () => {
  const reader = values.pairs('TARGET=SOURCE')
  forAll(100)(
    fc.uniqueArray(fc.string({ minLength: 1 }).filter(name => !name.includes('='))),
    fc.array(fc.string(), { minLength: 20, maxLength: 20 }),
    (names, sources) => {
      const texts = names.map((name, index) => `${name}=${sources[index % sources.length]}`)
      const found = reader.read(texts) ?? {}
      return (
        Object.keys(found).length === names.length &&
        names.every((name, index) => found[name] === sources[index % sources.length])
      )
    },
  )
})

/** Readers with texts that they read together, and the value. */
const accepted: readonly (readonly [
  values.Reader<unknown>,
  texts: readonly [string, ...string[]],
  value: unknown,
])[] = [
  [values.duration, ['500ms'], 500],
  [values.duration, ['5s'], 5000],
  [values.duration, ['2m'], 120_000],
  [values.duration, ['1.5s'], 1500],
  [values.duration, ['1h'], 3_600_000],
  [values.rate, ['50MB/s'], { bytesPerSecond: 50_000_000 }],
  [values.rate, ['200krows/s'], { rowsPerSecond: 200_000 }],
  [values.rate, ['1MiB/s'], { bytesPerSecond: 1_048_576 }],
  [values.hosts, ['[::1]:8848'], [{ host: '::1', port: 8848 }]],
  [values.hosts, ['::1'], [{ host: '::1', port: 8848 }]],
  [values.hosts, ['[fe80::1%eth0]'], [{ host: 'fe80::1%eth0', port: 8848 }]],
  [values.pairs('TARGET=SOURCE'), ['a=b=c', 'd='], { a: 'b=c', d: '' }],
  [values.character, ['\\t'], '\t'],
  [values.character, ['tab'], '\t'],
  [values.character, ['\\x01'], '\u0001'],
  [values.character, [';'], ';'],
  [values.character, ['；'], '；'],
  [values.characterOrNone, [''], ''],
  [values.delimiter, ['||'], '||'],
  [values.limit, ['0'], 0],
  [values.limit, ['2k'], 2000],
  [values.limit, ['5%'], '5%'],
  [values.limit, ['0.5%'], '0.5%'],
  [values.listeningPort, ['0'], 0],
  [values.runId, ['nightly-2024.01_02'], 'nightly-2024.01_02'],
  [values.list, ['a, b'], ['a', 'b']],
  [values.choice('red', 'green', 'blue'), ['green'], 'green'],
  [values.onOff, ['YES'], true],
  [values.onOff, ['0'], false],
  // The last one counts.
  [values.text, ['x', 'y'], 'y'],
  [values.anyText, [''], ''],
  [values.recordSize, ['16Mi'], 16 * 1024 * 1024],
  [values.recordSize, ['512Mi'], 512 * 1024 * 1024],
  [values.repeated(values.json), ['1', '"a"', 'null'], [1, 'a', null]],
  [values.booleans, ['Y/N', 'ja/', '/nein'], ['Y/N', 'ja/', '/nein']],
  // A format without a column applies to every column.
  [values.dateFormats, ['t=epoch:ms', 'dd/MM'], { t: 'epoch:ms', '*': 'dd/MM' }],
  [values.dateFormats, ["d=yyyy'='MM"], { d: "yyyy'='MM" }],
]

const noNumbers = ['', 'k', '-1', '1e3', '5 M', '0x10', '1K', '1mb', '١', '9007199254740993']

/** Readers with texts that they refuse, each by itself. */
const refused: readonly (readonly [values.Reader<unknown>, texts: readonly string[]])[] = [
  [values.size, [...noNumbers, '0']],
  [values.count(0), noNumbers],
  [values.count(1), ['0']],
  [values.duration, ['', '5', 's', '1.2.3s', '-5s', '0s', '0.0001ms', '30d', '600h', '5S']],
  [
    values.rate,
    ['', '50MB', '50/s', 'rows/s', '0rows/s', '1MB/s,2MB/s', '1MB/s,2rows/s', '5rows/s,'],
  ],
  [values.hosts, ['', ',', 'a,', 'a:0', 'a:65536', 'a:b', 'a b', 'http://a', '[::1', ':8848']],
  [values.pairs('TARGET=SOURCE'), ['a', '=b']],
  [values.character, ['ab', '']],
  [values.delimiter, ['\n']],
  [values.limit, ['101%', '%']],
  [values.listeningPort, ['65536', '8848x']],
  [values.runId, ['', '.hidden', '../up', 'a/b', 'a'.repeat(65)]],
  [values.list, ['a,,b']],
  [values.choice('red', 'green', 'blue'), ['Green']],
  [values.onOff, ['maybe', 'constructor']],
  [values.text, ['']],
  [values.recordSize, ['513Mi', '0']],
  [values.booleans, ['Y', '/', '', 'a/b/c']],
]

t.test('a password after the name of a user is refused and not repeated', async t => {
  t.equal(values.userName.read(['me'], {}), 'me')
  const refusal = t.throws(() => values.userName.read(['me:Geheim1'], {}), { code: 'DDB_USAGE' })
  t.notMatch(String(refusal), 'Geheim1')
})

t.test('texts are read, or refused', async t => {
  for (const [reader, texts, value] of accepted) t.strictSame(reader.read(texts), value, texts[0])
  for (const [reader, texts] of refused) {
    for (const text of texts) t.equal(reader.read([text]), undefined, `${reader.expected}: ${text}`)
  }
  t.strictSame(values.hosts.read(['a,b:9000, 10.0.0.1:1'], { DDB_PORT: '7' }), [
    { host: 'a', port: 7 },
    { host: 'b', port: 9000 },
    { host: '10.0.0.1', port: 1 },
  ])
  t.equal(values.choice('red', 'green', 'blue').expected, 'red, green or blue')
})

t.test('a name may be given once, and one bad value refuses all', async t => {
  t.equal(values.pairs('TARGET=SOURCE').read(['a=b', 'a=c']), undefined)
  t.equal(values.dateFormats.read(['yyyy', 'MM']), undefined, 'two for all columns')
  t.equal(values.dateFormats.read(['t=yyyy', 't=MM']), undefined)
  t.equal(values.repeated(values.json).read(['1', '{']), undefined)
  t.same(values.json.read(['["9007199254740993", 9007199254740991, 0.1, -0e5]']), [
    ...['9007199254740993', 9007199254740991, 0.1, -0],
  ])
  for (const changed of ['9007199254740993', '[1,-9223372036854775807]', '1e400', '{"a":1e-400}'])
    t.equal(values.json.read([changed]), undefined, changed)
})

t.test('auto/N is the number that a scheduler gave to the process', async t => {
  const numberIn = (environment: Record<string, string>, text = 'auto/9') =>
    values.shard.read([text], environment)?.index
  const slurm = { SLURM_ARRAY_TASK_MIN: '10', SLURM_ARRAY_TASK_STEP: '5' }
  t.equal(numberIn({ JOB_COMPLETION_INDEX: '0' }), 1)
  t.equal(numberIn({ AWS_BATCH_JOB_ARRAY_INDEX: '8' }), 9)
  t.equal(numberIn({ CLOUD_RUN_TASK_INDEX: '1' }), 2)
  t.equal(numberIn({ CI_NODE_INDEX: '9' }), 9)
  t.equal(numberIn({ PARALLEL_SEQ: '1', CI_NODE_INDEX: '' }), 1)
  t.equal(numberIn({ PARALLEL_SEQ: '2', CI_NODE_TOTAL: '1' }), 2, 'within a job of GitLab')
  t.equal(numberIn({ SLURM_ARRAY_TASK_ID: '20', ...slurm }), 3)
  t.equal(numberIn({ JOB_COMPLETION_INDEX: '4' }, '3/9'), 3)
  for (const environment of [
    {},
    { JOB_COMPLETION_INDEX: '0', PARALLEL_SEQ: '1' },
    { PARALLEL_SEQ: '10' },
    { SLURM_ARRAY_TASK_ID: '21', ...slurm },
    { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_MIN: '3', SLURM_ARRAY_TASK_COUNT: '1' },
    { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '8' },
    { JOB_COMPLETION_INDEX: ' ' },
    { SLURM_ARRAY_TASK_ID: '1' },
    { CI_NODE_INDEX: '0' },
    { CI_NODE_INDEX: 'first' },
  ]) {
    t.throws(() => numberIn(environment), { code: 'DDB_USAGE', message: /give the number$/ })
  }
})
