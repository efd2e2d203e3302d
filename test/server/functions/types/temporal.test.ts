import t from 'tap'
import { testSession } from '../../../helpers/script.js'
import { formatTemporal } from '../../../../src/protocol/types/temporals.js'

t.test('now and today follow the wall clock', async t => {
  const ms = Date.UTC(2026, 1, 3, 4, 5, 6, 789)
  const { show } = testSession({ now: () => ms })
  const local = ms - new Date(ms).getTimezoneOffset() * 60_000
  t.equal(await show('now()'), formatTemporal('TIMESTAMP', BigInt(local)))
  t.equal(await show('now(true)'), formatTemporal('NANOTIMESTAMP', BigInt(local) * 1_000_000n))
  t.equal(await show('today()'), formatTemporal('DATE', Math.floor(local / 86_400_000)))
})
