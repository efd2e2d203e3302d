/* Columns filled from paths and from other columns, from the shell to the table: stored values, refusals before the first row, resumed
   runs, and rejects that are loaded again. */
import { linkSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startCommands, type Commands } from '../../helpers/commands.js'
import { deepTest } from '../../helpers/runs.js'

const script =
  'share streamTable(1:0, `TradeTime`code`price`day`src`line, [TIMESTAMP,SYMBOL,DOUBLE,DATE,STRING,INT]) as q'

const header = '交易日期,交易时间,price\r\n'
const level2 = {
  '20240102': {
    '600000.csv': `${header}2024.01.02,09:30:00.000,1\r\n2024.01.02,09:30:01.000,2\r\n`,
  },
  '20240103': { '600001.csv': `${header}2024.01.03,09:30:00.000,3\r\n,09:30:00.000,4\r\n` },
}
const flags = [
  ...['-t', 'q', '--path', 'level2/{day}/{symbol}.csv', '--date-format', 'day=yyyyMMdd'],
  ...[
    '--set',
    'TradeTime={交易日期} {交易时间}',
    ...'--set code={symbol}.SH --set src={filename}'.split(' '),
  ],
]
const lineFlag = ['--set', 'line={line}']

const place = (t: Test, files: Parameters<Test['testdir']>[0]): Promise<Commands> =>
  startCommands(t, script, files)

const stored = [
  '2024.01.02T09:30:00.000,600000.SH,1,2024.01.02,600000.csv,2',
  '2024.01.02T09:30:01.000,600000.SH,2,2024.01.02,600000.csv,3',
  '2024.01.03T09:30:00.000,600001.SH,3,2024.01.03,600001.csv,2',
  ',600001.SH,4,2024.01.03,600001.csv,3',
].sort()

t.test('dated folders with a file per symbol, and a time of day', async t => {
  const { dir, run, lines } = await place(t, { level2 })
  const outcome = await run('load', join(dir, 'level2'), ...flags, ...lineFlag)
  t.equal(outcome.code, 0, outcome.stderr)
  t.strictSame(await lines('q'), stored)
})

deepTest(t, 'check shows the results of templates, and prints a load that uses them', async t => {
  const { dir, run, lines } = await place(t, { level2 })
  const checked = await run('check', join(dir, 'level2'), ...flags, ...lineFlag, '--json')
  t.equal(checked.code, 0, checked.stderr)
  const { inputs, commands, frozen } = JSON.parse(checked.stdout) as {
    inputs: { fields: { column: string | null; text: string | null; value: string }[] }[]
    commands: string[]
    frozen: { input: { path: string } }[]
  }
  const expected = { text: '2024.01.02 09:30:00.000', value: '2024.01.02T09:30:00.000' }
  t.match(inputs[0]!.fields[0], expected)
  const areUsed = inputs[0]!.fields.every(({ column }) => column !== null)
  t.ok(areUsed, 'columns used by templates are not reported as unused')
  t.match(commands[0], /--path 'level2\/\{day\}\/\{symbol\}\.csv'/)
  t.equal(frozen[0]!.input.path, 'level2/{day}/{symbol}.csv')
  t.strictSame(await lines('q'), [''].filter(Boolean))
})

deepTest(t, 'a new table gets the columns that come from templates and parts of paths', async t => {
  const { dir, run } = await place(t, { level2 })
  const names = ['--path', 'level2/{day}/{symbol}.csv', '--set', 'time={交易日期} {交易时间}']
  const outcome = await run(
    'load',
    join(dir, 'level2'),
    ...'-t made --create stream'.split(' '),
    ...names,
  )
  t.equal(outcome.code, 0, outcome.stderr)
  const { stdout } = await run('exec', '-e', 'select * from made', '--output', 'csv')
  t.match(stdout, /^price,time,day,symbol\n1,2024.01.02T09:30:00.000,2024.01.02,600000\n/)
})

t.test('a path that does not match or contradicts itself ends the run at once', async t => {
  const { dir, run, count } = await place(t, {
    level2: { ...level2, other: { 'x.csv': header } },
    days: { '20241332': { 'y.csv': `${header},,1\n` } },
  })
  const all = join(dir, 'level2')
  const one = join(all, '20240102')
  const ways: [string, string[], number, RegExp][] = [
    [all, ['--path', 'level2/2024*/{symbol}.csv'], 65, /other\/x.csv" does not match --path/],
    [all, ['--path', '{a}{b}.csv'], 65, /in more than one way/],
    [one, ['--path', 'level2/{day}/{sym}.csv'], 65, /\{symbol\} is neither a column of/],
    [all, ['--path', 'level2/{day}/{symbol}_{x}.csv'], 65, /does not match/],
    [one, ['--path', '{root}/{day}/{symbol}.csv'], 64, /part "root" of --path goes nowhere/],
    [one, ['--set', 'price={nope}'], 65, /--set price=\{nope\}: \{nope\} is neither/],
    [one, ['--path', '{day'], 64, /a "\{" without a "\}"/],
    [one, ['--path', '{day:\\d{8}}/{symbol}.csv'], 64, /a part is any text/],
    [
      join(dir, 'days'),
      ['--path', '{day}/{symbol}.csv'],
      65,
      /20241332\/y.csv" gives "20241332" for DATE column "day"/,
    ],
  ]
  for (const [input, own, code, message] of ways) {
    const outcome = await run('load', input, ...flags, ...lineFlag, ...own)
    t.match(outcome, { code, stderr: message }, own.join(' '))
  }
  t.match(await run('load', '-', ...flags), { code: 64, stderr: /standard input has none/ })
  t.equal(await count('q'), 0)
})

t.test('a file with two names that give different values is not loaded', async t => {
  const { dir, run, count } = await place(t, { level2 })
  linkSync(join(dir, 'level2/20240102/600000.csv'), join(dir, 'level2/20240103/600009.csv'))
  const outcome = await run('load', join(dir, 'level2'), ...flags, ...lineFlag)
  t.match(outcome, { code: 65, stderr: /give its rows different values/ })
  t.equal(await count('q'), 0)
})

t.test('folders as created by Hive', async t => {
  const csv = 'TradeTime,price\n2024.01.02T00:00:00.000,1\n'
  const { dir, run, lines } = await place(t, {
    h: { 'day=2024.01.02': { 'code=A': { 'a.csv': csv } } },
  })
  const own = ['--path', 'hive', '--set', 'src={dirname}', '--set', 'line=7']
  const outcome = await run('load', join(dir, 'h'), '-t', 'q', ...own)
  t.equal(outcome.code, 0, outcome.stderr)
  t.match(await lines('q'), [
    new RegExp('^2024.01.02T00:00:00.000,A,1,2024.01.02,.*/day=2024.01.02/code=A,7$'),
  ])
})

t.test('a member named like a part of the path is not replaced silently', async t => {
  const line = (day: string): string => `{"price":1,"other":2${day}}\n`
  const text = `${line('')}${line(',"day":"2024.01.09"')}${line('')}`
  const { dir, run, rows } = await place(t, { '20240102': { 'x.ndjson': text } })
  const words = [join(dir, '20240102'), '-t', 'q', '--path', '{day}/{code}.ndjson']
  const loose = ['--date-format', 'day=yyyyMMdd', '--ignore-extra', '--allow-missing']
  const outcome = await run('load', ...words, ...loose, '--rejects', join(dir, 'r.ndjson'))
  t.match(outcome, { code: 3, stderr: /line 2: member "day" is also a part of the path/ })
  t.strictSame(await rows('select day, code, count(*) from q group by day, code'), [
    ['2024.01.02', 'x', '2'],
  ])
})

t.test("rejects are loaded again with the values from their inputs' paths", async t => {
  const bad = `${header}2024.01.02,09:30:00.000,x\r\n`
  const { dir, run, lines } = await place(t, {
    level2: { '20240102': { 'A.csv': bad }, '20240103': { 'B.csv': bad } },
  })
  const rejects = join(dir, 'r.csv')
  const own = [...flags, '--set', 'line=0', '--rejects', rejects]
  const first = await run('load', join(dir, 'level2'), ...own)
  t.equal(first.code, 3, first.stderr)
  for (const [file, price] of [
    [rejects, '5'],
    [join(dir, 'r.2.csv'), '6'],
  ] as const) {
    writeFileSync(file, readFileSync(file, 'utf8').replace(',x', `,${price}`))
    const again = await run('retry', file)
    t.equal(again.code, 0, again.stderr)
  }
  t.strictSame(await lines('q'), [
    '2024.01.02T09:30:00.000,A.SH,5,2024.01.02,A.csv,0',
    '2024.01.02T09:30:00.000,B.SH,6,2024.01.03,B.csv,0',
  ])
  const own2 = join(dir, 'l.csv')
  await run('load', join(dir, 'level2'), ...flags, ...lineFlag, '--rejects', own2)
  const expected = { code: 64, stderr: /filled by \{line\}, which ".*" does not record/ }
  t.match(await run('retry', own2), expected)
})

deepTest(t, 'a run with parts of paths resumes where it stopped', async t => {
  const { dir, run, lines } = await place(t, { level2 })
  const common = [...flags, ...lineFlag, '--run-id', 'on']
  const part = await run('load', join(dir, 'level2'), ...common, '--limit', '1')
  t.equal(part.code, 0, part.stderr)
  t.match(await run('load', join(dir, 'level2'), ...common), { code: 64, stderr: /other options/ })
  const whole = await run('load', join(dir, 'level2'), ...common.slice(0, -1), 'all')
  t.equal(whole.code, 0, whole.stderr)
  writeFileSync(join(dir, 'level2/20240103/600009.csv'), `${header}2024.01.03,09:31:00.000,7\r\n`)
  const more = await run('load', join(dir, 'level2'), ...common.slice(0, -1), 'all')
  t.equal(more.code, 0, more.stderr)
  t.match(await run('resume', 'all'), { code: 0, stdout: /Already loaded/ })
  t.ok((await lines('q')).includes('2024.01.03T09:31:00.000,600009.SH,7,2024.01.03,600009.csv,2'))
})
