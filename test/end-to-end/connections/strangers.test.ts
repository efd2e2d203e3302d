/* Attacks by other users of this machine: writable state folders, readable password files, and a signal that would open a debugger. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runMain, spawnCli, type Outcome } from '../../cli/run-cli.js'
import { deepTest } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const initScript = 'share streamTable(1:0, [`id], [INT]) as target'

/** A server, an input, and state in `state/ddb-ingest`. */
async function scene(t: Test) {
  const server = await startServerFor(t, { initScript })
  const folder = t.testdir({ 'in.csv': 'id\n1\n2\n', password: '123456\n' })
  const environment = { DDB_PORT: String(server.port), XDG_STATE_HOME: join(folder, 'state') }
  return {
    folder,
    rows: () => server.node.shared.get('target')!.table.rows,
    run: (...argv: string[]) => runMain(argv, { environment }),
  }
}

t.test('state that every user can write to is refused, whatever its purpose', async t => {
  const { folder, rows, run } = await scene(t)
  const state = join(folder, 'state', 'ddb-ingest')
  const load = ['load', join(folder, 'in.csv'), '--table', 'target']
  const login = ['--user', 'admin', '--password-file', join(folder, 'password')]
  chmodSync(join(folder, 'password'), 0o600)
  t.match(await run(...load, '--run-id', 'r'), { code: 0 })
  chmodSync(state, 0o777)
  const refused = {
    code: 78,
    stderr:
      /state\/ddb-ingest can be written by every user of this machine: .*--state-dir .*XDG_STATE_HOME.*DDB_CONFIG/,
  }
  for (const argv of [
    load,
    [...load, '--run-id', 'r'],
    [...load, ...login],
    ['resume', 'r'],
    ['runs'],
    ['runs', 'r', '--clean'],
    ['check', join(folder, 'in.csv'), '--table', 'target', ...login],
    ['exec', '-e', '1', ...login],
    ['bench', '--requests', '1', ...login],
    ['selftest', ...login],
  ]) {
    t.match(await run(...argv), refused, argv.join(' '))
    const { code, stdout } = await run(...argv, '--json')
    t.equal(code, 78)
    t.match(JSON.parse(stdout), { error: { code: 'DDB_CONFIG' } }, `${argv.join(' ')} --json`)
  }
  t.equal(rows(), 2)
  t.notOk(existsSync(join(state, 'locks')))
  t.match(await run('exec', '-e', '1'), { code: 0 }, 'a guest login needs no state')
  chmodSync(state, 0o700)
  chmodSync(join(state, 'runs'), 0o777)
  t.match(await run(...load), { code: 78, stderr: /ddb-ingest\/runs can be written by every user/ })
  chmodSync(join(state, 'runs'), 0o700)
  t.match(await run(...load, '--run-id', 'r'), { code: 0, stdout: /^Already loaded/ })
})

deepTest(t, 'a folder given for journals is refused in the same way', async t => {
  const { folder, rows, run } = await scene(t)
  const named = join(folder, 'named')
  mkdirSync(named)
  chmodSync(named, 0o777)
  const argv = [
    'load',
    join(folder, 'in.csv'),
    ...'-t target --run-id r --state-dir'.split(' '),
    named,
  ]
  t.match(await run(...argv), { code: 78, stderr: /named can be written by every user/ })
  t.match(await run('resume', 'r', '--state-dir', named), { code: 78 })
  t.match(await run('runs', '--state-dir', named), { code: 78 })
  t.equal(rows(), 0)
  const inside = join(named, 'own')
  const outcome = await run(...argv.slice(0, -1), inside)
  t.match(outcome, { code: 0 }, 'a folder inside it belongs to its user')
})

t.test('the warning about a readable password file comes once a day', async t => {
  const server = await startServerFor(t)
  const folder = t.testdir({ password: '123456\n', other: '123456\n', state: {} })
  for (const name of ['password', 'other']) chmodSync(join(folder, name), 0o644)
  const exec = (name: string, ...further: string[]): Promise<Outcome> =>
    spawnCli(
      [
        ...['exec', '-e', '1', '--host', `127.0.0.1:${server.port}`, '--insecure-login'],
        ...['--user', 'admin', '--password-file', join(folder, name), ...further],
      ],
      { environment: { XDG_STATE_HOME: join(folder, 'state') } },
    ).outcome
  const warning = /^other users of this machine can read .*\/password: fix it with chmod 600\n$/
  t.match(await exec('password'), { code: 0, stdout: '1\n', stderr: warning })
  t.match(await exec('password'), { code: 0, stdout: '1\n', stderr: '' })
  const other = await exec('other')
  t.match(other, { code: 0, stderr: /can read .*\/other/ }, 'each file has its own day')
  const [told] = readFiles(join(folder, 'state', 'ddb-ingest', 'told'), /"told"/)
  writeFileSync(told!, '{"told":"2020-01-01T00:00:00Z"}')
  const both = `${(await exec('password')).stderr}${(await exec('other')).stderr}`
  t.equal(both.split('\n').length, 2, 'the next day the warning comes again')
})

function readFiles(folder: string, holding: RegExp): string[] {
  return readdirSync(folder)
    .map(name => join(folder, name))
    .filter(path => holding.test(readFileSync(path, 'utf8')))
}

deepTest(t, "no signal opens Node's debugger", async t => {
  const { child, firstLine, outcome } = spawnCli(['serve', '--port', '0'])
  const [, port] = /:(\d+)$/.exec(await firstLine)!
  for (let count = 0; count < 3; count++) {
    child.kill('SIGUSR1')
    const running = await runMain(['exec', '-e', '1', '--host', `127.0.0.1:${port}`])
    t.match(running, { code: 0 }, 'the server continues')
  }
  child.kill('SIGTERM')
  const expected = { code: 0, stderr: '' }
  t.match(await outcome, expected, 'Node would have printed the address of the debugger')
})
