/*
  Completions for shells, taken from the program itself, the journals and the server. If the server is slow, hostile or
  gone, it gives no completions.
*/
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { complete } from '../../../src/cli/completion/complete.js'
import type { Shell } from '../../../src/cli/completion/completion-request.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { startServer } from '../../../src/server/index.js'
import { Certificates } from '../../helpers/certificates.js'
import { fileFolder } from '../../helpers/file-folder.js'
import { fakeProcess, runMain, spawnCli } from '../run-cli.js'

interface Answer {
  readonly form: string
  readonly lines: readonly string[]
  readonly died: boolean
}

/** A timeout too long to end in a test, even on a busy machine. */
const longMs = 60_000

async function ask(
  shell: Shell,
  typed: readonly string[],
  environment: Record<string, string> = {},
  withinMs = longMs,
): Promise<Answer> {
  const fake = fakeProcess({ environment })
  const { processEnvironment } = fake
  const output = openOutput(processEnvironment, true)
  t.equal(await complete({ shell, typed }, processEnvironment, output, withinMs), 0)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(fake.stderr(), '')
  const [form = '', ...lines] = fake.stdout().split('\n').slice(0, -1)
  return { form, lines, died: fake.left.length > 0 }
}

/** The completed values without their descriptions. */
async function values(
  typed: readonly string[],
  environment?: Record<string, string>,
): Promise<string[]> {
  const { lines } = await ask('zsh', typed, environment)
  return lines.map(line => line.split('\t')[0]!)
}

t.test('commands, options and fixed values', async t => {
  t.strictSame(await values(['re']), ['resume', 'retry'])
  t.strictSame((await ask('zsh', ['completi'])).lines, [
    'completion\tPrint the completion script for bash, zsh or fish.',
  ])
  t.strictSame(await values(['help', 'ex']), ['exec', 'explain'])
  t.strictSame(await values(['--v']), ['--version'])
  t.strictSame(await values(['load', '--create-']), [])
  t.strictSame(await values(['load', '--crea']), ['--create'])
  t.ok((await values(['load', '-'])).includes('--table'), 'a single hyphen')
  t.strictSame(await values(['load', '--create', '']), ['stream', 'dfs'])
  t.strictSame(await values(['load', '--create=d']), ['--create=dfs'], 'with the typed text')
  t.strictSame(await values(['load', '-f', 'nd']), ['ndjson'], 'for a short option')
  t.strictSame(await values(['load', '--encoding=gb']), ['--encoding=gb18030', '--encoding=gbk'])
  t.strictSame(await values(['load', '--host=lo']), [], 'an unknown value')
  t.strictSame(await values(['load', '--host', 'lo']), [])
  t.strictSame(await values(['explain', 'DDB_TIME']), ['DDB_TIMEOUT'])
  t.strictSame(await values(['completion', '']), ['bash', 'zsh', 'fish'])
  t.strictSame(await values(['nonsense', '']), [])
})

t.test('an option has the meaning that its command gives it', async t => {
  t.equal((await ask('fish', ['schema', '--create', ''])).form, 'files', 'a switch of schema')
  t.equal((await ask('fish', ['load', '--create', ''])).form, 'words', 'but not of load')
})

t.test('after -- there are no options', async t => {
  t.strictSame(await ask('zsh', ['load', '--', '--ta']), {
    form: 'files',
    lines: ['(#i)*.((csv|tsv|tab|ndjson|jsonl|json)(|.gz|.zst|.br)|zip)'],
    died: false,
  })
  t.strictSame(await values(['serve', '--', 'ddb-ingest', 'lo']), [])
  t.strictSame(await values(['--', '']), [])
})

t.test('bash gets only the text that replaces the last part of the word', async t => {
  const bash = async (line: string, place: string): Promise<readonly string[]> =>
    (await ask('bash', [`ddb-ingest ${line}`, place])).lines
  t.strictSame(await bash('load --create=d', 'd'), ['dfs'])
  t.strictSame(await bash('load --create=d', '--create=d'), ['--create=dfs'], 'without =')
  t.strictSame(await bash('load "--create=d', '--create=d'), ['--create=dfs'], 'in quotes')
  t.strictSame(await bash('load --create ', ''), ['stream', 'dfs'])
})

t.test('files that load accepts, and folders', async t => {
  const folder = fileFolder(t, {
    ...{ 'a.csv': '', 'b.csv.gz': '', 'c.JSONL': '', 'd.zip': '', 'e.txt': '', 'f.dos': '' },
    ...{ '.hidden.csv': '', "it's $x `y`.csv": '', 'g\nh.csv': '', sub: { 'only.txt': '' } },
  })
  const below = async (...typed: string[]): Promise<readonly string[]> => {
    const { form, lines } = await ask(
      'fish',
      typed.map(text => text.replace('~', folder)),
    )
    t.equal(form, 'files')
    return lines.map(path => path.replace(folder, '~'))
  }
  const data = ['a.csv', 'b.csv.gz', 'c.JSONL', 'd.zip', "it's $x `y`.csv", 'sub/']
  t.strictSame(
    await below('load', '~/'),
    data.map(name => `~/${name}`),
  )
  t.strictSame(await below('load', '~/sub/'), ['~/sub/only.txt'], 'all files if none has data')
  t.strictSame(await below('load', '~/.'), ['~/.hidden.csv'])
  t.strictSame(await below('exec', '~/'), ['~/f.dos', '~/sub/'])
  t.strictSame(await below('load', '--rejects', '~/e'), ['~/e.txt'])
  t.strictSame(await below('load', '--rejects=~/e'), ['--rejects=~/e.txt'])
  t.strictSame(await below('load', '--state-dir', '~/'), ['~/sub/'])
  t.strictSame(await below('load', '~/gone/'), [])
  const home = await ask('fish', ['load', '~/a'], { HOME: folder })
  t.strictSame(home.lines, ['~/a.csv'])
  const { lines } = await ask('bash', [`ddb-ingest load ${folder}/s`, `${folder}/s`])
  t.strictSame(lines, [`${folder}/sub`], 'bash adds the slash')
})

t.test('run IDs, even if there are ten thousand', async t => {
  const folder = fileFolder(t)
  mkdirSync(join(folder, 'ddb-ingest', 'runs'), { recursive: true })
  const journal = (name: string): void =>
    writeFileSync(join(folder, 'ddb-ingest', 'runs', `${name}.journal`), '')
  for (let i = 0; i < 10_000; i++) journal(`r${i}`)
  journal('$(touch x)')
  journal('prices-2026')
  const state = { XDG_STATE_HOME: folder }
  t.equal((await values(['resume', 'r'], state)).length, 10_000)
  t.strictSame(await values(['resume', 'p'], state), ['prices-2026'])
  t.strictSame(await values(['runs', 'r1', 'p'], state), ['prices-2026'])
  t.strictSame(await values(['load', '--run-id=p'], state), ['--run-id=prices-2026'])
  t.strictSame(await values(['resume', '$'], state), [], 'this file is not a run')
  const other = fileFolder(t, { runs: { 'mine.journal': '' } })
  t.strictSame(await values(['resume', '--state-dir', other, '']), ['mine'])
})

const initScript = `
  share streamTable(1:0, \`sym\`price, [SYMBOL, DOUBLE]) as trades
  share streamTable(1:0, \`sym\`price, [SYMBOL, DOUBLE]) as 行情
  db = database("dfs://testDB", VALUE, \`A\`B)
  db.createPartitionedTable(table(1:0, \`sym\`price, [SYMBOL, DOUBLE]), \`tb1, \`sym)`

const admin = { DDB_USER: 'admin', DDB_PASSWORD: '123456' }

t.test('tables of a server that allows guests', async t => {
  const server = await startServer({ port: 0, initScript })
  t.teardown(() => server.close())
  const port = String(server.port)
  const tables = async (...typed: string[]): Promise<string[]> =>
    (await values(['load', '--host', `127.0.0.1:${port}`, ...typed])).sort()
  t.ok((await tables('--table', '')).includes('trades'))
  t.strictSame(await tables('x.csv', '-t', 'tr'), ['trades'])
  t.strictSame(await tables('--table=行'), ['--table=行情'])
  t.strictSame(await tables('--confirm-table', 'tra'), ['trades'])
  t.strictSame(await tables('--types-from', 'tra'), ['trades'])
  t.strictSame(await values(['schema', '--table', 'tr'], { DDB_PORT: port }), [], 'a new table')
  t.strictSame(await values(['check', '--table', 'tr'], { DDB_PORT: port }), ['trades'])
  t.strictSame(
    await values(['load', '-t', 'tr'], { DDB_PORT: port, DDB_USER: 'admin' }),
    [],
    'no password',
  )
})

t.test('a password is sent only over TLS, or to a server where its user has logged in', async t => {
  const server = await startServer({ port: 0, initScript, requireLogin: true })
  t.teardown(() => server.close())
  const state = fileFolder(t)
  const environment = { ...admin, XDG_STATE_HOME: state, DDB_PORT: String(server.port) }
  const before = server.counters.connections
  t.strictSame(await values(['load', '-t', ''], environment), [])
  t.equal(server.counters.connections, before, 'a new server is not even asked')
  t.same(readdirSync(state), [], 'and nothing is stored')
  t.equal((await runMain(['exec', '-e', '1+1'], { environment })).code, 0)
  t.strictSame(await values(['load', '-t', 'dfs:'], environment), ['dfs://testDB/tb1'])
  const { lines } = await ask('bash', ['ddb-ingest load -t dfs:', ''], environment)
  t.strictSame(lines, ['//testDB/tb1'], 'the text after the colon')
  t.strictSame(await values(['load', '--user', 'other', '-t', ''], environment), [])
  t.strictSame(await values(['load', '--password-file', '-', '-t', ''], environment), [])
})

t.test('with TLS', async t => {
  const certificates = new Certificates(t)
  const identity = certificates.make('localhost')
  const { certFile: tlsCertFile, keyFile: tlsKeyFile } = identity
  const server = await startServer({
    port: 0,
    initScript,
    requireLogin: true,
    tlsCertFile,
    tlsKeyFile,
  })
  t.teardown(() => server.close())
  const environment = { ...admin, DDB_PORT: String(server.port), XDG_STATE_HOME: fileFolder(t) }
  const tls = ['--tls', '--ca-file', identity.certFile]
  t.strictSame(await values(['load', ...tls, '-t', 'tr'], environment), ['trades'])
  t.strictSame(await values(['load', '--tls', '-t', 'tr'], environment), [], 'an unknown authority')
  t.strictSame(await values(['load', '--tls', '--tls-insecure', '-t', 'tr'], environment), [])
})

t.test('a server that is silent, sends invalid bytes or does not listen', async t => {
  for (const [greeting, dies] of [
    ['', true],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', false],
  ] as const) {
    const listener = createServer(socket => {
      socket.on('error', () => undefined)
      socket.on('data', () => greeting && socket.end(greeting))
    }).listen(0, '127.0.0.1')
    t.teardown(() => void listener.close())
    await new Promise(resolve => listener.once('listening', resolve))
    const { port } = listener.address() as AddressInfo
    const typed = ['load', '--host', `127.0.0.1:${port}`, '-t', '']
    const answer = await ask('zsh', typed, {}, dies ? 300 : longMs)
    t.strictSame(answer, { form: 'words', lines: [], died: dies })
  }
  const server = await startServer({ port: 0 })
  await server.close()
  t.strictSame(await values(['load', '--host', `127.0.0.1:${server.port}`, '-t', '']), [])
})

t.test('completion leaves a password file that is a pipe for the load', async t => {
  const folder = fileFolder(t)
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const typed = ['load', '--tls', '--user', 'a', '--password-file', pipe, '-t', '']
  t.strictSame(await ask('zsh', typed), { form: 'words', lines: [], died: false })
})

t.test('the process ends even if the system still holds one of its threads', async t => {
  const pipe = join(fileFolder(t), 'pipe')
  execFileSync('mkfifo', [pipe])
  const typed = ['complete', 'zsh', '--', 'load', '--config', pipe, '-t', '']
  const { stdout, stderr, signal } = await spawnCli(typed).outcome
  t.strictSame({ stdout, stderr, signal }, { stdout: 'words\n', stderr: '', signal: 'SIGKILL' })
})

t.test('invalid settings, and lines that are not requests', async t => {
  t.strictSame(await values(['load', '--host', ':', '-t', '']), [])
  t.strictSame(await values(['load', '--nonsense', '-t', '']), [])
  t.strictSame(await values(['load', '-t', ''], { DDB_INGEST_NONSENSE: '1' }), [])
  t.match(await runMain(['complete']), { code: 64, stdout: '' })
  t.match(await runMain(['complete', 'tcsh', '--', '']), { code: 64, stdout: '' })
  t.match(await runMain(['complete', 'zsh', '--', 'demo', '--no']), {
    code: 0,
    stdout: 'words\n--no-color\tno colours\n',
  })
})

t.test('completion prints the script for a shell', async t => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await runMain(['completion', shell])
    t.match({ code, stdout }, { code: 0, stdout: `ddb-ingest complete ${shell} -- ` })
  }
  t.match(await runMain(['completion', 'tcsh']), { code: 64, stderr: /bash, zsh or fish/ })
})
