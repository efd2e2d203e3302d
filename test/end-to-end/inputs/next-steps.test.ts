/* The printed next steps lead on: whoever carries out one after the other arrives at stored rows, with each bad row in a file, or at a
   sentence about something that only a person can decide. */
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { bin, runMainIn, shellWords, spawnCli, type Outcome } from '../../cli/run-cli.js'
import { sampled } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url))

/** An input, the number of its records, and columns and types of a table that its rows are for. */
interface Kind {
  readonly name: string
  readonly file?: string
  readonly content: string | Uint8Array
  readonly records: number
  readonly table?: string
  /** The sentence with which the steps into the table end, if only a person can decide. */
  readonly person?: RegExp
}

const lines = (line: (i: number) => string, count = 28): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('')
const two = (number: number): string => String(number).padStart(2, '0')

/** A file of rows that this function writes; `sign` names each row. */
const rows = (name: string, header: string, row: (i: number) => string, table: string): Kind => ({
  name,
  content: `${header}\n${lines(i => `${row(i)}\n`)}`,
  records: 28,
  table,
})
const json = (name: string, content: string, table: string, file = 'a.json'): Kind => ({
  ...{ name, file, content, table },
  records: 28,
})

const dates = '`d`v, [DATE, DOUBLE]'
const times = '`t`v, [TIMESTAMP, DOUBLE]'
const symbols = '`s`v, [SYMBOL, INT]'
const doubles = '`s`v, [SYMBOL, DOUBLE]'
const three = '`s`v`w, [SYMBOL, INT, INT]'
const plain = `s,v\n${lines(i => `A${i},${i}\n`)}`
const objects = lines(i => `${i > 0 ? ',' : ''}{"s":"A${i}","v":${i}}`)
const arrays = lines(i => `${i > 0 ? ',' : ''}["A${i}",${i}]`)
/** GBK, because the platform writes only UTF-8. */
const bank = [0xc6, 0xd6, 0xb7, 0xa2]

/** Kinds of inputs whose steps once went round in a circle or led nowhere, and some of which a person has to decide. */
const kinds: readonly Kind[] = [
  {
    name: 'GBK',
    content: Buffer.concat([
      Buffer.from('s,v\n'),
      ...Array.from({ length: 28 }, (_, i) => Buffer.from([...bank, ...Buffer.from(`,${i}\n`)])),
    ]),
    records: 28,
    table: symbols,
  },
  {
    name: 'UTF-16',
    content: Buffer.from(`\ufeff${plain.replaceAll('A', 'é')}`, 'utf16le'),
    records: 28,
    table: symbols,
  },
  {
    name: 'a broken byte',
    content: Buffer.from('s,v\nA,1\nB\xff,2\nC,3\n', 'latin1'),
    records: 3,
    table: symbols,
  },
  { name: 'marks in mid-file', content: '\ufeffs,v\nA,1\n\ufeffB,2\n', records: 2, table: symbols },
  rows('dd/MM/yyyy', 'd,v', i => `${two(i + 1)}/01/2024,${i}`, dates),
  {
    ...rows('dd/MM or MM/dd', 'd,v', i => `${two((i % 12) + 1)}/02/2024,${i}`, dates),
    person: /d=dd\/MM\/yyyy or --date-format d=MM\/dd\/yyyy/,
  },
  rows('yyyyMMddHHmmss', 't,v', i => `202401${two(i + 1)}093000,${i}`, times),
  rows('epoch:s', 't,v', i => `${1704067200 + i},${i}`, times),
  rows('epoch:us', 't,v', i => `${1704067200000000 + i * 1000},${i}`, times),
  rows('epoch:ns', 't,v', i => `${1704067200 + i}000000000,${i}`, times),
  rows('nanoseconds', 't,v', i => `2024-01-02T09:30:00.1234567${two(i)}Z,${i}`, times),
  rows('a fraction or none', 't,v', i => `15.05.2021 03:11:17${i % 2 ? '' : '.500'},${i}`, times),
  rows('thousands', 's,v', i => `A,"1,${100 + i}.50"`, doubles),
  rows('no-break spaces', 's;v', i => `A;1\u00a0${100 + i},50`, doubles),
  rows('accounting', 's,v', i => `A,"(1,${100 + i}.00)"`, doubles),
  rows('decimal comma', 's;v', i => `A;${i},5`, doubles),
  { ...rows('currency', 's,v', i => `A,$${i}`, doubles), person: /no option reads/ },
  {
    ...rows('too large', 's,v', i => `A,99999999999999999999${i}`, symbols),
    person: /no option reads/,
  },
  rows('null words', 's,v', i => `A,${i % 5 ? i : 'NA'}`, symbols),
  rows('yes and no', 's,v', i => `A,${i % 2 ? 'yes' : 'no'}`, '`s`v, [SYMBOL, BOOL]'),
  rows('mixed', 's,v', i => `A,${i % 9 ? i : 'abc'}`, symbols),
  {
    name: 'titles',
    content: `Report\nby me\nAccount,1\n\ns,v,w\n${lines(i => `A${i},${i},1\n`)}`,
    records: 28,
    table: three,
  },
  { ...rows('comments', '# by me\ns,v', i => `A,${i}`, symbols) },
  rows('trailing delimiters', 's,v,', i => `A,${i},`, symbols),
  rows('all too short', 's,v,w', i => `A,${i}`, three),
  rows('an index', ',s,v', i => `${i},A,${i}`, symbols),
  rows('controls as delimiters', 's\u0001v', i => `A\u0001${i}`, symbols),
  rows('delimiters of two signs', 's::v', i => `A::${i}`, symbols),
  rows('inches', 's,v', i => `5" nail,${i}`, '`s`v, [STRING, INT]'),
  rows('formulas', 's,v', i => `="0000${two(i)}",${i}`, symbols),
  rows('backslashes', 's,v', i => `"say \\"hi\\"",${i}`, symbols),
  { name: 'an open quote', content: 's,v\nA,1\n"B,2\n', records: 2, table: symbols },
  { name: 'NUL', content: 's,v\nA,1\nB\0,2\nC,3\n', records: 3, table: symbols },
  { ...json('NDJSON named .csv', objects.replaceAll('},', '}\n'), symbols, 'a.csv') },
  json('an array named .csv', `[${objects}]`, symbols, 'a.csv'),
  json('an array named .ndjson', `[\n${objects.replaceAll('},', '},\n')}\n]`, symbols, 'a.ndjson'),
  json('objects joined', objects.replaceAll('},', '}'), symbols, 'a.ndjson'),
  json('CSV named .json', plain, symbols),
  json('an array inside', `{"code":0,"data":[${objects}]}`, symbols),
  json('an array deep inside', `{"a":{"n":28,"list":[${objects}]}}`, symbols),
  { ...json('two arrays inside', `{"a":[${objects}],"b":[${objects}]}`, symbols), person: /a, b/ },
  json('names and arrays', `{"data":{"fields":["s","v"],"items":[${arrays}]}}`, symbols),
  json('rows as arrays', `[${arrays}]`, symbols),
  json(
    'arrays with a time',
    `[${lines(i => `${i > 0 ? ',' : ''}[${1499040000000 + i},${i}]`)}]`,
    times,
  ),
  json(
    'nested',
    lines(i => `{"s":"A","q":{"v":${i}}}\n`),
    symbols,
    'a.ndjson',
  ),
  rows('another case', 'S,V', i => `A,${i}`, symbols),
  rows(
    'names with blanks',
    'Trade Date,Close Price',
    i => `2024-01-${two(i + 1)},${i}`,
    '`tradeDate`close_price, [DATE, DOUBLE]',
  ),
  rows('a column too many', 's,v,w', i => `A,${i},1`, symbols),
  rows('a column too few', 's,v', i => `A,${i}`, three),
  { ...rows('other columns', 'x,y', i => `A,${i}`, symbols), person: /no column "s"/ },
  { ...rows('twice the same name', 's,v,v', i => `A,${i},${i}`, symbols), person: /"v" twice/ },
  {
    name: 'a name to quote',
    file: `-my 'file' "$x.csv`,
    content: plain,
    records: 28,
    table: symbols,
  },
]

type Scene = Awaited<ReturnType<typeof scene>>

async function scene(t: Test, initScript = '') {
  const server = await startServerFor(t, { initScript })
  const folder = t.testdir({})
  const environment = {
    DDB_HOST: `127.0.0.1:${server.port}`,
    ...{ DDB_USER: 'admin', DDB_PASSWORD: '123456', XDG_STATE_HOME: join(folder, 'state') },
  }
  const run = async (command: string): Promise<Outcome> => {
    let outcome: Outcome = { code: 0, stdout: '', stderr: '' }
    for (const part of command.split(' | ')) {
      const [, ...words] = shellWords(part)
      outcome = await runMainIn(folder, words, { environment, stdin: outcome.stdout })
    }
    return outcome
  }
  return {
    folder,
    run,
    /** Number of rows in the table that a command names. */
    stored: async (command: string) => {
      const [table = ''] = /(?<=--table )\S+/.exec(command) ?? []
      const name = table.replace(/^(dfs:.*)\/(.*)$/, 'loadTable("$1", "$2")')
      const { stdout } = await run(`ddb-ingest exec -e 'exec count(*) from ${name}'`)
      return Number(stdout)
    },
  }
}

/** The command that a user runs next: the `next:` line, else the last line of a check. */
function nextOf(command: string, { stdout, stderr }: Outcome): string | undefined {
  const next = stderr.match(/(?<=^(?:next|to go on): ).*/gm)?.at(-1)
  if (next !== undefined || !command.startsWith('ddb-ingest check ')) return next
  return /^ddb-ingest load .*$/m.exec(stdout)?.[0]
}

/**
 * Carries out the steps, one after the other.
 * @returns `accounted`: rows in the table plus rows in the rejects file; undefined if the steps did not lead to a load that stores rows
 */
async function follow(t: Test, { run, folder, stored }: Scene, first: string) {
  const trail: string[] = []
  for (let command: string | undefined = first; ;) {
    t.notOk(trail.includes(command), `a circle: ${trail.join('\n')}`)
    trail.push(command)
    const last = await run(command)
    if (command.startsWith('ddb-ingest load ') && (last.code === 0 || last.code === 3)) {
      const reasons = await readFile(join(folder, 'rejects.csv.reasons.ndjson'), 'utf8').catch(
        () => '',
      )
      const kept = reasons.match(/"lineNumber"/g)?.length ?? 0
      return { accounted: (await stored(command)) + kept, last, trail }
    }
    const next = nextOf(command, last)
    if (next === undefined || / explain |--help/.test(next) || trail.length > 7) {
      return { accounted: undefined, last, trail }
    }
    command = next
  }
}

t.test('the steps from inputs that broke end with stored rows, or with a sentence', async t => {
  let count = 0
  for (const { name, file = 'a.csv', content, records, table, person } of sampled(kinds, 12)) {
    await t.test(name, async t => {
      const place = await scene(t, table && `share table(1:0, ${table}) as t`)
      await writeFile(join(place.folder, file), content)
      const path = file.startsWith('-') ? `./${file}` : file
      const word = `'${path.replaceAll("'", `'\\''`)}'`
      const starts = [`load ${word} --table fresh`, `schema ${word}`, `load ${word} --table t`]
      for (const start of starts) {
        await rm(join(place.folder, 'rejects.csv.reasons.ndjson'), { force: true })
        await rm(join(place.folder, 'rejects.csv'), { force: true })
        const { accounted, last, trail } = await follow(t, place, `ddb-ingest ${start}`)
        if (accounted !== undefined || person === undefined)
          t.equal(accounted, records, `${trail.join('\n')}\n${last.stderr}`)
        else t.match(last.stdout + last.stderr, person, trail.join('\n'))
        count++
      }
    })
  }
  t.ok(count > 0)
})

/** Inputs of fixtures/ with their records, and the table of fixtures/scripts/ that some of them are for. */
const inputs: readonly (readonly [
  path: string,
  records: number,
  script?: string,
  table?: string,
])[] = [
  ['csv/airports.csv', 3376, 'airports'],
  ['csv/seattle-weather.csv', 1461, 'weather'],
  ['csv/seattle-weather-hourly-normals.csv', 8759],
  ['csv/tb1.csv', 4, 'dfs', 'dfs://testDB/tb1'],
  ['csv/trades.csv', 1000, 'trades'],
  ['csv/trades-with-bad-rows.csv', 15, 'trades'],
  ['json/earthquakes.ndjson', 1707, 'earthquakes'],
  ['json/earthquakes.json', 1707, 'earthquakes'],
  ['json/earthquakes-features.json', 40, 'earthquakes'],
  ['json/trades.ndjson', 1000, 'trades'],
]

t.test('the steps from every fixture end with stored rows', async t => {
  for (const [path, records, script, table = script] of sampled(inputs)) {
    const name = basename(path)
    const calls: [command: string, script?: string][] = [
      [`ddb-ingest load ${name} --table fresh`],
      [`ddb-ingest schema ${name}`],
    ]
    if (script !== undefined) calls.push([`ddb-ingest load ${name} --table ${table}`, script])
    for (const [command, created] of calls) {
      const init = created && (await readFile(fixture(`scripts/${created}.dos`), 'utf8'))
      await t.test(command, async t => {
        const place = await scene(t, init)
        await cp(fixture(path), join(place.folder, name))
        const { accounted, last, trail } = await follow(t, place, command)
        // Coordinates are an array, and a person has to say which of them are the longitude and the latitude.
        if (accounted === undefined && name === 'earthquakes-features.json') {
          t.match(last.stderr, /called longitude, latitude, depth/, trail.join('\n'))
        } else t.equal(accounted, records, trail.join('\n'))
      })
    }
  }
})

const table = 'share streamTable(1:0, `d`v, [DATE, DOUBLE]) as t'

t.test('options and bad rows that a check finds are all in the command that it prints', async t => {
  const rows = '20240101,"1,000.5"\n20240102,x\n20240103,7\n'
  for (const [text, words] of [
    [`d,v\n${rows}`, /--thousands , --rejects rejects\.csv$/],
    [`d,v\n${'x,1\n'.repeat(150)}2024.01.01,2\n`, /--max-errors 150 --rejects rejects\.csv /],
  ] as const) {
    const place = await scene(t, table)
    await writeFile(join(place.folder, 'a.csv'), text)
    const { accounted, trail } = await follow(t, place, 'ddb-ingest load a.csv --table t')
    t.equal(accounted, text.trim().split('\n').length - 1, trail.join('\n'))
    t.match(trail.at(-1), words)
    const again = await place.run('ddb-ingest check a.csv --table t')
    t.match(nextOf('ddb-ingest check ', again), / --rejects rejects-2\.csv/, 'the file is in use')
  }
})

t.test('bad rows that the user leaves out stay out', async t => {
  const place = await scene(t, table)
  await writeFile(join(place.folder, 'a.csv'), 'd,v\n2024.01.01,1\nx,2\n')
  const { stdout } = await place.run('ddb-ingest check a.csv --table t --on-error skip')
  t.match(stdout, /\nddb-ingest load .* --on-error skip /)
  t.notMatch(stdout, '--rejects')
})

t.test('no load is printed that would store nothing', async t => {
  const place = await scene(t, table)
  await writeFile(join(place.folder, 'a.csv'), 'd,v\nx,1\n')
  const { code, stdout, stderr } = await place.run('ddb-ingest check a.csv --table t')
  t.equal(code, 65)
  t.notMatch(stdout, 'ddb-ingest load')
  t.match(stderr, /no row would load; the first one: .*\n.*next: ddb-ingest explain/)
})

t.test('a named run that stored nothing is checked, not resumed', async t => {
  const place = await scene(t, table)
  await writeFile(join(place.folder, 'a.csv'), 'd,v\n31/12/2024,1\n30/12/2024,2\n')
  const load = 'ddb-ingest load a.csv --table t --run-id r'
  const { stderr } = await place.run(load)
  t.match(stderr, /\nnext: ddb-ingest check a\.csv --table t --run-id r\n/)
  t.notMatch((await place.run('ddb-ingest runs r')).stdout, 'ddb-ingest resume')
  const { accounted, trail } = await follow(t, place, load)
  t.equal(accounted, 2, trail.join('\n'))
  t.match(trail.at(-1), /--run-id r --date-format d=dd\/MM\/yyyy$/)
})

t.test('after a load that stored some rows no step loads them again', async t => {
  const place = await scene(t, table)
  await writeFile(join(place.folder, 'a.csv'), `d,v\n${'2024.01.01,1\n'.repeat(50)}x,2\n`)
  const { code, stderr } = await place.run('ddb-ingest load a.csv --table t --batch-rows 1')
  t.equal(code, 65)
  t.match(stderr, /\nnext: ddb-ingest audit a\.csv --table t\n/)
})

t.test('no step is printed that needs a server which has ended', async t => {
  const folder = t.testdir({ 'a.csv': 'd,v\nx,1\n2024.01.01,2\n', 'init.dos': table })
  const serve = ['serve', '--port', '0', '--init', 'init.dos', '--', process.execPath, bin]
  for (const words of ['load', 'load --rejects r.csv', 'load --run-id r', 'check']) {
    const [name = '', ...more] = words.split(' ')
    const call = [...serve, name, 'a.csv', '--table', 't', ...more]
    const options = { cwd: folder, environment: { XDG_STATE_HOME: join(folder, 'state') } }
    const { code, stdout, stderr } = await spawnCli(call, options).outcome
    t.match(code, /^(?:3|65)$/, stderr)
    t.notMatch(stdout + stderr, /ddb-ingest (?:load|check|resume|retry|exec) /, words)
  }
})
