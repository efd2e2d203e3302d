/*
  The list of what nobody could check (docs/server-semantics.md#what-nobody-could-check) against the checks there are.
*/
import { readFileSync } from 'node:fs'
import t from 'tap'
import { allChecks } from '../../../src/selftest/checks/all-checks.js'
import { root } from '../../helpers/checkout.js'

const page = readFileSync(new URL('docs/server-semantics.md', root), 'utf8')
const list = page.slice(page.indexOf('<!-- open:'), page.indexOf('<!-- end of open -->'))
const rows = list
  .split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| statement '))
  .map(line => line.slice(2, -2).split(' | '))

t.test(
  'each statement says what depends on it and which check there is, or that there is none',
  async t => {
    t.ok(rows.length > 40)
    const names = new Set(allChecks.map(({ name }) => name))
    for (const [statement, depends, checks, ...more] of rows) {
      t.ok(statement !== '' && depends !== '' && more.length === 0, statement ?? '')
      if (checks === '–') continue
      const named = [...checks!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
      t.ok(named.length > 0, checks ?? '')
      for (const name of named) t.ok(names.has(name), name)
    }
  },
)

t.test(
  'no statement stands there twice, and every open question of receipts that has a check is there',
  async t => {
    const statements = rows.map(([statement]) => statement)
    t.equal(new Set(statements).size, statements.length)
    const asked = allChecks.map(({ name }) => name).filter(name => /: R\d+,/.test(name))
    const missing = asked.filter(name => !list.includes(`\`${name}\``))
    t.strictSame(missing, [
      'receipts: R1, three batches, one of them wrong',
      'receipts: R16, what receipts cost',
    ])
  },
)
