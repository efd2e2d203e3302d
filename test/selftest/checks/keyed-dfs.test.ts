import t from 'tap'
import { keyedDfsChecks } from '../../../src/selftest/checks/keyed-dfs.js'
import { instead, intBytes, type Rewrite } from '../../helpers/rewriting-proxy.js'
import { testChecks } from '../test-checks.js'

const [last, primary] = keyedDfsChecks.map(({ name }) => name) as [string, string]
const names = [last, primary]

testChecks(
  t,
  keyedDfsChecks,
  {
    finds: {
      [last]: /^3 rows, 2 of them known: \d answered, 4 of 6 there; upsert! /,
      [primary]: /^3 rows, 2 of them known: \d answered, 4 of 6 there; upsert! /,
    },
    facts: { lastAnswersAll: true, pkeyAnswersAll: true },
  },
  {
    'known keys that are not counted': {
      toClient: secondInsert(instead(intBytes(3), intBytes(1))),
      finds: Object.fromEntries(names.map(name => [name, /^3 rows, 2 of them known: 1 answered/])),
      facts: { lastAnswersAll: false, pkeyAnswersAll: false },
    },
    'servers without these engines': {
      toServer: instead('engine="', 'enjine="'),
      skips: Object.fromEntries(names.map(name => [name, /^the server refuses what it needs: /])),
      facts: {},
    },
    'inserts that answer too little': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: Object.fromEntries(names.map(name => [name, 'an insert of 3 new rows answers 0'])),
    },
  },
)

/** A rewrite of the answer to the second insert of each table. */
function secondInsert(rewrite: (chunk: string) => string): Rewrite {
  return (chunk, sent) =>
    sent.split('tableInsert{').length % 2 === 1 &&
    /tableInsert\{[^}]*$|tableInsert/.test(sent.slice(-400))
      ? rewrite(chunk)
      : chunk
}
