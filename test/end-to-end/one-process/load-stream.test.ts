import { join } from 'node:path'
import t from 'tap'
import { cells, startLoadServer, tradesHeader, tradesScript } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const fourRows = `${tradesHeader}2020.01.02T09:30:00.032,FHU,63.6,5
2020-01-02 09:30:00.1,"IBN",,1
,,-0.5,
2020.12.31T23:59:59.999,数据,1e3,-2147483647
`

t.test('rows arrive in order, with their nulls', async t => {
  const { load, rows } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'trades.csv': fourRows })
  const result = await load(join(dir, 'trades.csv'))
  t.match(result, {
    status: 'loaded',
    exitCode: 0,
    rows: {
      read: 4,
      confirmed: 4,
      filtered: 0,
      unconfirmed: 0,
      rejected: 0,
      skipped: 0,
      unsent: 0,
    },
    confirm: { asked: 'auto', used: 'receipts' },
    inputs: [{ format: 'csv', compression: 'none', bytes: Buffer.byteLength(fourRows), rows: 4 }],
    error: null,
  })
  t.same(
    await rows('select * from trades'),
    cells(
      '2020.01.02T09:30:00.032,FHU,63.6,5',
      '2020.01.02T09:30:00.100,IBN,,1',
      ',,-0.5,',
      '2020.12.31T23:59:59.999,数据,1000,-2147483647',
    ),
  )
  t.same(
    result.columns.map(({ name, type, nulls }) => [name, type, nulls]),
    [
      ['time', 'TIMESTAMP', 1],
      ['sym', 'SYMBOL', 1],
      ['price', 'DOUBLE', 1],
      ['id', 'INT', 1],
    ],
  )
})

t.test('no data request is answered, and every batch is a single request', async t => {
  const requests: { asynchronous: boolean; rows: number }[] = []
  const { load, server } = await startLoadServer(t, tradesScript, {
    before: request => {
      if (request.rows > 0) requests.push(request)
      return undefined
    },
  })
  const dir = t.testdir({
    'trades.csv': tradesHeader + '2020.01.02T09:30:00.032,FHU,63.6,5\n'.repeat(25),
  })
  const result = await load(join(dir, 'trades.csv'), { delivery: { batchRows: 10 } })
  t.equal(result.exitCode, 0)
  t.same(
    requests.map(request => request.rows),
    [10, 10, 5],
  )
  t.ok(requests.every(request => request.asynchronous))
  t.equal(server.counters.asynchronousFailures, 0)
})

t.test('an empty input loads: nothing is read, nothing is sent, exit code 0', async t => {
  const { load } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'empty.csv': '', 'header.csv': tradesHeader })
  for (const name of ['empty.csv', 'header.csv']) {
    t.match(await load(join(dir, name)), { exitCode: 0, rows: { read: 0, confirmed: 0 } }, name)
  }
})
