/*
  Compares the list of unverified behaviour (docs/server-semantics.md#what-nobody-could-check) with the existing checks.
*/
import { readFileSync } from 'node:fs'
import t from 'tap'
import { systemPlatform } from '../../../src/platform/system.js'
import { allChecks, leftoverChecks } from '../../../src/selftest/checks/all-checks.js'
import { openQuestionChecks } from '../../../src/selftest/checks/memory.js'
import { newStamp, temporaryName } from '../../../src/selftest/leftovers.js'
import { root } from '../../helpers/checkout.js'
import { answering, instead } from '../../helpers/rewriting-proxy.js'
import { namesOn, trySelftest } from '../run-selftest.js'
import { testChecks } from '../test-checks.js'

const defined = 'open: defined tells of shared tables'
const listed = 'open: objs(true) lists shared tables'
const schema = 'open: schema() tells the columns'
const symbol = 'open: the form of an undefined symbol'
const no = '\x01\0\0'
const yes = '\x01\0\x01'

testChecks(
  t,
  openQuestionChecks,
  {
    [listed]: 'name, type, form, rows, columns, bytes, shared, extra, owner',
    [symbol]: 'refused: Syntax Error: [line #1] Cannot recognize the token ddbIngestTestUndefined',
  },
  {
    'shared tables that are not told of': {
      toClient: answering(', SHARED)', instead(yes, no)),
      fails: [defined],
    },
    'lists without the table': {
      toServer: instead('where shared=true', 'where not shared'),
      fails: [listed],
    },
    'columns of other types': {
      toServer: instead('DECIMAL64(4), DOUBLE[]', 'DECIMAL64(5), DOUBLE[]'),
      fails: [schema],
    },
    'a symbol that is defined': {
      toServer: instead('script\nddbIngestTestUndefined', 'script\n1'),
      fails: [symbol],
    },
  },
)

const page = readFileSync(new URL('docs/server-semantics.md', root), 'utf8')
const list = page.slice(page.indexOf('<!-- open:'), page.indexOf('<!-- end of open -->'))
const rows = list
  .split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| statement '))
  .map(line => line.slice(2, -2).split(' | '))

t.test('each statement names its consequences and its check, or says that it has none', async t => {
  t.ok(rows.length > 40)
  const names = new Set(allChecks.map(({ name }) => name))
  for (const [statement, depends, checks, ...more] of rows) {
    t.ok(statement !== '' && depends !== '' && more.length === 0, statement ?? '')
    if (checks === '–') continue
    const named = [...checks!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
    t.ok(named.length > 0, checks ?? '')
    for (const name of named) t.ok(names.has(name), name)
  }
})

t.test(
  'no statement is listed twice, and open questions about receipts that have a check are listed',
  async t => {
    const statements = rows.map(([statement]) => statement)
    t.equal(new Set(statements).size, statements.length)
    const asked = allChecks.map(({ name }) => name).filter(name => /: R\d+,/.test(name))
    const missing = asked.filter(name => !list.includes(`\`${name}\``))
    t.strictSame(missing, ['receipts: R1, three batches, one of them wrong'])
  },
)

const [gone, earlier] = leftoverChecks.map(({ name }) => name) as [string, string]
/** A check of a different subject that creates a table. */
const making = 'insert: an empty table'
const dayMs = 86_400_000
const old = temporaryName(newStamp(systemPlatform.random, Date.now() - 3 * dayMs), 'old')
const young = temporaryName(newStamp(systemPlatform.random, Date.now() - dayMs / 2), 'young')
const initScript = [old, young].map(name => `share(table(1 as a), "${name}")`).join('\n')
const keepsTables = instead('{ undef("', '{ print("')

testChecks(
  t,
  leftoverChecks,
  {},
  {
    'tables that are not removed': {
      toServer: keepsTables,
      fails: [gone, earlier],
      passes: [making],
    },
    'tables of others that this user cannot remove': {
      server: { initScript },
      toServer: keepsTables,
      finds: { [earlier]: `this user cannot remove ${old}` },
      passes: [gone],
    },
    'databases that are in use': {
      passes: [...leftoverChecks.map(({ name }) => name), 'dfs: append!'],
    },
  },
)

t.test('objects older than a day are removed, all others stay', async t => {
  const { server, result } = await trySelftest(t, { names: [earlier], server: { initScript } })
  t.match(result.checks, [{ status: 'pass', reason: '' }])
  t.strictSame(namesOn(server), [young])
})
