import fc from 'fast-check'
import t from 'tap'
import { ConnectionError, ServerError, TimeoutError } from '../../../../src/errors.js'
import { ReceiptLink, type LinkNews } from '../../../../src/load/transport/receipts/link.js'
import { wait } from '../../../../src/platform/wait.js'
import { handClock } from '../../../helpers/clocks.js'
import { claim, outcome, refusal, watchedRun } from '../../../helpers/receipt-node.js'

const lost = new ConnectionError('DDB_CONNECTION_LOST', 'gone')
const interrupted = new ConnectionError('DDB_CONNECTION_LOST', 'interrupted')

t.test('a run ends once every batch has its outcome', async t => {
  const { watcher, stub, add, counts } = watchedRun()
  add()
  watcher.begin()
  add()
  watcher.begin()
  stub.ledger.push([claim(1)], [], [outcome(1), claim(2)], [], [outcome(2)])
  await watcher.finish()
  t.same(counts(), [16, 0, 0, 0])
  t.same(stub.ledger, [])
  t.same(stub.asked, ['finish'])
})

t.test('a run does not wait after the last receipt', async t => {
  const clock = handClock()
  const { watcher, stub, add, counts } = watchedRun({ machine: { clock } })
  add()
  stub.ledger.push([claim(1), outcome(1)])
  watcher.begin()
  // The clock stands still, so a pause would never end.
  await watcher.finish()
  t.same(counts(), [8, 0, 0, 0])
  t.equal(clock.timers, 0)
})

t.test('if nothing was sent, the server is not asked', async t => {
  const { watcher, stub } = watchedRun()
  stub.answers.read = () => Promise.reject(new Error('asked'))
  await watcher.finish()
  t.same(stub.asked, ['finish'])
})

t.test('a run ends even if it is woken just before its end', async t => {
  for (let ticks = 0; ticks < 12; ticks++) {
    const { watcher, stub, add } = watchedRun()
    add()
    stub.ledger.push([claim(1), outcome(1)])
    watcher.begin()
    while (stub.ledger.length > 0) await Promise.resolve()
    // By now the watcher sleeps, because no batch is in flight.
    for (let tick = 0; tick < 50; tick++) await Promise.resolve()
    watcher.link.wake()
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    await watcher.finish()
    t.same(stub.asked, ['finish'], `${ticks} ticks`)
  }
})

const works = () => Promise.resolve(false)

t.test(
  'a server that stays silent is abandoned after the timeout; batches in flight are unconfirmed',
  async t => {
    const { watcher, stub, run, add, counts } = watchedRun()
    stub.answers.isIdle = works
    add()
    watcher.begin()
    await watcher.finish()
    t.same(counts(), [0, 8, 0, 0])
    t.equal(
      watcher.link.failure,
      undefined,
      'if everything was sent, a missing receipt does not end the run',
    )
    const { clock } = run.platform
    t.ok(clock.nowMs() >= 60_000 && clock.nowMs() < 61_000, `${clock.nowMs()} ms`)
    t.ok(stub.asked.includes('abandon data'), 'the data session is abandoned')
  },
)

t.test('a batch with a temporary refusal is not stored when the server falls silent', async t => {
  const clock = handClock()
  const { watcher, stub, add, counts } = watchedRun({ machine: { clock } })
  add()
  add()
  // The server stops answering while the first batch waits.
  stub.ledger.push([claim(1), refusal(1, '<ChunkInTransaction>')])
  const { ledger } = stub
  stub.answers.read = () => {
    const rows = ledger.shift()
    if (rows !== undefined) return Promise.resolve(rows)
    stub.isLost = true
    return Promise.reject(new TimeoutError('late'))
  }
  stub.answers.restore = async deadlineMs => {
    await wait(clock, Number(deadlineMs) - clock.nowMs())
    throw lost
  }
  watcher.begin()
  const finishing = t.rejects(watcher.finish(), { code: 'DDB_UNCONFIRMED' })
  // The wait must not exceed the timeout for a silent server.
  while (counts()[3] === 0 && clock.nowMs() < 70_000) {
    await Promise.resolve()
    clock.advance(5)
  }
  await finishing
  t.same(counts(), [0, 8, 0, 8])
})

t.test('silence is a failure while there is more to send', async t => {
  const clock = handClock()
  const { watcher, stub, add, counts } = watchedRun({ machine: { clock } })
  stub.answers.isIdle = works
  add()
  watcher.begin()
  while (watcher.link.failure === undefined) {
    await Promise.resolve()
    clock.advance(500)
  }
  t.match(watcher.link.failure, { code: 'DDB_UNCONFIRMED' })
  while (counts()[1] === 0) await Promise.resolve()
  t.same(counts(), [0, 8, 0, 0])
})

t.test('bytes that leave are progress', async t => {
  const { watcher, stub, run, add } = watchedRun()
  stub.answers.isIdle = works
  add()
  // One byte leaves per second, for five minutes.
  const { clock } = run.platform
  Object.defineProperty(stub, 'bufferedBytes', {
    get: () => Math.max(0, 300 - Math.floor(clock.nowMs() / 1_000)),
  })
  watcher.begin()
  await watcher.finish()
  t.ok(clock.nowMs() >= 360_000 && clock.nowMs() < 362_000, `${clock.nowMs()} ms`)
})

t.test('silence is investigated after five seconds, or a quarter of a shorter timeout', async t => {
  for (const [confirmTimeoutMs, quietMs] of [
    [60_000, 5_000],
    [8_000, 2_000],
  ] as const) {
    const { watcher, stub, run, add } = watchedRun({ delivery: { confirmTimeoutMs } })
    add()
    let lookedAtMs = 0
    stub.answers.ledgerExists = () => {
      lookedAtMs ||= run.platform.clock.nowMs()
      stub.ledger.push([outcome(1)])
      return Promise.resolve(true)
    }
    watcher.begin()
    await watcher.finish()
    t.ok(lookedAtMs >= quietMs && lookedAtMs < quietMs + 600, `${lookedAtMs} ms`)
  }
})

t.test('after a missing answer, a new connection gets the answer', async t => {
  const { watcher, stub, add, counts } = watchedRun()
  add()
  let questions = 0
  stub.answers.read = () => {
    if (++questions === 1) return Promise.reject(new TimeoutError('late'))
    return Promise.resolve(questions === 3 ? [outcome(1)] : [])
  }
  watcher.begin()
  await watcher.finish()
  t.same(stub.asked, ['abandon control', 'restore', 'finish'])
  t.same(counts(), [8, 0, 0, 0])
  t.notOk(watcher.link.isMemoryUnsure)
})

t.test('a connection lost during a question is reopened', async t => {
  const { watcher, stub, add, counts } = watchedRun()
  add()
  let questions = 0
  stub.answers.read = () => {
    if (++questions > 1) return Promise.resolve([outcome(1)])
    stub.isLost = stub.isControlLost = true
    return Promise.reject(lost)
  }
  watcher.begin()
  await watcher.finish()
  t.same(stub.asked, ['restore', 'finish'])
  t.same(stub.sent, [
    [1, 0, 1],
    [1, 0, 2],
  ])
  t.same(counts(), [8, 0, 0, 0])
})

t.test('if a ledger cannot be read, it is gone, or the run fails', async t => {
  for (const isGone of [true, false]) {
    const { watcher, stub, add, counts } = watchedRun()
    add()
    const error = new ServerError('no rights')
    stub.answers.read = () => Promise.reject(error)
    stub.answers.ledgerExists = () => Promise.resolve(!isGone)
    watcher.begin()
    if (isGone) await watcher.finish()
    else await t.rejects(watcher.finish(), error)
    t.equal(stub.asked.includes('reopen'), isGone)
    t.same(counts(), [0, 8, 0, 0])
  }
})

t.test('an impossible receipt ends the run', async t => {
  const { watcher, stub, add, counts } = watchedRun()
  add()
  stub.ledger.push([outcome(1, 99)])
  watcher.begin()
  await t.rejects(watcher.finish(), { code: 'DDB_PROTOCOL' })
  t.same(counts(), [0, 8, 0, 0])
})

t.test('a run that leaves ends every wait at once', async t => {
  const clock = handClock()
  const { watcher, stub, add, counts } = watchedRun({ machine: { clock } })
  add()
  stub.answers.read = () => (stub.isLost ? Promise.reject(lost) : Promise.resolve([]))
  stub.answers.restore = () => Promise.reject(lost)
  watcher.begin()
  while (clock.timers === 0) await Promise.resolve()
  watcher.leave(interrupted)
  await t.rejects(watcher.finish(), interrupted)
  t.same(counts(), [0, 8, 0, 0])
  t.equal(clock.timers, 0)
})

t.test('the first failure counts, and wakes everything that waits', async t => {
  const { watcher } = watchedRun()
  const woken = watcher.link.woken()
  watcher.link.fail(lost)
  watcher.link.fail(interrupted)
  await woken
  t.equal(watcher.link.failure, lost)
})

t.test('a question gets half of the timeout, and no more than the remaining time', async t => {
  const clock = handClock()
  const { watcher } = watchedRun({ machine: { clock }, delivery: { confirmTimeoutMs: 10_000 } })
  watcher.link.news()
  t.equal(watcher.link.leftMs, 10_000)
  t.equal(watcher.link.queryTimeoutMs, 5_000)
  clock.advance(8_000)
  t.equal(watcher.link.queryTimeoutMs, 2_000)
  clock.advance(3_000)
  t.equal(watcher.link.leftMs, -1_000)
  t.equal(watcher.link.queryTimeoutMs, 1)
  watcher.link.news()
  t.equal(watcher.link.leftMs, 10_000)
})

t.test('a run that follows files starts a new ledger once a ledger is long', async t => {
  for (const isFollowing of [true, false]) {
    const { watcher, stub, add, counts } = watchedRun({ isFollowing, maxLedgerRows: 2 })
    add()
    add()
    watcher.begin()
    const rows = [[claim(1), outcome(1), claim(2)], [], [outcome(2)]]
    stub.answers.read = () => {
      const next = rows.shift() ?? []
      stub.ledgerRows += next.length
      return Promise.resolve(next)
    }
    stub.answers.reopen = () => {
      stub.ledgerRows = 0
      // Batches that arrive meanwhile wait for the new ledger.
      add()
      t.equal(stub.sent.length, 2)
      rows.push([claim(3), outcome(3)])
      return Promise.resolve(true)
    }
    while (counts()[0]! < (isFollowing ? 24 : 16)) await Promise.resolve()
    await watcher.finish()
    t.same(stub.asked, isFollowing ? ['reopen', 'dropLedger', 'finish'] : ['finish'])
    t.same(counts(), [isFollowing ? 24 : 16, 0, 0, 0])
  }
})

t.test('until a new ledger can be created, the run tries again and sends nothing', async t => {
  const { watcher, stub, add, counts } = watchedRun({ isFollowing: true, maxLedgerRows: 2 })
  add()
  watcher.begin()
  stub.ledgerRows = 0
  const rows = [[claim(1), outcome(1)]]
  stub.answers.read = () => {
    const next = rows.shift() ?? []
    stub.ledgerRows += next.length
    return Promise.resolve(next)
  }
  let tries = 0
  stub.answers.reopen = () => {
    if (tries++ === 0) {
      stub.isLost = stub.isControlLost = true
      return Promise.reject(lost)
    }
    stub.ledgerRows = 0
    rows.push([claim(2), outcome(2)])
    return Promise.resolve(true)
  }
  while (tries === 0) await Promise.resolve()
  add()
  t.equal(stub.sent.length, 1)
  watcher.begin()
  while (counts()[0]! < 16) await Promise.resolve()
  await watcher.finish()
  t.same(stub.asked, ['reopen', 'restore', 'reopen', 'dropLedger', 'finish'])
  t.same(stub.sent, [
    [1, 0, 1],
    [2, 0, 2],
  ])
})

t.test('silence and a lost connection are distinguished, whatever happened before', async () => {
  const news = fc.constantFrom<LinkNews>('receipts', 'answered', 'givenUp', 'gone')
  fc.assert(
    fc.property(fc.array(news), heard => {
      const link = new ReceiptLink(watchedRun().watcher.link.setup)
      for (const one of heard) link.hears(one)
      // The event 'receipts' ends a silence. After 'receipts' or 'answered', the run knows that the server still has
      // the tables in its memory.
      const since = (...ends: readonly LinkNews[]): readonly LinkNews[] =>
        heard.slice(heard.findLastIndex(one => ends.includes(one)) + 1)
      const isSilent = since('receipts').includes('givenUp')
      const isMemoryUnsure = since('receipts', 'answered').includes('gone')
      const [, expected] = [
        [!isSilent && !isMemoryUnsure, 'connected'],
        [isSilent && !isMemoryUnsure, 'silent'],
        [!isSilent && isMemoryUnsure, 'lost'],
        [isSilent && isMemoryUnsure, 'unreachable'],
      ].find(([is]) => is)!
      return (
        link.state === expected &&
        link.isSilent === isSilent &&
        link.isMemoryUnsure === isMemoryUnsure
      )
    }),
  )
})
