/*
  A run in Chinese from its first to its last line, at every width. Texts that scripts look for are the same in both
  languages.
*/
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { wordsFor } from '../../../src/cli/language/language.js'
import { emptyResult } from '../../../src/cli/output/empty-result.js'
import { newFigures } from '../../../src/cli/output/figures.js'
import { barLines, lineText } from '../../../src/cli/output/progress-text.js'
import { detailLines, summaryLines } from '../../../src/cli/output/summary.js'
import { displayWidth } from '../../../src/cli/output/terminal-text.js'
import type { LoadReport, LoadResult } from '../../../src/load/options.js'
import { startServer } from '../../../src/server/index.js'
import { fileFolder } from '../../helpers/file-folder.js'
import { runMain, type Outcome } from '../run-cli.js'

const chinese = await wordsFor({ argv: ['--lang=zh'], environment: {}, isTerminal: false })

const server = await startServer({
  port: 0,
  initScript: 'share streamTable(1:0, `id`name, [INT, STRING]) as t',
})
t.teardown(() => server.close())

const folder = fileFolder(t, {
  'good.csv': 'id,name\n1,甲\n2,乙\n',
  'bad.csv': 'id,name\n1,甲\nx,乙\n',
  'two.csv': 'id,name\n1,甲\n',
})
const file = (name: string): string => join(folder, name)

/** Codes, positions, commands, and sentences about single rows stay English. */
const language = { LANG: 'zh_CN.UTF-8' }

async function onTerminal(argv: readonly string[], columns = 80): Promise<Outcome> {
  const [command = '', ...others] = argv
  return runMain([command, ...others, '--port', String(server.port), '--no-color'], {
    stdoutColumns: columns,
    stderrColumns: columns,
    environment: { ...language, DDB_USER: 'admin', DDB_PASSWORD: '123456' },
  })
}

const load = ['load', '--table', 't', '--progress', 'none']

t.test('a good load, twice, and in a pipe', async t => {
  const named = [...load, file('good.csv'), '--run-id', 'a', '--state-dir', file('state')]
  const first = await onTerminal(named)
  t.equal(first.code, 0)
  t.match(first.stdout, /^已导入 2 行，目标：t（127\.0\.0\.1:\d+）\n {2}用时 {6}\d/)
  t.match(
    first.stdout,
    /\n {2}被拒绝 {4}无\n {2}依据 {6}通过回执确认；存储：在内存中\n {2}下一步 {4}无\n$/,
  )
  const again = await onTerminal(named)
  t.equal(again.code, 0)
  // docs/resume.md tells scripts to look for this text.
  t.match(again.stdout, /^Already loaded: 本次运行的 2 行此前已导入 t/)
  const piped = await runMain([...named, '--port', String(server.port)], { environment: language })
  t.match(piped.stdout, /^Already loaded: 2 rows of this run into t on /)
  t.notMatch(piped.stderr, /[\u4e00-\u9fff]/)
})

t.test('rejects, and the command that repairs them', async t => {
  const rejects = file('rejects.csv')
  const { code, stdout, stderr } = await onTerminal(
    [...load, file('bad.csv'), '--rejects', rejects],
    200,
  )
  t.equal(code, 3)
  t.match(stderr, /bad\.csv 第 3 行：/)
  t.match(stdout, `被拒绝    1 行：DDB_INPUT_CELL 1，保存于 ${rejects}`)
  t.match(stdout, /\n {2}下一步 {4}ddb-ingest retry \S+rejects\.csv\n$/)
})

t.test('a run that fails, and one that asks for a table', async t => {
  const failed = await onTerminal([...load, file('bad.csv')], 200)
  t.equal(failed.code, 65)
  t.match(failed.stdout, /^失败；此前 0 行已确认，目标：t/)
  t.match(failed.stderr, /\[DDB_INPUT_CELL\]\n文本不是该列类型的值/)
  const asked = await onTerminal(['load', file('good.csv')])
  t.equal(asked.code, 64)
  t.match(asked.stderr, /^\S* 上的表，对照 \S+good\.csv：\n {2}t {2}适合$/m)
  t.match(asked.stderr, /\n下一步: ddb-ingest load \S+ --table t [^\n]*\n$/)
})

t.test('a check', async t => {
  const fits = await onTerminal(['check', file('good.csv'), '--table', 't'])
  t.equal(fits.code, 0)
  t.match(fits.stdout, /^全部 2 行都能导入 t（\S+）；共 1 个批次。\n/)
  t.match(fits.stdout, /\n\n完全照此导入：\nddb-ingest load /)
  const table = fits.stdout.split('\n').filter(line => /^ {2}(输入|id|name) /.test(line))
  const widths = table.map(line => displayWidth(/^(.*?)(?:文本|1|甲)/.exec(line)![1]!))
  t.equal(table.length, 3)
  t.equal(widths[1], widths[2], 'columns are aligned')
})

const count = fc.nat(1e9)
const anyResult = fc
  .record({
    status: fc.constantFrom<LoadResult['status'][]>(
      'loaded',
      'unconfirmed',
      'failed',
      'interrupted',
    ),
    rows: fc.record({
      read: count,
      confirmed: count,
      filtered: fc.constantFrom(0, 5),
      unconfirmed: count,
      rejected: count,
      skipped: fc.constantFrom(0, 7),
      unsent: fc.constantFrom(0, 8),
    }),
    used: fc.constantFrom<LoadResult['confirm']['used'][]>('none', 'count', 'receipts', 'answers'),
    grade: fc.constantFrom<LoadResult['stored']['grade'][]>(null, 'in memory', 'flushed'),
    files: fc.constantFrom(0, 1, 3),
    duplicates: fc.constantFrom(null, 0, 9),
    table: fc.constantFrom('trades', 'dfs://行情/日线', '行情'.repeat(20)),
  })
  .map(({ status, rows, used, grade, files, duplicates, table }): LoadResult => {
    const asked = { runId: 'r', server: { host: 'h', port: 1 }, target: {}, confirm: undefined }
    const empty = emptyResult(asked, new Date(0), new Error('no'))
    return {
      ...{ ...empty, status, rows, duplicates, error: null },
      target: { ...empty.target, table },
      stored: { ...empty.stored, grade },
      confirm: { ...empty.confirm, used },
      batches: { sent: 1, retried: 0, failed: 0 },
      rejects: {
        ...empty.rejects,
        byCode: { DDB_INPUT_CELL: 3 },
        files: Array.from({ length: files }, (_, i) => ({ path: `/tmp/拒绝-${i}.csv`, rows: 1 })),
      },
    }
  })

t.test('a summary fits the terminal and contains no English', async () => {
  fc.assert(
    fc.property(anyResult, fc.constantFrom(60, 80, 200), (result, columns) => {
      const lines = summaryLines(result, undefined, true, columns, chinese)
      const details = detailLines(result, true, true, chinese)
      const text = [...lines, ...details].join('\n').replace(/^Already loaded: /, '')
      // The remaining English words are codes, names and units.
      if (
        /\b(?!trades|dfs|tmp|csv|DDB_INPUT_CELL|reasons|ndjson|min|MB|kB|B)[A-Za-z]{2,}/.test(text)
      )
        return false
      const labelled = lines.filter(line => /^ {2}\S/.test(line))
      if (labelled.length !== 5) return false
      // The texts after all labels begin in the same column.
      if (labelled.some(line => displayWidth(/^ {2}\S+ +/.exec(line)![0]) !== 12)) return false
      return lines.every(line => displayWidth(line) <= columns)
    }),
  )
})

t.test('the bar and the plain lines are in Chinese and not wider than the screen', async t => {
  const report: LoadReport = {
    phase: 'loading',
    rows: {
      read: 2000,
      confirmed: 1000,
      filtered: 0,
      unconfirmed: 0,
      rejected: 3,
      skipped: 4,
      unsent: 0,
    },
    sentRows: 1990,
    sentBatches: 2,
    inFlightBytes: 4_000_000,
    bytesRead: 500_000,
    totalBytes: 1_000_000,
    input: { number: 3, count: 1000 },
    elapsedMs: 2000,
  }
  const figures = newFigures()(report)
  const at = (columns: number): string[] =>
    barLines(figures, columns, ['#', '=', '.'] as const, chinese)
  t.strictSame(at(60), [
    '####====......... 50%  文件 3/1,000  剩余 0:06',
    '已发送 1.99k  已确认 1.00k  995 行/秒  平均 995  被拒绝 3',
  ])
  t.equal(
    at(200)[1],
    '已发送 1,990  已确认 1,000  此前已确认 4  995 行/秒  平均 995  被拒绝 3  250 kB/s  途中 4.00 MB',
  )
  for (let columns = 2; columns <= 200; columns++) {
    const wide = at(columns).filter(line => displayWidth(line) >= columns)
    t.strictSame(wide, [], `${columns}`)
  }
  t.match(
    lineText(figures, chinese),
    /^0:02 {2}50% {2}500 kB \/ 1\.00 MB {2}文件 3\/1,000 {2}已发送 1,990/,
  )
  t.strictSame(
    barLines(newFigures()({ ...report, phase: 'connecting' }), 80, ['#', '=', '.'], chinese),
    ['正在连接'],
  )
})

t.test('explain prints in the language of the reader', async t => {
  const terminal = { stdoutColumns: 80, stderrColumns: 80, environment: language }
  const zh = await runMain(['explain', 'DDB_INPUT_CELL'], terminal)
  t.match(zh.stdout, /DDB_INPUT_CELL\S*\n退出码：65\n含义与处理方法：/)
  t.match((await runMain(['explain', '75', '--lang', 'zh'])).stdout, /^75\n含义：.*\n如何继续：/)
  t.match(
    (await runMain(['explain', '75', '--lang', 'en'], terminal)).stdout,
    /^\S*75\S*\nmeaning: /,
  )
  t.match(await runMain(['explain', 'DDB_NO', '--lang', 'zh']), { code: 64 })
})

t.test('output of a script is data, and stays unchanged', async t => {
  const { stderr } = await onTerminal(['exec', '-e', 'print("already loaded")'])
  t.match(stderr, /^already loaded$/m)
})

t.test('logs and objects stay English', async t => {
  writeFileSync(file('more.csv'), 'id,name\nx,1\n')
  const json = await onTerminal([...load, file('more.csv'), '--json'])
  t.notMatch(json.stdout, /[\u4e00-\u9fff]/)
  const logged = await onTerminal([...load, file('more.csv'), '--log-format', 'json'])
  t.notMatch(logged.stderr, /[\u4e00-\u9fff]/)
})
