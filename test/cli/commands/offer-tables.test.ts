/*
  `load` and `check` without a table print the server's tables, mark those that fit the file, and suggest the command
  that loads the file.
*/
import { join } from 'node:path'
import t from 'tap'
import { fileFolder } from '../../helpers/file-folder.js'
import { startServer } from '../../../src/server/index.js'
import { runMain, type FakeTerminals, type Outcome } from '../run-cli.js'

const server = await startServer({
  port: 0,
  initScript: `
    share streamTable(1:0, \`sym\`price\`volume, [SYMBOL, DOUBLE, LONG]) as trades
    share streamTable(1:0, \`sym\`bid\`ask, [SYMBOL, DOUBLE, DOUBLE]) as quotes
    share streamTable(1:0, \`a\`b, [INT, INT]) as ddbIngest_run
    db = database("dfs://testDB", VALUE, \`A\`B)
    db.createPartitionedTable(table(1:0, \`sym\`price, [SYMBOL, DOUBLE]), \`tb1, \`sym)`,
})
t.teardown(() => server.close())

const folder = fileFolder(t, {
  'trades.csv': 'Sym,PRICE,volume\nA,1.5,10\n',
  'plain.csv': 'A,1.5,10\nB,2.5,20\n',
  'other.csv': 'day,rain\n2024.01.01,3\n',
  'trades.ndjson': '{"sym": "A", "price": 1.5}\n',
})

const login = { DDB_USER: 'admin', DDB_PASSWORD: '123456' }

function call(argv: readonly string[], terminals: FakeTerminals = {}): Promise<Outcome> {
  const [command, ...others] = argv
  const environment = { ...login, ...terminals.environment }
  return runMain([command!, '--host', `127.0.0.1:${server.port}`, ...others], {
    ...terminals,
    environment,
  })
}

const file = (name: string): string => join(folder, name)

t.test('tables are listed with their columns, and fitting tables come first', async t => {
  const path = file('trades.csv')
  // The notice about the encryption of the password comes only once.
  await call(['load', path])
  for (const command of [['load'], ['check'], ['load', '-n']]) {
    const { code, stdout, stderr } = await call([...command, path])
    t.equal(code, 64)
    t.equal(stdout, '')
    t.equal(
      stderr,
      [
        `Tables of 127.0.0.1:${server.port}, for ${path}:`,
        '  trades  fits',
        '      sym SYMBOL, price DOUBLE, volume LONG',
        '  dfs://testDB/tb1  the file also has volume',
        '      sym SYMBOL, price DOUBLE',
        '  quotes  the file lacks bid, ask; the file also has PRICE, volume',
        '      sym SYMBOL, bid DOUBLE, ask DOUBLE',
        'ddb-ingest: no target: name a table with --table or a function view with --function [DDB_USAGE]',
        `next: ddb-ingest ${command[0]} ${path} --table trades --host 127.0.0.1:${server.port}${command.length > 1 ? ' --dry-run' : ''}`,
        '',
      ].join('\n'),
    )
  }
})

t.test('the suggested command loads the file', async t => {
  const { stderr } = await call(['load', file('trades.csv')])
  const words = stderr.trimEnd().split('\n').at(-1)!.split(' ').slice(2)
  t.match(await runMain(words, { environment: login }), {
    code: 0,
    stdout: /^Loaded 1 row into trades/,
  })
})

t.test(
  'tables are matched with mapping options, by JSON members, and by the number of unnamed columns',
  async t => {
    const said = async (...argv: string[]): Promise<string> =>
      (await call(['load', ...argv])).stderr
    t.match(await said(file('trades.csv'), '--ignore-extra'), /tb1 {2}fits/)
    t.match(await said(file('trades.ndjson')), /^ {2}dfs:\/\/testDB\/tb1 {2}fits$/m)
    t.match(await said(file('plain.csv')), /^ {2}trades {2}fits$/m)
    const other = await said(file('other.csv'))
    t.notMatch(other, / fits$/m)
    t.match(other, /^ {2}quotes {2}has no column of the file$/m)
    t.match(other, new RegExp(`^next: ddb-ingest schema ${file('other.csv')}$`, 'm'))
  },
)

t.test('for an unreadable file and for piped data, all tables are listed', async t => {
  for (const source of ['/no/such.csv', '-']) {
    const { stderr } = await call(['load', source], { stdin: 'sym\n' })
    t.match(stderr, /^Tables of 127.*\d:\n {2}trades\n/)
    t.match(stderr, /\nnext: ddb-ingest load --help\n$/)
  }
})

t.test('tables without read permission are omitted, and a guest is told to log in', async t => {
  const guest = { DDB_USER: '', DDB_PASSWORD: '' }
  const { stderr } = await call(['load', file('trades.csv')], { environment: guest })
  t.match(stderr, /after a login you may see more tables: --user NAME/)
})

t.test(
  'if no server listens, if a password is missing, and with -q, only the error is printed',
  async t => {
    const gone = await startServer({ port: 0 })
    await gone.close()
    const lost = await runMain(['load', file('trades.csv'), '--host', `127.0.0.1:${gone.port}`])
    t.match(lost, { code: 64, stderr: /cannot be listed: .*connection refused[^]*no target/ })
    t.match(lost.stderr, /\nnext: ddb-ingest load --help-all\n$/)
    const noPassword = await call(['load', file('trades.csv')], {
      environment: { DDB_PASSWORD: '' },
    })
    t.match(noPassword, { code: 64, stderr: /cannot be listed: no password[^]*no target/ })
    const quiet = await call(['load', file('trades.csv'), '-q'])
    t.match(quiet.stderr, /^ddb-ingest: no target/)
  },
)

t.test('lines fit a narrow screen', async t => {
  const { stderr } = await call(['load', file('trades.csv'), '--no-color'], { stderrColumns: 40 })
  const lines = stderr.split('\n').slice(1, 8)
  t.ok(
    lines.every(line => line.length <= 40),
    lines.join('\n'),
  )
})
