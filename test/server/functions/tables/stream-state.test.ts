import t from 'tap'
import { testSession } from '../../../helpers/script.js'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'nobody subscribes and nothing is persisted': {
    'getStreamingStat().subWorkers.rows()': '0',
    'sort(getStreamingStat().keys())':
      '[persistWorkers,pubConns,pubTables,subConns,subWorkers,udpPubTables]',
    'schema(getStreamingStat("pubTables")).colDefs.name':
      '[tableName,subscriber,msgOffset,actions]',
    'sort(getStreamingStat(`pubConns`subConns).keys())': '[pubConns,subConns]',
    'getStreamingStat(["subWorkers"]).subWorkers.rows()': '0',
    't=streamTable(1:0, `a, [INT]); clearTablePersistence(t); rows(t)': '0',
    't=streamTable(1:0, `a, [INT]); setStreamTableFilterColumn(t, `a); rows(t)': '0',
    'rows(getStreamingSQLStatus())': '0',
    'n = 0; for(q in getStreamingSQLStatus()) { n += q.queryId.size() }; n': '0',
    'stopPublishTable("127.0.0.1", 8848, "t"); 1': '1',
  },
})

t.test('what is not there where nothing is published, or on older servers', async t => {
  const config = { maxPubConnections: 0 }
  t.match(await testSession({ config }).fail('getStreamingStat()'), /RefId: S00001$/)
  t.equal(await testSession({ config, version: '3.00.4' }).fail('getStreamingStat()'), 'no error')
  const older = testSession({ version: '3.00.3' })
  t.match(await older.fail('getStreamingSQLStatus()'), /Cannot recognize the token/)
})

testRefusals(t, 'what they refuse', {
  't=table(1 as a); clearTablePersistence(t)': 'must be a stream table.',
  'getStreamingStat("toString")': 'must be among pubConns, subConns',
  't=streamTable(1 as a); setStreamTableFilterColumn(t, `b)': 'b',
})
