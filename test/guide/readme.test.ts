/* The pages under test. Every command in their `sh` blocks runs as for a reader, block by block from top to bottom, with an embedded server
   for each page. `# exit 3` at the end of a line gives an exit code other than 0, `# loads 1,000 rows` the count of rows that a load
   reports, `# prints 1000` the expected standard output, `# prints nothing` an empty one. Blocks that must not run are marked `text`. The
   shell reads each command; a command that only calls the program runs in this process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { main } from '../../src/cli/main.js'
import { fakeProcess, runMainIn, shellWords } from '../cli/run-cli.js'
import { makePlace, type Place } from '../helpers/place.js'
import { everyday } from '../helpers/runs.js'
import {
  commandsOf,
  originalOf,
  readPages,
  type Page,
  type ShellCommand,
} from '../helpers/pages.js'

/** Stops a command that hangs. All other commands are faster, even on a slow machine. */
const commandTimeoutMs = 300_000

/** `npm` commands do not run here: `npm start` and `npm test` ran before, and the page's own server already runs. */
const isForeign = ({ text }: ShellCommand): boolean => /^npm /.test(text)
const isServe = ({ text }: ShellCommand): boolean =>
  /^ddb-ingest serve\b/.test(text) && !/ -- /.test(text)

/** The variables that `export A=1 B=2` sets for the rest of the page; undefined for any other command. */
function exported({ text }: ShellCommand): Record<string, string> | undefined {
  if (!text.startsWith('export ')) return undefined
  return assigned(text.replace(/\s#.*/, ''))
}

function assigned(text: string): Record<string, string> {
  const pairs = text.matchAll(/(\w+)=(\S*)/g)
  return Object.fromEntries(Array.from(pairs, ([, name, value]) => [name!, value!] as const))
}

/** The command that runs instead of the given command. */
function standIn(command: ShellCommand): string | undefined {
  if (isForeign(command)) return undefined
  if (!isServe(command)) return command.text
  const init = /--init (\S+)/.exec(command.text)?.[1]
  return init === undefined ? undefined : `ddb-ingest exec ${init}`
}

/** The options of the server that a page starts, except those for its initial script and its port. */
function serverOptions(page: Page): string[] {
  const text = shellCommands(page).find(isServe)?.text ?? ''
  return Array.from(text.matchAll(/--(?!init\b|port\b)[a-z-]+(?: [a-z]+)?/g), ([option]) => option)
    .join(' ')
    .split(' ')
    .filter(word => word !== '')
}

/** @returns the port of the server */
async function startServer(t: Test, { environment }: Place, options: readonly string[]) {
  const fake = fakeProcess({ environment })
  const said = once(fake.processEnvironment.stdout, 'data') as Promise<[Buffer]>
  const ended = main(['serve', '--port', '0', ...options], fake.processEnvironment)
  const line = await Promise.race([
    said.then(([bytes]) => String(bytes)),
    ended.then(code =>
      Promise.reject(new Error(`the server ended with ${code}: ${fake.stderr()}`)),
    ),
  ])
  const end = (): Promise<number> => {
    fake.signals.emit('SIGTERM', 'SIGTERM')
    return ended
  }
  t.teardown(end)
  const port = /^listening on 127\.0\.0\.1:(\d+)\n$/.exec(line)?.[1]
  if (port === undefined) throw new Error(`the server said: ${line}`)
  return { port, end }
}

async function runInShell(script: string, place: Place) {
  const child = spawn('sh', ['-c', script], {
    cwd: place.folder,
    env: place.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: commandTimeoutMs,
  })
  const chunks: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { exitCode, stdout: Buffer.concat(chunks), stderr }
}

/**
 * The call of the program in a script, the command that pipes into it, and the variables before it; undefined if the
 * script does anything else.
 */
function onlyCall(script: string): { feed: string; variables: string; words: string } | undefined {
  const [, feed = '', variables = '', words = ''] =
    /^(?:([^"|<>&;]+)\|\s*)?((?:\w+=\S+ )*)ddb-ingest (.*)$/s.exec(script) ?? []
  const bare = words.replace(/'[^']*'|"(?:\\.|[^"\\])*"/gs, '').replace(/\s#.*$/, '')
  return words === '' || /[|<>&;]|ddb-ingest| -- /.test(bare)
    ? undefined
    : { feed, variables, words }
}

/** Runs a lone call of the program in this process. That changes the working directory, so pages run one by one. */
async function runCommand(script: string, place: Place) {
  const call = onlyCall(script)
  if (call === undefined) return runInShell(script, place)
  const fed = call.feed === '' ? '' : (await runInShell(call.feed, place)).stdout
  const words = shellWords(call.words, place.environment, place.folder)
  const environment = { ...place.environment, ...assigned(call.variables) }
  const { code, stdout, stderr } = await runMainIn(place.folder, words, { environment, stdin: fed })
  return { exitCode: code, stdout: Buffer.from(stdout), stderr }
}

const shellCommands = (page: Page): ShellCommand[] =>
  page.blocks.filter(({ language }) => language === 'sh').flatMap(commandsOf)

const pages = await readPages()

for (const page of pages) {
  // Omits translations: test/translations.test.ts checks that they have the commands of the English pages.
  if (originalOf(page.path) !== undefined) continue
  const commands = shellCommands(page).filter(command => standIn(command) !== undefined)
  if (commands.length === 0) continue
  if (everyday && page.path !== 'README.md') continue
  t.test(`${page.path} shows what happens`, async t => {
    const place = await makePlace(t.testdir())
    const { port, end } = await startServer(t, place, serverOptions(page))
    place.environment['DDB_HOST'] = '127.0.0.1'
    place.environment['DDB_PORT'] = port
    for (const command of commands) {
      const variables = exported(command)
      if (variables !== undefined) {
        Object.assign(place.environment, variables)
        continue
      }
      const outcome = await runCommand(standIn(command)!, place)
      const where = `${page.path}:${command.lineNumber} ${command.text}`
      t.equal(outcome.exitCode, command.exitCode, where, outcome)
      if (command.loads !== undefined) {
        t.match(String(outcome.stdout), `Loaded ${command.loads} rows into `, where)
      }
      if (command.prints !== undefined) {
        t.equal(String(outcome.stdout).trimEnd(), command.prints, where, outcome)
      }
    }
    t.equal(await end(), 0, 'the server ends cleanly')
  })
}

t.test('the README states the rows of every load, and counts the rows of every target', async t => {
  const commands = shellCommands(pages.find(({ path }) => path === 'README.md')!)
  const loads = commands.filter(({ text }) => /\bddb-ingest (load|retry)\b/.test(text))
  t.ok(loads.length >= 8)
  const texts = loads.filter(({ loads }) => loads === undefined).map(({ text }) => text)
  t.strictSame(texts, [])
  const targetOf = (text: string): string | undefined =>
    (/--confirm-table (\S+)/.exec(text) ?? /--table (\S+)/.exec(text))?.[1]
  for (const target of new Set(loads.flatMap(({ text }) => targetOf(text) ?? []))) {
    const [, name = target] = /([^/]+)$/.exec(target) ?? []
    const counted = commands.findLast(
      ({ text, prints }) =>
        /\b(exec count|audit)\b/.test(text) && text.includes(name) && /\d/.test(prints ?? ''),
    )
    t.ok(counted, `${target} is counted`)
  }
})

t.test('every block of commands runs ddb-ingest or npm', async t => {
  const forShow = pages.flatMap(page =>
    page.blocks
      .filter(({ language }) => language === 'sh')
      .filter(({ text }) => !/\b(ddb-ingest|npm) /.test(text))
      .map(({ lineNumber }) => `${page.path}:${lineNumber}`),
  )
  t.strictSame(forShow, [])
  const unmarked = pages.flatMap(page =>
    page.blocks
      .filter(({ language }) => language === '')
      .map(({ lineNumber }) => `${page.path}:${lineNumber}`),
  )
  t.strictSame(unmarked, [], 'blocks without a language')
})
