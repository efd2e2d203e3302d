import t from 'tap'
import { testSession } from '../../../helpers/script.js'

t.test('what a session learns about the node and itself', async t => {
  const { run, show, fail, session } = testSession()
  t.match(await show('version()'), /^\d+\.\d+\.\d+\.\d+ \d{4}\.\d{2}\.\d{2} /)
  t.equal(await show('isNodeInitialized()'), 'true')
  t.equal(await show('isClientAuth()'), 'false')
  t.equal(await show('getControllerAlias() == getNodeAlias()'), 'true')
  t.match(await fail('getRequiredAPIVersion()'), / => /)
  t.match(await run('getCurrentSessionAndUser()'), {
    type: 'ANY',
    data: [
      { type: 'LONG', value: BigInt(session.id) },
      { type: 'STRING', value: 'admin' },
      { type: 'STRING', value: '127.0.0.1' },
      { type: 'INT', value: 9 },
    ],
  })
  t.equal(await show('license().maxNodes'), '1')
})

t.test('getSessionMemoryStat has a row for shared tables and one for each session', async t => {
  const { run, show } = testSession()
  await run('share table(1 2 as a) as st; t = table(1 2 3 as b)')
  t.equal(
    await show('select userId, memSize from getSessionMemoryStat()'),
    '__SharedTable__ 8;admin 12',
  )
})
