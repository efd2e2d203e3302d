import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { columnsText, testSession } from '../../../helpers/script.js'

t.test('getClusterPerf has the columns and types that clients cast to', async t => {
  const { run, show } = testSession()
  const perf = (await run('rpc(getControllerAlias(), getClusterPerf)')) as Table
  t.equal(
    columnsText(perf),
    'host STRING, port INT, mode INT, state INT, maxConnections INT, maxMemSize DOUBLE, workerNum INT, executorNum INT, connectionNum INT, name STRING, memoryUsed LONG, avgLoad DOUBLE, publicName STRING',
  )
  t.equal(perf.rows, 1)
  t.equal(
    await show('select host, port, mode, state, connectionNum, name from getClusterPerf()'),
    '127.0.0.1 8848 0 1 1 local8848',
  )
})

t.test('getClusterLiveDataNodes names this node', async t => {
  const { run } = testSession()
  t.match(await run('rpc(getControllerAlias(), getClusterLiveDataNodes{false})'), {
    form: 'vector',
    type: 'STRING',
    data: ['127.0.0.1:8848:local8848'],
  })
})

t.test('rpc and pnodeRun run functions here', async t => {
  const { run, show, fail } = testSession()
  t.equal(await show('rpc(getNodeAlias(), def(x,y):x+y, 10, 15)'), '25')
  t.equal(await show('pnodeRun(getNodeType)'), 'local8848 3')
  t.equal(columnsText((await run('pnodeRun(getNodeType)')) as Table), 'Node STRING, Value INT')
  t.equal(await show('def f(){return table(1 2 as a)}\npnodeRun(f)'), '1 local8848;2 local8848')
  t.equal(await show('pnodeRun(f, getNodeAlias(), false)'), '1;2')
  t.equal(await show('pnodeRun(clearAllCache)'), '')
  t.match(await fail('rpc("elsewhere", version)'), /Can't find the node with alias elsewhere/)
  t.match(await fail('rpc(getNodeAlias(), 5)'), /must be a function/)
})
