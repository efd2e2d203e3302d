import t from 'tap'
import { PoolTask } from '../../../src/client/pool/pool-task.js'

t.test('a task is pending until it has a result, and then keeps it', async t => {
  const task = new PoolTask(3, {})
  t.strictSame([task.id, task.state], [3, 'pending'])
  task.finish(undefined)
  task.fail(new Error('too late'))
  t.equal(task.state, 'finished')
  t.equal(await task.result(), undefined)
  t.equal(await task.result(0), undefined)
})

t.test('a task that failed is finished, and fails whoever asks', async t => {
  const task = new PoolTask(3, {})
  const reason = new Error('lost')
  task.fail(reason)
  t.equal(task.state, 'finished')
  await t.rejects(task.result(), reason)
  await t.rejects(task.result(1), reason)
})

t.test('who waits no longer than a time limit can ask again', async t => {
  const task = new PoolTask(3, {})
  await t.rejects(task.result(0), { code: 'DDB_TIMEOUT' })
  t.equal(task.state, 'pending')
  const waiting = task.result(1e9)
  task.finish(undefined)
  t.equal(await waiting, undefined)
})

t.test('a time limit is a number of seconds', async t => {
  const task = new PoolTask(3, {})
  for (const seconds of [-1, NaN]) {
    await t.rejects(task.result(seconds), { code: 'DDB_USAGE' }, String(seconds))
  }
  task.finish(undefined)
})

t.test('a signal fails the task, at once when it has fired before', async t => {
  const signals = new AbortController()
  const task = new PoolTask(3, { signal: signals.signal })
  const result = task.result()
  signals.abort()
  await t.rejects(result, { code: 'DDB_INTERRUPTED' })
  const late = new PoolTask(4, { signal: signals.signal })
  t.equal(late.state, 'finished')
  await t.rejects(late.result(), { code: 'DDB_INTERRUPTED' })
})
