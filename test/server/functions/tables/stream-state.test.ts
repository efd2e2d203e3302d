import t from 'tap'
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
    'stopPublishTable("127.0.0.1", 8848, "t"); 1': '1',
  },
})

testRefusals(t, 'what they refuse', {
  't=table(1 as a); clearTablePersistence(t)': 'must be a stream table.',
  'getStreamingStat("toString")': 'must be among pubConns, subConns',
  't=streamTable(1 as a); setStreamTableFilterColumn(t, `b)': 'b',
})
