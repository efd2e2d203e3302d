import t from 'tap'
import {
  AsynchronousFailures,
  type AsynchronousFailure,
} from '../../../src/server/net/asynchronous-failures.js'

t.test('failures are kept with their time, oldest first, and told as they come', async t => {
  let now = 0
  const told: AsynchronousFailure[] = []
  const failures = new AsynchronousFailures(
    () => (now += 10),
    failure => void told.push(failure),
  )
  t.equal(failures.count, 0)
  t.strictSame(failures.recent, [])
  failures.add('1', 'tableInsert{t}', "Can't find the object with name t")
  failures.add('2', 'f()', 'no')
  const wanted = [
    {
      sessionId: '1',
      text: 'tableInsert{t}',
      message: "Can't find the object with name t",
      at: 10,
    },
    { sessionId: '2', text: 'f()', message: 'no', at: 20 },
  ]
  t.strictSame(failures.recent, wanted)
  t.strictSame(told, wanted)
  t.equal(failures.count, 2)
})

t.test('only the latest 256 are kept, all of them are counted', async t => {
  const failures = new AsynchronousFailures(() => 0)
  const before = failures.recent
  for (let number = 1; number <= 256; number++) failures.add(String(number), '', '')
  t.strictSame([failures.recent.length, failures.recent[0]!.sessionId], [256, '1'])
  failures.add('257', '', '')
  t.strictSame(
    [failures.recent.length, failures.recent[0]!.sessionId, failures.recent.at(-1)!.sessionId],
    [256, '2', '257'],
  )
  t.equal(failures.count, 257)
  t.equal(before.length, 0, 'a list that was handed out does not change')
})
