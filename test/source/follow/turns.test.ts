import t from 'tap'
import { newTurns } from '../../../src/source/follow/turns.js'

const never = new AbortController().signal

t.test('a turn goes from one to the next in the order in which they asked', async t => {
  const turns = newTurns()
  t.equal(await turns.take(never), true)
  const had: string[] = []
  const waiting = ['a', 'b'].map(async name => {
    had.push(`${name} ${await turns.take(never)}`)
    turns.release()
  })
  t.same(had, [])
  turns.release()
  await Promise.all(waiting)
  t.same(had, ['a true', 'b true'])
  t.equal(await turns.take(never), true, 'free again')
})

t.test('who leaves gets none, and keeps nobody from theirs', async t => {
  const turns = newTurns()
  await turns.take(never)
  const leaving = new AbortController()
  const left = turns.take(leaving.signal)
  const next = turns.take(never)
  leaving.abort()
  t.equal(await left, false)
  turns.release()
  t.equal(await next, true)
  t.equal(await turns.take(leaving.signal), false, 'later, too')
})
