/* The program refuses a command in which two files are the same, before it opens anything. */
import { spawn, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  realpathSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { ownFileAt, placeOf } from '../../../src/cli/files/one-file.js'
import { thisProcess } from '../../../src/platform/file-lock.js'
import { processRecord, runRecord, writeJournal } from '../../helpers/journals.js'
import { plainNode } from '../../helpers/plain-node.js'
import { deepTest } from '../../helpers/runs.js'
import { bin, fileFlag, runMain } from '../run-cli.js'
import { startServerFor } from '../../helpers/load-server.js'
import { zipOf } from '../../helpers/zip.js'

const server = await startServerFor(t, {
  initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
})
const toServer = ['--host', `127.0.0.1:${server.port}`]
const rows = 'id,price\n1,1\nbad,2\n'

function place(t: Test) {
  const dir = t.testdir({
    'in.csv': rows,
    'pw.txt': 'secret\n',
    'in.options': '--no-color\n',
    'clean.dos': 'def(t){ return t }',
    'z.zip': zipOf([{ name: 'm.csv', content: rows }]),
    folder: { 'part.csv': rows, 'part.json': '[]' },
  })
  const environment = { XDG_STATE_HOME: join(dir, 'state') }
  const isName = (word: string, at: number): boolean =>
    at >= 0 && /^(?:--json=)?[^-/].*[./]/.test(word)
  return {
    dir,
    /** Runs a command with its own state and settings. Words that name files in the folder become paths. */
    load: (...argv: string[]) =>
      runMain(
        ['load', ...toServer, '-t', 'prices', '--json'].concat(
          argv.map((word, at) =>
            isName(word, at) ? word.replace(/^(?:@|--json=)?/, at => `${at}${dir}/`) : word,
          ),
        ),
        { environment, stdin: rows },
      ),
  }
}

/** Every file below the folder, with its contents. */
function contentsOf(dir: string): Record<string, string> {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    names
      .filter(entry => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map(path => [path, readFileSync(path, 'utf8')]),
  )
}

type Place = ReturnType<typeof place>

async function refuses(t: Test, { dir, load }: Place, argv: string[], why: RegExp): Promise<void> {
  const before = contentsOf(dir)
  const requests = server.counters.requests
  const { code, stdout, stderr } = await load(...argv)
  t.equal(code, 64, argv.join(' '))
  t.match(stderr, why)
  t.match(JSON.parse(stdout), { exitCode: 64, error: { code: 'DDB_USAGE' }, rows: { read: 0 } })
  t.strictSame(contentsOf(dir), before, 'no file has changed')
  t.equal(server.counters.requests, requests)
}

t.test('no two parts of a run may be one file', async t => {
  const here = place(t)
  const password = ['--user', 'admin', '--password-file', 'pw.txt']
  const options = ['@in.options']
  const cases: [argv: string[], why: RegExp][] = [
    [['in.csv', '--rejects', 'r.csv', '--json=r.csv'], /--rejects \S+ is the JSON object/],
    [['in.csv', '--rejects', 'r.csv', '--metrics-file', 'r.csv'], /is the metrics file/],
    [['in.csv', '--json=s.json', '--metrics-file', 's.json'], /is the metrics file/],
    [
      ['in.csv', '--rejects', 'r.csv', '--json=r.csv.reasons.ndjson'],
      /reasons file .* is the JSON object/,
    ],
    [['in.csv', '--rejects', 'r.csv', '--metrics-file', 'r.csv.reasons.ndjson'], /is the metrics/],
    [['in.csv', '--rejects', 'in.csv'], /--rejects \S+ is an input of this run/],
    [['in.csv', '--json=in.csv'], /--json=\S+ is an input of this run/],
    [['in.csv', '--metrics-file', 'in.csv'], /--metrics-file \S+ is an input of this run/],
    [['in.csv', '--report', 'in.csv'], /--report \S+ is an input of this run/],
    [['in.csv', '--json=s.json', '--report', 's.json'], /is the report of this run/],
    [['in.csv', '--trace', 'in.csv'], /--trace \S+ is an input of this run/],
    [['in.csv', '--json=s.json', '--trace', 's.json'], /is the trace of this run/],
    [[...password, 'in.csv', '--trace', 'pw.txt'], /is the password file of this run/],
    [['folder', '--json=folder/part.json'], /is an input of this run/],
    [['folder/*.csv', '--json=folder/part.csv'], /is an input of this run/],
    [['in.csv', 'no/such.csv', '--json=in.csv'], /is an input of this run/],
    [[...password, 'in.csv', '--json=pw.txt'], /is the password file of this run/],
    [[...password, 'in.csv', '--metrics-file', 'pw.txt'], /is the password file of this run/],
    [[...password, 'in.csv', '--rejects', 'pw.txt'], /is the password file of this run/],
    [[...password, 'pw.txt'], /the password file \S+ is an input of this run/],
    [[...options, 'in.csv', '--json=in.options'], /is an options file of this run/],
    [[...options, 'in.csv', '--rejects', 'in.options'], /is an options file of this run/],
    [[...options, 'in.options'], /the options file \S+ is an input of this run/],
    [['--transform', '@clean.dos', 'in.csv', '--json=clean.dos'], /is the transform of this run/],
    [['z.zip/m.csv', '--json=z.zip'], /is an input of this run/],
  ]
  for (const [argv, why] of cases) {
    const paths = argv.map(word => (word === 'folder' ? join(here.dir, word) : word))
    await refuses(t, here, paths, why)
  }
})

t.test('exec, audit and selftest keep their files separate as well', async t => {
  const { dir } = place(t)
  const at = (name: string): string => join(dir, name)
  writeFileSync(at('a.dos'), '1+1')
  const login = ['--user', 'admin', '--password-file', at('pw.txt')]
  const audit = ['audit', at('in.csv'), '-t', 'prices', '--missing']
  const cases: [argv: string[], why: RegExp][] = [
    [[...audit, at('in.csv')], /: --missing \S+ is an input of this run/],
    [[...audit, at('new'), '--trace', at('new')], /: --missing \S+ is the trace of this run/],
    [[...audit, at('r.csv'), '--trace', at('r.2.csv')], /a name that --missing may need/],
    [['exec', at('a.dos'), '--trace', at('a.dos')], /--trace \S+ is an input of this run/],
    [['exec', at('a.dos'), ...login, '--trace', at('pw.txt')], /is the password file/],
    [['exec', at('a.dos'), `@${at('in.options')}`, '--trace', at('in.options')], /options file/],
    [['selftest', ...login, '--issue-text', at('pw.txt')], /is the password file of this run/],
    [['selftest', '--issue-text', at('new'), '--trace', at('new')], /--trace \S+ is the text for/],
  ]
  const before = contentsOf(dir)
  const requests = server.counters.requests
  for (const [argv, why] of cases) {
    const { code, stdout, stderr } = await runMain([...argv, ...toServer, '--json'])
    t.equal(code, 64, argv.join(' '))
    t.match(stderr, why)
    t.match(JSON.parse(stdout), { exitCode: 64, error: { code: 'DDB_USAGE' } })
  }
  t.strictSame(contentsOf(dir), before, 'no file has changed')
  t.equal(server.counters.requests, requests)
})

t.test('if the trace cannot be opened, the requested object is still printed', async t => {
  const trace = join(t.testdir(), 'none', 'trace')
  for (const argv of [['exec', '-e', '1'], ['selftest'], ['load', '-', '-t', 'prices']]) {
    const { code, stdout } = await runMain([...argv, ...toServer, '--json', '--trace', trace])
    t.equal(code, 73)
    const failed = { exitCode: 73, error: { code: 'DDB_OUTPUT_CREATE' } }
    t.match(JSON.parse(stdout), failed, argv.join(' '))
  }
})

t.test('one file is recognized under each of its names', async t => {
  const here = place(t)
  const { dir } = here
  linkSync(join(dir, 'in.csv'), join(dir, 'hard.csv'))
  symlinkSync('in.csv', join(dir, 'soft.csv'))
  symlinkSync('.', join(dir, 'here'))
  symlinkSync('in.csv', Buffer.from(`${dir}/\xff.csv`, 'latin1'))
  writeFileSync(join(dir, 'empty.csv'), '')
  symlinkSync('empty.csv', join(dir, 'to-empty.csv'))
  const cases: [one: string, other: string][] = [
    ['in.csv', 'hard.csv'],
    ['in.csv', 'soft.csv'],
    ['in.csv', 'here/in.csv'],
    ['hard.csv', 'soft.csv'],
    ['in.csv', '\udcff.csv'],
  ]
  for (const [input, output] of cases) {
    await refuses(t, here, [input, `--json=${output}`], /is an input of this run/)
    await refuses(t, here, [input, '--rejects', output], /is an input of this run/)
  }
  const outputs: [rejects: string, summary: string][] = [
    ['new.csv', 'here/new.csv'],
    ['new.csv', 'folder/../new.csv'],
    ['empty.csv', 'to-empty.csv'],
    // On some disks these names mean the same file, but only creating the file would show it.
    ['new.csv', 'NEW.csv'],
    ['caf\u00e9.csv', 'cafe\u0301.csv'],
  ]
  for (const [rejects, summary] of outputs) {
    await refuses(
      t,
      here,
      ['in.csv', '--rejects', rejects, `--json=${summary}`],
      /is the JSON object/,
    )
  }
})

deepTest(t, 'names reserved for additional rejects files cannot be used otherwise', async t => {
  const here = place(t)
  writeFileSync(join(here.dir, 'r.3.csv'), rows)
  const why = /has a name that --rejects may need/
  const rejects = ['--rejects', 'r.csv']
  await refuses(t, here, ['in.csv', ...rejects, '--json=r.2.csv'], why)
  await refuses(t, here, ['in.csv', ...rejects, '--metrics-file', 'R.12.ndjson'], why)
  await refuses(t, here, ['in.csv', ...rejects, '--json=r.2.tsv.reasons.ndjson'], why)
  await refuses(t, here, ['r.3.csv', ...rejects], why)
  for (const summary of ['r.1.csv', 'r.2.json', 'x.2.csv', 'folder/r.2.csv', 'r.02.csv']) {
    t.equal((await here.load('-', '--rejects', 'a.r.csv', `--json=${summary}`)).code, 3, summary)
    const made = readdirSync(here.dir).filter(name => name.startsWith('a.r.csv'))
    t.strictSame(made, ['a.r.csv', 'a.r.csv.reasons.ndjson'])
    for (const name of made) rmSync(join(here.dir, name))
  }
})

t.test('two outputs to one pipe would mix; two outputs to /dev/null lose nothing', async t => {
  const here = place(t)
  const both = (path: string): string[] => ['in.csv', `--json=${path}`, '--metrics-file', path]
  await refuses(t, here, both('/dev/stdout'), /is the metrics file/)
  await refuses(t, here, both('/dev/full'), /is the metrics file/)
  t.match(await here.load(...both('/dev/null'), '--on-error', 'skip'), { code: 3 })
})

t.test('files that only may be the same are allowed', async t => {
  const here = place(t)
  mkdirSync(join(here.dir, 'out'))
  const twice = await here.load('in.csv', 'in.csv', '--on-error', 'skip')
  t.match(twice, { code: 3 }, 'an input may be read twice')
  const argv = ['in.csv', '@in.options', '--rejects', 'out/r.csv']
  const outputs = ['--json=out/s.json', '--metrics-file', 'out/m.prom']
  t.match(await here.load(...argv, ...outputs), { code: 3 })
  const made = ['m.prom', 'r.csv', 'r.csv.reasons.ndjson', 's.json']
  t.strictSame(readdirSync(join(here.dir, 'out')).sort(), made)
})

/** A load whose standard streams are files, either in the folder or at absolute paths. */
async function loadInto(
  t: Test,
  argv: string[],
  streams: { stdin?: string; stdout?: string; stderr?: string },
): Promise<number> {
  const dir = t.testdirName
  const open = (name: string | undefined, flags: string): number | 'ignore' =>
    name === undefined ? 'ignore' : openSync(resolve(dir, name), flags)
  const stdio = [open(streams.stdin, 'r'), open(streams.stdout, 'a'), open(streams.stderr, 'a')]
  const command = plainNode([bin, 'load', ...toServer, '-t', 'prices', ...argv])
  const child = spawn(...command, { cwd: dir, stdio })
  for (const descriptor of stdio) if (typeof descriptor === 'number') closeSync(descriptor)
  const [code] = (await once(child, 'close')) as [number]
  return code
}

deepTest(t, 'a file opened by the shell as the input counts, as the output it is none', async t => {
  t.testdir({ 'in.csv': rows, out: '', log: '' })
  const read = (name: string): string => readFileSync(join(t.testdirName, name), 'utf8')
  const full = { stdout: '/dev/full', stderr: 'log' }
  t.equal(await loadInto(t, ['in.csv', '--json', '--limit', '1'], full), 74, 'a device does not')
  t.match(read('log'), /cannot write standard output \(ENOSPC\) \[DDB_OUTPUT_WRITE\]/)
  t.equal(await loadInto(t, ['-', '--json=in.csv'], { stdin: 'in.csv', stderr: 'log' }), 64)
  t.equal(read('in.csv'), rows)
  const toStdout = ['in.csv', '--on-error', 'skip', '--json=/dev/stdout']
  const code = await loadInto(t, toStdout, { stdout: 'out', stderr: 'out' })
  t.equal(code, 3, 'cron sends both to one file')
  const lines = read('out').split('\n')
  t.match(JSON.parse(lines.find(line => line.startsWith('{'))!), { exitCode: 3 })
  t.ok(lines.some(line => line.startsWith('Loaded 1 row')))
})

t.test('the links in a path are resolved, except a link in its last part', async t => {
  const dir = realpathSync(t.testdir({ folder: { 'a.csv': '' } }))
  symlinkSync(join(dir, 'folder'), join(dir, 'way'))
  symlinkSync(join(dir, 'folder', 'a.csv'), join(dir, 'folder', 'link.csv'))
  t.equal(placeOf(join(dir, 'way', 'link.csv')).name, join(dir, 'folder', 'link.csv'))
  t.equal(placeOf(join(dir, 'no', 'such.csv')).name, join(dir, 'no', 'such.csv'))
})

/*
  The program's own files. No run may write its output to one of them, under any name.
*/

function scene(t: Test) {
  const dir = t.testdir({ 'in.csv': 'id\n1\n', state: { 'ddb-ingest': {} }, other: {} })
  const state = join(dir, 'state', 'ddb-ingest')
  const journal = writeJournal(state, 'nightly', [runRecord('nightly'), processRecord(1)])
  const elsewhere = writeJournal(join(dir, 'other'), 'weekly', [runRecord('weekly')])
  const lock = `${journal}.lock`
  for (const name of ['logins']) mkdirSync(join(state, name))
  writeFileSync(lock, JSON.stringify(thisProcess()))
  writeFileSync(join(state, 'logins', 'h_8848.json'), '{}')
  const environment = { XDG_STATE_HOME: join(dir, 'state') }
  return { dir, state, journal, elsewhere, lock, environment }
}

t.test('journals, locks and files about servers are recognized by place and content', async t => {
  const { dir, state, journal, elsewhere, lock, environment } = scene(t)
  symlinkSync(journal, join(dir, 'link'))
  symlinkSync(join(state, 'runs'), join(dir, 'runs'))
  linkSync(journal, join(dir, 'hard'))
  writeFileSync(join(dir, 'copy.lock'), readFileSync(lock))
  execFileSync('mkfifo', [join(dir, 'pipe')])
  const among = /keeps for itself/
  const cases: [path: string, what: RegExp | undefined][] = [
    [journal, among],
    [join(state, 'runs', 'new.csv'), among],
    [join(dir, 'runs', 'new.csv'), among],
    [join(dir, 'link'), among],
    [lock, among],
    [join(state, 'logins', 'h_8848.json'), among],
    [join(state, 'logins', 'x', 'y'), among],
    [join(state, 'told', 'group.json'), among],
    [join(dir, 'hard'), /the journal of a run/],
    [elsewhere, /the journal of a run/],
    [join(dir, 'copy.lock'), /a lock/],
    [join(dir, 'in.csv'), undefined],
    [join(dir, 'none'), undefined],
    [join(dir, 'pipe'), undefined],
    [join(state, 'my.csv'), undefined],
    [join(state, 'runs-of-mine.csv'), undefined],
    ['/dev/null', undefined],
  ]
  for (const [path, what] of cases) {
    const found = ownFileAt(path, environment)
    if (what === undefined) t.equal(found, undefined, path)
    else t.match(found, what, path)
  }
  t.match(ownFileAt(join(dir, 'other', 'runs', 'x'), environment, join(dir, 'other')), among)
})

deepTest(t, 'every option for an output file is checked', async t => {
  const { dir, journal, elsewhere, lock, environment } = scene(t)
  const before = [journal, elsewhere, lock].map(path => readFileSync(path, 'utf8'))
  for (const option of ['--trace', '--json', '--rejects', '--metrics-file']) {
    for (const path of [journal, elsewhere, lock]) {
      const words = ['-t', 'x', '--host', '127.0.0.1:1', ...fileFlag(option, path)]
      const refused = await runMain(['load', join(dir, 'in.csv'), ...words], { environment })
      t.match(refused, { code: 64, stderr: /: name another file \[DDB_USAGE\]/ }, option)
    }
  }
  const state = ['--state-dir', join(dir, 'other')]
  const more: string[][] = [
    ['load', join(dir, 'in.csv'), '-t', 'x', `--json=${join(dir, 'other/runs/s.json')}`, ...state],
    ['resume', 'nightly', `--json=${elsewhere}`],
    ['selftest', '--trace', journal],
    ['selftest', '--issue-text', journal],
    ['check', join(dir, 'in.csv'), '-t', 'x', '--trace', journal],
    ['exec', '-e', '1', '--trace', journal],
  ]
  for (const argv of more) {
    const refused = await runMain([...argv, '--host', '127.0.0.1:1'], { environment })
    t.match(refused, { code: 64, stderr: /name another file/ }, argv.join(' '))
  }
  const texts = [journal, elsewhere, lock].map(path => readFileSync(path, 'utf8'))
  t.strictSame(texts, before)
  t.strictSame(readdirSync(join(dir, 'other', 'runs')), ['weekly.journal'])
})
