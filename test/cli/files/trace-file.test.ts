/*
  The trace of a run: every message in a line, whatever the secrets; and a trace that cannot be written ends no run.
*/
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openTrace } from '../../../src/cli/files/trace-file.js'
import { startServer } from '../../../src/server/index.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { fakeProcess, runMain } from '../run-cli.js'

const output = openOutput(fakeProcess().processEnvironment, true)

t.test('a load leaves a line for each message, and no password', async t => {
  const initScript = 'share streamTable(10:0, `id`name, [INT,STRING]) as target'
  const server = await startServer({ port: 0, initScript })
  t.teardown(() => server.close())
  const dir = t.testdir({ 'in.csv': 'id,name\n1,ann\n2,bob\n', password: '123456\n' })
  chmodSync(join(dir, 'password'), 0o600)
  const trace = join(dir, 'trace')
  const args = ['load', join(dir, 'in.csv'), '--table', 'target', '--port', String(server.port)]
  const login = ['--user', 'admin', '--password-file', join(dir, 'password')]
  const { code } = await runMain([...args, ...login, '-q', '--trace', trace])
  t.equal(code, 0)
  const lines = readFileSync(trace, 'utf8').trimEnd().split('\n')
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
  for (const line of lines) t.match(line, new RegExp(`^${time} #[12] \\d+ [-<>] \\w+`))
  const text = lines.join('\n')
  t.match(text, /#1 0 - opened 127\.0\.0\.1:\d+\n/)
  t.match(
    text,
    /#1 \d+ > function flags=32\(apiClient\) bytes=98 scramClientFirst\(…\) \| STRING \| STRING\n/,
  )
  t.match(
    text,
    /#2 \d+ > function flags=36\(async,apiClient\) bytes=\d+ ddbIngestDeliver .*table of 2 rows: id INT, name STRING\n/,
  )
  t.match(text, /#[12] \d+ - closed$/)
  t.notMatch(text, /123456|ann|bob/)
  t.equal(statSync(trace).mode & 0o777, 0o600)
  const { code: again } = await runMain([...args, '-q', '--trace', trace, '--trace-values'])
  t.equal(again, 0)
  const both = readFileSync(trace, 'utf8')
  t.ok(both.startsWith(text), 'a trace is added to')
  t.match(both, /name STRING \[ann,bob\]\n/)
})

t.test(
  'links are not followed, and what cannot be opened is 73 before anything is sent',
  async t => {
    const dir = t.testdir({ other: 'precious\n' })
    symlinkSync(join(dir, 'other'), join(dir, 'link'))
    for (const path of [join(dir, 'link'), join(dir, 'none', 'trace'), dir]) {
      t.throws(
        () => openTrace({ trace: path }, output),
        { code: 'DDB_OUTPUT_CREATE', exitCode: 73 },
        path,
      )
    }
    t.equal(readFileSync(join(dir, 'other'), 'utf8'), 'precious\n')
    t.equal(openTrace({}, output), undefined)
  },
)

t.test('a trace that cannot be written any more says so at its end', async t => {
  const full = openTrace({ trace: '/dev/full' }, output)!
  full.trace.write('a line')
  full.trace.write('another')
  t.match(full.close(), /\/dev\/full ends early \(ENOSPC\)/)
  const path = join(t.testdir(), 'trace')
  writeFileSync(path, '')
  const whole = openTrace({ trace: path, traceValues: true }, output)!
  t.equal(whole.trace.values, true)
  whole.trace.write('a line')
  t.equal(whole.close(), undefined)
  t.equal(readFileSync(path, 'utf8'), 'a line\n')
})
