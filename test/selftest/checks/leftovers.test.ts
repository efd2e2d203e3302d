import t from 'tap'
import { systemPlatform } from '../../../src/platform/system.js'
import { leftoverChecks } from '../../../src/selftest/checks/leftovers.js'
import { newStamp, throwAwayName } from '../../../src/selftest/throw-away-name.js'
import { instead } from '../../helpers/rewriting-proxy.js'
import { namesOn, trySelftest } from '../run-selftest.js'
import { testChecks } from '../test-checks.js'

const [gone, earlier] = leftoverChecks.map(({ name }) => name) as [string, string]
/** A check of another subject, which makes a table. */
const making = 'insert: an empty table'
const dayMs = 86_400_000
const old = throwAwayName(newStamp(systemPlatform.random, Date.now() - 3 * dayMs), 'old')
const young = throwAwayName(newStamp(systemPlatform.random, Date.now() - dayMs / 2), 'young')
const initScript = [old, young].map(name => `share(table(1 as a), "${name}")`).join('\n')
const keepsTables = instead('{ undef("', '{ print("')

testChecks(
  t,
  leftoverChecks,
  {},
  {
    'tables that are not removed': {
      toServer: keepsTables,
      fails: {
        [gone]: /^still there: ddbIngestTest_[0-9a-f]{16}_\d{14}_empty$/,
        [earlier]: /^cannot be removed: ddbIngestTest_[0-9a-f]{16}_\d{14}_empty$/,
      },
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

t.test('what is older than a day goes, all else stays', async t => {
  const { server, result } = await trySelftest(t, { names: [earlier], server: { initScript } })
  t.match(result.checks, [{ status: 'pass', reason: '' }])
  t.strictSame(namesOn(server), [young])
})
