/*
  Quiet runs: what is printed with -q, what is printed once a day, and what keeps a terminal readable.
*/
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ledgerName } from '../../../src/load/register/table-names.js'
import { runMain, spawnCli, type FakeTerminals, type Outcome } from '../../cli/run-cli.js'
import { deepTest } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const server = await startServerFor(t, {
  initScript: `
    share streamTable(1:0, \`id\`price, [INT, DOUBLE]) as prices
    share streamTable(1:0, \`id\`price, [INT, DOUBLE]) as others`,
})
const port = String(server.port)
const rows = 'id,price\n1,1.5\n2,2.5\n3,3.5\n'

const load = (argv: readonly string[], terminals: FakeTerminals = {}): Promise<Outcome> =>
  runMain(['load', '-', '--host', `127.0.0.1:${port}`, '-t', 'prices', ...argv], {
    stdin: rows,
    ...terminals,
  })

function stateOf(t: Test, name = 'state'): Record<string, string> {
  const folder = join(name === 'state' ? t.testdir() : t.testdirName, name)
  mkdirSync(folder, { mode: 0o700 })
  return { XDG_STATE_HOME: folder }
}

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
  t.match(await load(['--expect-rows', '4..', '-n']), {
    code: 5,
    stderr: /expected at least 4 rows, 3 would be delivered/,
  })
  t.equal((await load(['--expect-rows', '3..', '-n'])).code, 0)
  t.match(await load(['--expect-rows', '2']), { code: 5, stderr: /expected 2 r/ })
  t.equal((await load(['--expect-rows', '..2'])).code, 64)
})

t.test(
  'exec shows a hundred rows on a terminal, all rows elsewhere, or the requested number',
  async t => {
    const exec = async (
      argv: readonly string[],
      terminals: FakeTerminals = {},
    ): Promise<string[]> => {
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
    t.equal(
      (await exec(['--output', 'csv'], { stdoutColumns: 80 })).length,
      251,
      'data are complete',
    )
  },
)

/** The ledger that a killed run leaves behind. */
const ledger = (token: bigint): string =>
  `share table([8] as phase, [1l] as sendNo) as ${ledgerName(token, 1)}`

/** The token of a run with a journal in this state folder. */
function tokenOf({ XDG_STATE_HOME: folder }: Record<string, string>, runId: string): bigint {
  const journal = readFileSync(join(folder!, 'ddb-ingest', 'runs', `${runId}.journal`), 'utf8')
  return BigInt(`0x${/"token":"(\w+)"/.exec(journal)![1]!}`)
}

deepTest(
  t,
  'leftovers of killed runs are reported once a day, and not for runs into other tables',
  async t => {
    const environment = stateOf(t)
    const file = join(t.testdirName, 'rows.csv')
    writeFileSync(file, rows)
    const argv = ['load', file, '--host', `127.0.0.1:${port}`, '-t', 'prices']
    const leave = async (token: bigint): Promise<void> => {
      const { code } = await runMain(['exec', '--host', `127.0.0.1:${port}`, '-e', ledger(token)])
      t.equal(code, 0)
    }
    // A separate process, because the program prints the report while it waits to exit.
    const said = async (state: Record<string, string>, ...further: string[]): Promise<string> => {
      const { code, stderr } = await spawnCli([...argv, ...further], { environment: state }).outcome
      t.equal(code, 0, stderr)
      return stderr
    }
    await leave(1n)
    t.notMatch(await said(environment, '-q'), 'ddbIngest', 'left to the next command')
    t.match(await said(environment), `: ${ledgerName(1n, 1)}. `)
    t.notMatch(await said(environment), 'ddbIngest')
    // A journal on this machine shows that the run `left2` loads into a different table.
    const own = stateOf(t, 'own')
    const other = ['load', file, '--host', `127.0.0.1:${port}`, '-t', 'others', '--run-id', 'left2']
    t.equal((await runMain(other, { environment: own })).code, 0)
    const own2 = tokenOf(own, 'left2')
    await leave(own2)
    await leave(3n)
    const last = await said(own)
    t.match(last, ledgerName(3n, 1))
    t.notMatch(last, ledgerName(own2, 1))
  },
)
