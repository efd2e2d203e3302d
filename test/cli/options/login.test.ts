import { execFileSync } from 'node:child_process'
import { chmod, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { serverOptions } from '../../../src/cli/options/options.js'
import { resolveOptions, type OptionSources } from '../../../src/cli/options/definition.js'
import { askPassword, readCredentials, type Login } from '../../../src/cli/options/login.js'
import type { TerminalInput } from '../../../src/cli/process-environment.js'
import { fakeProcess, type FakeTerminals } from '../run-cli.js'

const sources = (flags: Record<string, string> = {}, environment: Record<string, string> = {}) => ({
  flags: new Map(Object.entries(flags).map(([name, text]) => [name, [text]])),
  environment,
})

async function credentials(
  given: OptionSources,
  terminals: FakeTerminals = {},
  dataOnStdin = false,
): Promise<Login & { warnings: string[] }> {
  const warnings: string[] = []
  const secrets: string[] = []
  const settings = resolveOptions(serverOptions, given)
  const { processEnvironment } = fakeProcess(terminals)
  const { loginMemory, ...found } = await readCredentials(
    settings,
    {
      sources: given,
      processEnvironment,
      output: {
        note: warning => warnings.push(warning),
        keepSecret: secret => secrets.push(secret),
      },
    },
    dataOnStdin,
  )
  t.strictSame(secrets, found.password === undefined ? [] : [found.password])
  t.equal(loginMemory === undefined, found.user === undefined)
  return { ...found, warnings }
}

async function passwordFile(t: Test, text: string, mode = 0o600): Promise<string> {
  const path = join(t.testdir(), 'password')
  await writeFile(path, text)
  await chmod(path, mode)
  return path
}

t.test("the file may be a pipe, as from a shell's process substitution", async t => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', ['-m', '600', path])
  const found = credentials(sources({ user: 'u', 'password-file': path }))
  const pipe = await open(path, 'w')
  await pipe.write('pass')
  await pipe.write('word\n')
  t.match(await found, { user: 'u', password: 'password', warnings: [] }, 'while it is open')
  await pipe.close()
})

t.test('the first line of the file is the password, without its line end', async t => {
  const path = await passwordFile(t, 'pass word \r\nsecond line\n')
  const found = await credentials(sources({ user: 'u', 'password-file': path }))
  t.match(found, { user: 'u', password: 'pass word ', warnings: [] })
})

t.test('a file without a password is refused', async t => {
  for (const text of ['', '\n', 'x'.repeat(5000)]) {
    const path = await passwordFile(t, text)
    const error = { code: 'DDB_CONFIG', message: /holds no password/ }
    await t.rejects(credentials(sources({ user: 'u', 'password-file': path })), error)
  }
  await t.rejects(credentials(sources({ user: 'u', 'password-file': '/no/such' })), {
    code: 'DDB_CONFIG',
    message: /cannot read the password file \/no\/such \(ENOENT\)/,
  })
})

t.test('standard input gives its first line', async t => {
  const found = await credentials(sources({ user: 'u', 'password-file': '-' }), {
    stdin: 'from stdin\nrest',
  })
  t.equal(found.password, 'from stdin')
})

t.test('a flag overrides DDB_PASSWORD', async t => {
  const path = await passwordFile(t, 'of the file')
  const environment = { DDB_PASSWORD: 'of the environment' }
  const flag = await credentials(sources({ user: 'u', 'password-file': path }, environment))
  t.equal(flag.password, 'of the file')
})

t.test('half a login, and passwords or data from the same place, are refused', async t => {
  const refused: [given: OptionSources, dataOnStdin: boolean, message: RegExp][] = [
    [sources({}, { DDB_PASSWORD: 'x' }), false, /no user: add --user/],
    [sources({ user: 'u' }), false, /no password for user "u"/],
    [sources({}, { DDB_PASSWORD: 'a', DDB_PASSWORD_FILE: 'b' }), false, /both set/],
    [sources({ user: 'u', 'password-file': '-' }), true, /exclude each other/],
  ]
  for (const [given, dataOnStdin, message] of refused) {
    await t.rejects(credentials(given, {}, dataOnStdin), { code: 'DDB_USAGE', message })
  }
})

t.test('only a terminal is asked for the password, and not if it also gives the data', async t => {
  const terminal = { stdinIsTerminal: true, stderrColumns: 80, stdin: 'typed\r' }
  const found = await credentials(sources({ user: 'u' }), terminal)
  t.equal(found.password, 'typed')
  await t.rejects(credentials(sources({ user: 'u' }), terminal, true), { code: 'DDB_USAGE' })
})

/** The keyboard of a terminal. Records when the echo was off. */
function keyboard(): PassThrough & TerminalInput & { modes: boolean[] } {
  const modes: boolean[] = []
  return Object.assign(new PassThrough(), {
    modes,
    setRawMode: (mode: boolean) => modes.push(mode),
  })
}

t.test('typed text is not shown, and backspace removes a character', async t => {
  const stdin = keyboard()
  const stderr = new PassThrough()
  const answer = askPassword('Password: ', stdin, stderr)
  for (const key of ['s', 'e', 'x', '\u007f', 'c', '价']) stdin.write(key)
  stdin.write('\r')
  t.equal(await answer, 'sec价')
  t.strictSame(stdin.modes, [true, false], 'echo is off while typing and then on again')
  t.equal(String(stderr.read()), 'Password: \n')
})

t.test('Ctrl-C, Ctrl-D and a closed terminal end the question for the password', async t => {
  for (const key of ['\u0003', '\u0004']) {
    const stdin = keyboard()
    const answer = askPassword('?', stdin, new PassThrough())
    stdin.write(`abc${key}`)
    await t.rejects(answer, { code: 'DDB_INTERRUPTED' })
  }
  const stdin = keyboard()
  const answer = askPassword('?', stdin, new PassThrough())
  stdin.end()
  await t.rejects(answer, { code: 'DDB_INTERRUPTED' })
})

t.test(
  'after Ctrl-Z and `fg` the question is asked again, and the answer is still read',
  async t => {
    const kill = t.capture(process, 'kill', () => true)
    const [stdin, stderr] = [keyboard(), new PassThrough()]
    const answer = askPassword('Password: ', stdin, stderr)
    stdin.write('ab\u001a')
    while (kill().length === 0) await new Promise(setImmediate)
    process.emit('SIGCONT')
    t.notOk(stdin.isPaused(), 'the process waits for the terminal')
    stdin.write('c\r')
    t.equal(await answer, 'c', 'the user sees none of the first ones')
    t.equal(String(stderr.read()), 'Password: Password: \n')
  },
)
