import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { testExamples } from '../../../helpers/examples.js'
import { columnsText, testSession } from '../../../helpers/script.js'

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

// Keys and types that clients and scripts look for (DolphinDB manual, pages of each name).
testExamples(t, {
  'the node tells what it is': {
    'getNodeType()': '3',
    'getNodeAlias()': 'local8848',
    'typestr(version())': 'STRING',
    'license().productKey': 'DOLPHIN',
    'sort(license().keys())':
      '[authorization,bindCPU,clientName,expiration,licenseType,maxCoresPerNode,maxMemoryPerNode,maxNodes,moduleNames,modules,productKey,version]',
    'isNull(license().expiration)': 'true',
    'typestr(license().expiration)': 'DATE',
    'typestr(getCurrentSessionAndUser())': 'ANY VECTOR',
    'isNull(clearAllCache())': 'true',
    'isNull(flushTSDBCache())': 'true',
    'isNodeInitialized()': 'true',
  },
  'settings are texts, NULL where there is none': {
    'getConfig("newValuePartitionPolicy")': 'add',
    'getConfig(`enableInsertStatementForDFSTable)': 'false',
    'getConfig("persistenceDir")': '',
    'typestr(getConfig("persistenceDir"))': 'STRING',
    'typestr(getConfig("nothing"))': 'VOID',
    'typestr(getConfig("dataSync"))': 'VOID',
    'sort(getConfig().keys())[:3]':
      '[enableConfigAccessControl,enableInsertStatementForDFSTable,enableSharedVarCreationControl]',
    'getConfig().newValuePartitionPolicy': 'add',
    'getConfig(NULL).newValuePartitionPolicy': 'add',
  },
})

t.test('settings are those of the node', async t => {
  const { show, fail } = testSession({
    config: { newValuePartitionPolicy: 'skip', enableInsertStatementForDFSTable: true },
  })
  t.equal(await show('getConfig("newValuePartitionPolicy")'), 'skip')
  t.equal(await show('getConfig("enableInsertStatementForDFSTable")'), 'true')
  t.match(await fail('getConfig(5)'), /\[key\]/)
})

t.test('guests are told no settings where access to them is controlled', async t => {
  const config = { enableConfigAccessControl: true, dataSync: 1 }
  const { node, show } = testSession({ config })
  const guest = testSession({ node, user: 'guest' })
  t.equal(await show('getConfig("dataSync")'), '1')
  t.equal(await testSession({ node, user: 'joe' }).show('getConfig("dataSync")'), '1')
  t.equal(await guest.show('typestr(getConfig("dataSync"))'), 'VOID')
  t.equal(await guest.show('getConfig().size()'), '0')
})

t.test(
  'the controller tells the settings of a data node, as fixtures of official tests ask',
  async t => {
    const { show, fail } = testSession({ config: { persistenceDir: '/p' } })
    const asked = 'rpc(getControllerAlias(), getDataNodeConfig{getNodeAlias()})'
    t.equal(await show(`${asked}["persistenceDir"]`), '/p')
    t.match(await fail('getDataNodeConfig("elsewhere")'), /alias elsewhere/)
    t.match(await testSession({ user: 'joe' }).fail(asked), /Only administrators/)
  },
)

t.test('a server of another version says so', async t => {
  t.match(await testSession({ version: '1.30.22' }).show('version()'), /^1\.30\.22 /)
})

t.test('the four numbers of the version are behind dots, as C++ and Java read them', async t => {
  const text = await testSession().show('version()')
  const [numbers, date, ...rest] = text.split(' ')
  t.equal(numbers!.split('.').length, 4)
  t.ok(numbers!.split('.').every(number => /^\d+$/.test(number)))
  t.match(date, /^\d{4}\.\d{2}\.\d{2}$/)
  t.ok(rest.length > 0)
})

t.test('memory of sessions: tables that are variables, and shared ones on their own', async t => {
  const { run, show, node } = testSession()
  const guest = testSession({ node, user: 'guest' })
  await guest.run('t = table(1..10 as a, 1..10 as b); v = 1..1000')
  await run('share table(1l 2l as a) as one; share table(3h as b) as two')
  const stat = (await run('getSessionMemoryStat()')) as Table
  t.equal(
    columnsText(stat),
    'userId STRING, sessionId LONG, memSize LONG, remoteIP STRING, remotePort INT, createTime TIMESTAMP, lastActiveTime TIMESTAMP',
  )
  t.equal(
    await show('select userId, memSize, remoteIP, remotePort from getSessionMemoryStat()'),
    '__SharedTable__ 18  ;admin 0 127.0.0.1 9;guest 80 127.0.0.1 9',
  )
  t.equal(
    await show('exec sessionId from getSessionMemoryStat() where userId = `guest'),
    `[${guest.session.id}]`,
  )
})

t.test('they take no arguments', async t => {
  const { fail } = testSession()
  for (const name of ['version', 'isNodeInitialized', 'getNodeType', 'clearAllCache']) {
    t.match(await fail(`${name}(1)`), /expects 0 argument\(s\)/, name)
  }
  t.equal(await fail('license("file", "key", true)'), 'no error')
})
