/* Quiet runs: what is printed with -q, and what keeps a terminal readable. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runMain, type FakeTerminals, type Outcome } from '../../cli/run-cli.js'
import { startServerFor } from '../../helpers/load-server.js'

const server = await startServerFor(t, {
  initScript: `
    share streamTable(1:0, \`id\`price, [INT, DOUBLE]) as prices`,
})
const port = String(server.port)
const rows = 'id,price\n1,1.5\n2,2.5\n3,3.5\n'

const load = (argv: readonly string[], terminals: FakeTerminals = {}): Promise<Outcome> =>
  runMain(['load', '-', '--host', `127.0.0.1:${port}`, '-t', 'prices', ...argv], {
    stdin: rows,
    ...terminals,
  })

t.test('-q prints nothing on success; the summary file has the notices', async t => {
  const summary = join(t.testdir(), 'summary.json')
  const quiet = await load(['-q', `--json=${summary}`])
  t.strictSame(quiet, { code: 0, stdout: '', stderr: '' })
  const { notices } = JSON.parse(readFileSync(summary, 'utf8')) as { notices: string[] }
  t.match(notices[0], /^-: delimiter ","/)
  const told = await load(['--json'])
  const result = JSON.parse(told.stdout) as { notices: string[] }
  t.strictSame(result.notices, told.stderr.trimEnd().split('\n'))
})

t.test('a result has at most twenty notices', async t => {
  const bad = `id,price\n${'x,1\n'.repeat(100)}`
  const { stdout } = await load(['--json', '--on-error', 'skip'], { stdin: bad })
  t.ok((JSON.parse(stdout) as { notices: string[] }).notices.length <= 20)
})

t.test('fewer rows than --expect-rows N.. give exit code 5, for load and check', async t => {
  t.equal((await load(['--expect-rows', '3..'])).code, 0)
  t.equal((await load(['--expect-rows', '2..'])).code, 0)
  t.match(await load(['--expect-rows', '4..']), {
    code: 5,
    stderr: /expected at least 4 rows, 3 were delivered \[DDB_EXPECTATION\]/,
  })
  const expected = { code: 5, stderr: /expected at least 4 rows, 3 would be delivered/ }
  t.match(await load(['--expect-rows', '4..', '-n']), expected)
  t.equal((await load(['--expect-rows', '3..', '-n'])).code, 0)
  t.match(await load(['--expect-rows', '2']), { code: 5, stderr: /expected 2 r/ })
  t.equal((await load(['--expect-rows', '..2'])).code, 64)
})

t.test('exec shows a hundred rows on a terminal, elsewhere all, or as many as asked', async t => {
  const exec = async (argv: readonly string[], terminals: FakeTerminals = {}) => {
    const script = 'table(1..250 as id)'
    const { stdout } = await runMain(
      ['exec', '--host', `127.0.0.1:${port}`, '-e', script, ...argv, '--no-color'],
      terminals,
    )
    return stdout.trimEnd().split('\n')
  }
  const shown = await exec([], { stdoutColumns: 80 })
  t.equal(shown.length, 102)
  t.equal(shown.at(-1), '250 rows; 150 of them are not shown: --max-rows 0 shows all')
  t.equal((await exec([])).length, 252)
  t.equal((await exec(['--max-rows', '0'], { stdoutColumns: 80 })).length, 252)
  t.equal((await exec(['--max-rows', '3'])).at(-2), ' 3')
  t.equal((await exec(['--output', 'csv'], { stdoutColumns: 80 })).length, 251, 'data are complete')
})
