/* A server that knows the password repeats it long after the login: in errors, printed output, tables and their names, and receipts, plain
   or escaped. The test searches all text that commands print and write. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import { load } from '../../../src/load/load-rows.js'
import { type EmbeddedServer } from '../../../src/server/index.js'
import type { Outcome } from '../../cli/run-cli.js'
import { SecretSearch } from '../../helpers/secret-search.js'
import { deepTest } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const password = 'hunter2secret'

/** Ways to write the password inside another text. */
const forms: Readonly<Record<string, string>> = {
  raw: password,
  base64: Buffer.from(password).toString('base64').replace(/=+$/, ''),
  header: Buffer.from(`admin:${password}`).toString('base64'),
  hex: Buffer.from(password).toString('hex').toUpperCase(),
  address: Buffer.from(password).toString('hex').replace(/../g, '%$&'),
}
const serve = (t: Test, initScript: string): Promise<EmbeddedServer> =>
  startServerFor(t, { adminPassword: password, initScript })

const search = new SecretSearch(password, [...Object.values(forms), forms['header']!.slice(8, -2)])

/** Runs a command in its own folder and searches all files that it leaves there. */
function run({ port }: EmbeddedServer, argv: readonly string[], folder: string): Promise<Outcome> {
  const file = search.passwordFile(folder)
  const login = ['--host', `127.0.0.1:${port}`, '--user', 'admin', '--password-file', file]
  const environment = { XDG_STATE_HOME: join(folder, 'home') }
  return search.run(folder, [...argv, ...login], { environment })
}

const traced = ['--trace', 'trace']

t.test('in any result of a script', async t => {
  const server = await serve(
    t,
    Object.entries(forms)
      .map(([name, text]) => `share table(["x ${text} y"] as s, [7] as n) as t_${name}`)
      .join('\n'),
  )
  for (const [name, text] of Object.entries(forms)) {
    for (const script of [
      `"${text}"`,
      `throw "no: ${text}"`,
      `print("${text}"); 1`,
      `["a", "${text}"]`,
      `symbol(["a", "${text}"])`,
      `select * from t_${name}`,
      `dict(["k ${text}"], [1])`,
      `("${text}", 1)`,
      `nonsense_${text}_`.replaceAll(/[^\w]/g, ''),
    ]) {
      for (const output of ['table', 'csv', 'json']) {
        const argv = ['exec', '-e', script, '--output', output, ...traced]
        const { code, stdout, stderr } = await run(server, argv, t.testdir())
        t.match(stdout + stderr, '***', `${script} as ${output}`)
        if (code === 0 && !script.startsWith('print')) {
          t.match(stderr, 'contains the password: *** replaces it')
        }
      }
    }
  }
  t.match(
    await run(server, ['exec', '-e', 'exec n from t_raw', '--output', 'csv'], t.testdir()),
    { code: 0, stdout: '7\n', stderr: /^[^*]*$/ },
    'results without the password are not mentioned',
  )
})

const files = [
  ...['--rejects', 'rejects.csv', '--json=summary.json', '--metrics-file', 'metrics.prom'],
  ...['--on-error', 'quarantine', ...traced, '--json', '--retries', '0'],
]

/** Error texts that the program attributes to rows, and one text that the program does not know. */
const refusals: Readonly<Record<string, string>> = {
  rows: "Failed to append data to column 'id' with error: Incompatible type",
  unknown: 'Something went wrong',
  target: "Can't find the object with name",
  rights: '<NoPrivilege>Not granted to write data to table',
}

deepTest(t, 'in refusals of loaded rows, in every mode', async t => {
  for (const [kind, words] of Object.entries(refusals)) {
    for (const [name, text] of Object.entries(forms)) {
      const server = await startServerFor(t, {
        adminPassword: password,
        initScript: 'share streamTable(1:0, [`id], [INT]) as target',
        faults: {
          before: () => ({
            insert: ({ table }) => (table === 'target' ? { error: `${words} ${text}` } : undefined),
          }),
        },
      })
      for (const way of [
        ['--mode', 'sync'],
        ['--mode', 'async'],
      ]) {
        const folder = t.testdir({ 'in.csv': 'id\n1\n2\n' })
        const named = ['--run-id', 'r', '--state-dir', 'state']
        const argv = ['load', 'in.csv', '--table', 'target', ...way, ...files, ...named]
        const { code, stdout } = await run(server, argv, folder)
        t.not(code, 0, `${kind} ${name} ${way.join(' ')}`)
        const result = JSON.parse(stdout) as { rows: { rejected: number } }
        t.equal(result.rows.rejected, kind === 'rows' ? 2 : 0)
        if (kind === 'rows') {
          const reasons = readFileSync(join(folder, 'rejects.csv.reasons.ndjson'), 'utf8')
          t.match(reasons, `${words} `)
          t.match(reasons, '***')
          t.equal(readFileSync(join(folder, 'rejects.csv'), 'utf8'), 'id\n1\n2\n')
        }
        await run(server, ['resume', 'r', '--state-dir', 'state'], folder)
      }
    }
  }
})

deepTest(t, 'in the names of columns and tables', async t => {
  const server = await serve(
    t,
    `share table(1:0, [\`id, \`${password}], [INT, INT]) as target
    share table(1:0, [\`id], [INT]) as ${password}1`,
  )
  for (const argv of [
    ['load', 'in.csv', '--table', 'target', ...files],
    ['load', 'in.csv', '--table', 'target', '--allow-missing', ...files],
    ['load', 'in.csv', '--table', 'hunter2secret2'.replace('secret', 'secre'), ...files],
    ['check', 'in.csv', '--table', 'target', '--json'],
    ['check', 'in.csv', '--table', 'target', '--allow-missing'],
    ['exec', '-e', 'select * from target'],
    ['exec', '-e', 'schema(target)', '--json'],
    ['exec', '-e', 'select name from objs(true)', '--output', 'csv'],
  ]) {
    await run(server, argv, t.testdir({ 'in.csv': 'id\n1\n2\n' }))
  }
})

deepTest(t, 'in the findings of selftest', async t => {
  const server = await startServerFor(t, {
    adminPassword: password,
    faults: {
      before: ({ kind, text }) =>
        kind === 'connect' || /login|Key|scram/.test(text)
          ? undefined
          : { error: `${password} => no` },
    },
  })
  const argv = ['selftest', '--time-limit', '5s', '--issue-text', 'issue.md', ...traced]
  await run(server, argv, t.testdir())
  await run(server, [...argv, '--json'], t.testdir())
})

deepTest(t, 'no visible part of a library error contains the password', async t => {
  const server = await serve(t, '')
  const session = await connect({ host: '127.0.0.1', port: server.port })
  await session.login('admin', password)
  const printed: string[] = []
  session.onMessage = text => printed.push(text)
  await session.run(`print("${password}")`)
  t.strictSame(printed, ['***'])
  for (const words of [password, `<NoPrivilege>Not granted to read table ${password}`]) {
    const failure: unknown = await session.run(`throw "${words}"`).catch((error: unknown) => error)
    const { stack, serverMessage, message } = failure as Error & { serverMessage: string }
    for (const text of [stack!, serverMessage, message, JSON.stringify(failure)]) {
      t.notMatch(text, password)
    }
  }
  t.match(await session.run(`"${password}"`), { value: password }, 'values are unchanged')
  await session.close()
})

t.test("decisions use the server's original text", async t => {
  // The password equals the tag of this refusal. The run must still recognize the tag.
  const odd = 'ChunkInTransaction'
  let refused = 0
  const server = await startServerFor(t, {
    adminPassword: odd,
    initScript: 'share streamTable(1:0, [`id], [INT]) as target',
    faults: {
      before: ({ text }) =>
        text === 'ddbIngestDeliver' && refused++ < 2 ? { error: `<${odd}>busy` } : undefined,
    },
  })
  const folder = t.testdir({ 'in.csv': 'id\n1\n2\n' })
  const result = await load({
    inputs: [join(folder, 'in.csv')],
    server: { host: '127.0.0.1', port: server.port, user: 'admin', password: odd },
    target: { table: 'target' },
    delivery: { mode: 'sync' },
  })
  t.match(result, { exitCode: 0, rows: { confirmed: 2 } })
  t.equal(refused, 3)
})
