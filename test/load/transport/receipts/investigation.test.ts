import t from 'tap'
import { ServerError } from '../../../../src/errors.js'
import { investigateSilence } from '../../../../src/load/transport/receipts/recovery.js'
import type { BarrierAnswer } from '../../../../src/load/transport/receipts/sessions.js'
import { claim, outcome, watchedRun } from '../../../helpers/receipt-node.js'

/** A batch that was sent and a batch that was begun; `idle` is the answer to the question whether the server is idle. */
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

t.test('a working server is left alone', async t => {
  const { watcher, stub, counts } = await silent(false)
  await investigateSilence(watcher.link)
  t.same(stub.asked, ['ledgerExists', 'isIdle'])
  t.same(stub.sent, [])
  t.same(counts(), [0, 0, 0, 0])
})

t.test(
  'an idle server has lost batches it never began, and will not finish those it began',
  async t => {
    const { watcher, stub, counts } = await silent(true)
    await investigateSilence(watcher.link)
    t.same(stub.sent, [[1, 0, 3]], 'a copy with the same attempt: claims decide')
    t.same(counts(), [0, 8, 0, 0], 'the batch that was begun is uncertain')
  },
)

t.test('if it is unknown whether the server is idle, the run waits for a begun batch', async t => {
  const { watcher, stub, counts } = await silent(undefined)
  await investigateSilence(watcher.link)
  t.same(stub.sent, [[1, 0, 3]])
  t.same(counts(), [0, 0, 0, 0])
})

t.test('forgotten functions are defined again before anything is sent', async t => {
  const { watcher, stub } = await silent(true, 'forgotten')
  await investigateSilence(watcher.link)
  t.same(stub.asked, ['ledgerExists', 'isIdle', 'barrier', 'define'])
  t.same(stub.sent, [[1, 0, 3]])
})

t.test('a session that is idle and does not answer is abandoned', async t => {
  const idle = await silent(true, 'silent')
  await investigateSilence(idle.watcher.link)
  t.equal(idle.stub.asked.at(-1), 'abandon silent')
  t.same(idle.counts(), [0, 0, 0, 0])
  const unknown = await silent(undefined, 'silent')
  await investigateSilence(unknown.watcher.link)
  t.equal(unknown.stub.asked.at(-1), 'barrier', 'a session of unknown state may be busy')
  const once = await silent(true, 'silent', 0)
  await investigateSilence(once.watcher.link)
  t.equal(once.stub.asked.at(-1), 'barrier', 'no other session would replace it')
})

t.test('outcomes that arrive during the questions count', async t => {
  const { watcher, stub, counts } = await silent(true)
  stub.ledger.push([outcome(2)])
  await investigateSilence(watcher.link)
  t.same(counts(), [8, 0, 0, 0])
  t.same(stub.sent, [])
})

t.test('a missing ledger is created again', async t => {
  const { watcher, stub, counts } = await silent(true)
  stub.answers.ledgerExists = () => Promise.resolve(false)
  await investigateSilence(watcher.link)
  t.same(stub.asked, ['ledgerExists', 'reopen'])
  t.same(counts(), [0, 16, 0, 0])
})

t.test('a refused question fails the investigation', async t => {
  const { watcher, stub } = await silent(true)
  const error = new ServerError('no rights')
  stub.answers.ledgerExists = () => Promise.reject(error)
  await t.rejects(investigateSilence(watcher.link), error)
})
