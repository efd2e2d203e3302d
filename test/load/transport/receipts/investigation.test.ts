import t from 'tap'
import { ServerError } from '../../../../src/errors.js'
import { investigate } from '../../../../src/load/transport/receipts/recovery.js'
import type { BarrierAnswer } from '../../../../src/load/transport/receipts/sessions.js'
import { claim, outcome, watchedRun } from '../../../helpers/receipt-node.js'

/** A batch that was sent, one that was begun, and what the server says of itself. */
async function silent(idle: boolean | undefined, barrier: BarrierAnswer = 'passed', retries = 3) {
  const here = watchedRun({ delivery: { retries } })
  here.add()
  here.watcher.link.take(claim(here.add().no))
  here.watcher.link.news()
  here.stub.sent.length = 0
  here.stub.answers = {
    isIdle: () => Promise.resolve(idle),
    barrier: () => Promise.resolve(barrier),
  }
  return here
}

t.test('a server that works is left alone', async t => {
  const { watcher, stub, counts } = await silent(false)
  await investigate(watcher.link)
  t.same(stub.asked, ['ledgerExists', 'isIdle'])
  t.same(stub.sent, [])
  t.same(counts(), [0, 0, 0, 0])
})

t.test('an idle server has lost what it never began, and will not end what it began', async t => {
  const { watcher, stub, counts } = await silent(true)
  await investigate(watcher.link)
  t.same(stub.sent, [[1, 0, 3]], 'a copy under the same attempt: claims decide')
  t.same(counts(), [0, 8, 0, 0], 'the one that was begun is uncertain')
})

t.test('where it does not tell, what was begun is waited for', async t => {
  const { watcher, stub, counts } = await silent(undefined)
  await investigate(watcher.link)
  t.same(stub.sent, [[1, 0, 3]])
  t.same(counts(), [0, 0, 0, 0])
})

t.test('functions that were forgotten are defined again before anything is sent', async t => {
  const { watcher, stub } = await silent(true, 'forgotten')
  await investigate(watcher.link)
  t.same(stub.asked, ['ledgerExists', 'isIdle', 'barrier', 'define'])
  t.same(stub.sent, [[1, 0, 3]])
})

t.test('a session that has nothing to do and does not answer is given up', async t => {
  const idle = await silent(true, 'silent')
  await investigate(idle.watcher.link)
  t.equal(idle.stub.asked.at(-1), 'abandon silent')
  t.same(idle.counts(), [0, 0, 0, 0])
  const unknown = await silent(undefined, 'silent')
  await investigate(unknown.watcher.link)
  t.equal(unknown.stub.asked.at(-1), 'barrier', 'one of which nobody knows may be busy')
  const once = await silent(true, 'silent', 0)
  await investigate(once.watcher.link)
  t.equal(once.stub.asked.at(-1), 'barrier', 'no other would take its place')
})

t.test('outcomes that come while we ask settle the matter', async t => {
  const { watcher, stub, counts } = await silent(true)
  stub.ledger.push([outcome(2)])
  await investigate(watcher.link)
  t.same(counts(), [8, 0, 0, 0])
  t.same(stub.sent, [])
})

t.test('a ledger that is gone is begun anew', async t => {
  const { watcher, stub, counts } = await silent(true)
  stub.answers.ledgerExists = () => Promise.resolve(false)
  await investigate(watcher.link)
  t.same(stub.asked, ['ledgerExists', 'reopen'])
  t.same(counts(), [0, 16, 0, 0])
})

t.test('what cannot be asked is told', async t => {
  const { watcher, stub } = await silent(true)
  const error = new ServerError('no rights')
  stub.answers.ledgerExists = () => Promise.reject(error)
  await t.rejects(investigate(watcher.link), error)
})
