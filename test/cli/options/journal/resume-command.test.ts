import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  repeatedWords,
  resumeCommand,
  type GoingOn,
} from '../../../../src/cli/options/shell-command.js'
import { runs } from '../../../helpers/runs.js'

const server = { host: 'h', port: 9, user: 'u' }
const command = (change: Partial<GoingOn> = {}, repeated: string[] = []): string =>
  resumeCommand({ runId: 'r', stateDir: undefined, server, journaled: server, ...change }, repeated)

t.test('what the journal has is not said again', async t => {
  t.equal(command(), 'ddb-ingest resume r')
  const withPassword = { ...server, password: 'secret' }
  t.equal(command({ server: withPassword }), 'ddb-ingest resume r')
})

t.test('what it has otherwise is', async t => {
  t.equal(command({ server: { ...server, port: 7 } }), 'ddb-ingest resume r --host h:7')
  const otherHosts = [{ host: '::1', port: 8 }]
  t.equal(
    command({ server: { ...server, otherHosts, user: 'v' } }),
    "ddb-ingest resume r --host 'h:9,[::1]:8' --user v",
  )
  t.equal(command({ stateDir: '/a b' }), "ddb-ingest resume r --state-dir '/a b'")
})

t.test(
  'flags of the process that no journal keeps are repeated, files by their whole names',
  async t => {
    const flags = new Map([
      ['insecure-login', ['true']],
      ['require', ['scram']],
      ['password-file', ['pw']],
      ['connect-timeout', ['5s', '6s']],
      ['summary', ['s.json']],
    ])
    t.strictSame(repeatedWords(flags), [
      '--password-file',
      resolve('pw'),
      '--insecure-login',
      '--require',
      'scram',
      '--connect-timeout',
      '6s',
    ])
  },
)

t.test('a shell reads every word as it was', async t => {
  const word = fc
    .string({ unit: 'binary-ascii', minLength: 1 })
    .filter(text => !text.includes('\0'))
  const property = fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), repeated => {
    const script = command({}, repeated).replace('ddb-ingest', `printf '%s\\0'`)
    const words = execFileSync('sh', ['-c', script]).toString().split('\0').slice(2, -1)
    if (JSON.stringify(words) !== JSON.stringify(repeated)) throw new Error(JSON.stringify(words))
  })
  fc.assert(property, { numRuns: runs(30) })
  t.pass()
})
