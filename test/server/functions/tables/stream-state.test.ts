import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'nobody subscribes and nothing is persisted': {
    'getStreamingStat().subWorkers.rows()': '0',
    'sort(getStreamingStat().keys())': '[persistWorkers,pubConns,pubTables,subConns,subWorkers]',
    't=streamTable(1:0, `a, [INT]); clearTablePersistence(t); rows(t)': '0',
    't=streamTable(1:0, `a, [INT]); setStreamTableFilterColumn(t, `a); rows(t)': '0',
    'stopPublishTable("127.0.0.1", 8848, "t"); 1': '1',
  },
})

testRefusals(t, 'what they refuse', {
  't=table(1 as a); clearTablePersistence(t)': 'must be a stream table.',
  't=streamTable(1 as a); setStreamTableFilterColumn(t, `b)': 'b',
})
