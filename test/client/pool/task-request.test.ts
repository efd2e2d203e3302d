import t from 'tap'
import { TaskQueue, taskRequest, taskResult } from '../../../src/client/pool/task-request.js'
import { resultOf } from '../../../src/client/session-result.js'
import { idTable, int } from '../../helpers/values.js'

t.test('a task sends its arguments as values and keeps its own options to itself', async t => {
  const options = { pickleTableToList: true, timeoutMs: 1000, priority: 2 }
  const { task, script, args, pickleTableToList, ...rest } = taskRequest(7, 'f', [1, options])
  t.strictSame([task.id, script, args, pickleTableToList], [7, 'f', [int(1)], true])
  t.strictSame(rest.options, { clearMemory: true, priority: 2 })
  task.finish(undefined)
})

t.test('options outside their range are refused when a task is made', async t => {
  t.throws(() => taskRequest(1, 'f', [{ timeoutMs: 0 }]), { code: 'DDB_USAGE' })
})

t.test('a table is a list of columns when the task asked for one', async t => {
  const value = resultOf(idTable(1, 2))
  t.strictSame(taskResult(taskRequest(1, 'f', [{ pickleTableToList: true }]), value), [[1, 2]])
  t.equal(taskResult(taskRequest(1, 'f', []), value), value)
  t.equal(taskResult(taskRequest(1, 'f', [{ pickleTableToList: true }]), undefined), undefined)
})

t.test('tasks come in the order in which they were pushed, however many', async t => {
  const queue = new TaskQueue()
  const count = 5000
  for (let id = 1; id <= count; id++) queue.push(taskRequest(id, 'f', []))
  const ids: number[] = []
  for (let next = queue.next(); next !== undefined; next = queue.next()) ids.push(next.task.id)
  t.strictSame(
    ids,
    Array.from({ length: count }, (_, i) => i + 1),
  )
})

t.test('tasks that were given up are passed over', async t => {
  const queue = new TaskQueue()
  const tasks = [1, 2, 3].map(id => taskRequest(id, 'f', []))
  for (const task of tasks) queue.push(task)
  tasks[0]!.task.finish(undefined)
  t.equal(queue.first(), tasks[1])
  t.equal(queue.next(), tasks[1])
  t.equal(queue.next(), tasks[2])
  t.equal(queue.next(), undefined)
})

t.test('an emptied queue fails what waits, once', async t => {
  const queue = new TaskQueue()
  const tasks = [1, 2].map(id => taskRequest(id, 'f', []))
  for (const task of tasks) queue.push(task)
  queue.next()
  const reason = new Error('closed')
  const failed = tasks[1]!.task.result()
  queue.failAll(reason)
  await t.rejects(failed, reason)
  t.equal(tasks[0]!.task.state, 'pending')
  t.equal(queue.next(), undefined)
})
