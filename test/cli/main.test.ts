import { Writable } from 'node:stream'
import t from 'tap'
import { main } from '../../src/cli/main.js'
import { version } from '../../src/version.js'
import { fakeProcess, runMain } from './run-cli.js'

t.test('--version prints the version alone', async t => {
  for (const flag of ['--version', '-V']) {
    t.strictSame(await runMain([flag]), { code: 0, stdout: `${version}\n`, stderr: '' })
  }
})

t.test('a version that cannot be written is 74, unless nobody wants to read it', async t => {
  for (const [systemCode, exitCode, said] of [
    ['ENOSPC', 74, /\(ENOSPC\) \[DDB_OUTPUT_WRITE\]\n$/],
    ['EPIPE', 0, /^$/],
  ] as const) {
    const fake = fakeProcess()
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('refused'), { code: systemCode })),
    })
    t.equal(await main(['--version'], { ...fake.processEnvironment, stdout }), exitCode)
    await new Promise(resolve => setImmediate(resolve))
    t.match(fake.stderr(), said)
  }
})

t.test('everything else goes to a command', async t => {
  t.match(await runMain(['--version', '--verbose']), { stdout: /^\d/ })
  t.match(await runMain(['laod']), { code: 64, stdout: '' })
})
