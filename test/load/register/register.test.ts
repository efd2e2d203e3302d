import t, { type Test } from 'tap'
import { connectTyped as connect, type Session } from '../../../src/client/open-session.js'
import {
  askMemory,
  askRegister,
  checkClaim,
  checkName,
  dropLedgers,
  entryScript,
  forgetRun,
  ledgerName,
  otherFinished,
  registerName,
  runOf,
  type FinishedRun,
  type KnownRun,
  type RunName,
} from '../../../src/load/register/register.js'
import { headRow, ledgerScript } from '../../../src/load/transport/script.js'
import type { Faults } from '../../../src/server/index.js'
import { asAdmin, startLoadServer } from '../../helpers/load-server.js'
import { claimName, namedRun } from '../../helpers/register.js'
import { cells } from '../../helpers/values.js'

const timeoutMs = 60_000
const mine = namedRun('nightly', 0x1234_5678_9abc_def1n)
const theirs = namedRun('nightly', 7n)
const finished = { rowsHad: 9, digest: 'd', chunk: 'c-1', stored: 4, rejected: 0 }

const finish = (session: Session, processNo: number, facts: FinishedRun = finished) =>
  session.run(entryScript(mine, { processNo, finished: facts }), { timeoutMs })

/** As the request that defines the functions of a session checks the name. */
async function check(session: Session, run: RunName, processNo = 1): Promise<void> {
  const known = await askRegister({ session, timeoutMs }, run.runId)
  const claim = { ledger: ledgerName(run.token, 1), processNo }
  await checkClaim({ session, timeoutMs }, known, run, claim)
}

async function scene(t: Test, faults: Faults = {}) {
  const here = await startLoadServer(t, '1', { faults })
  const { node } = here.server
  const other = await connect(asAdmin(here.server))
  t.teardown(() => other.close().catch(() => undefined))
  const { session } = here
  const known = async (run: RunName): Promise<KnownRun> =>
    runOf(await askRegister({ session, timeoutMs }, run.runId), run.token)
  return { session, other, known, rows: here.rows, shared: () => [...node.shared.keys()].sort() }
}

t.test(
  'no variable has the name of the shared table, which the manual forbids (page share)',
  async t => {
    const scripts = [entryScript(mine, { ledger: '', processNo: 1 })]
    const run = (script: string): Promise<void> => Promise.resolve(void scripts.push(script))
    await askRegister({ session: { run } as unknown as Session, timeoutMs }, mine.runId)
    t.equal(scripts.length, 2)
    for (const script of scripts) {
      t.match(script, `"${registerName}"`)
      t.notMatch(script, new RegExp(`\\b${registerName} *=`))
    }
  },
)

t.test('the first run of a name has it; a second run leaves no ledger', async t => {
  const { session, other, shared, rows } = await scene(t)
  await claimName(session, mine)
  await t.rejects(claimName(other, theirs), { code: 'DDB_LOCKED', message: /"nightly"/ })
  await check(session, mine)
  await t.rejects(check(other, theirs), { code: 'DDB_LOCKED' })
  t.same(shared(), [ledgerName(mine.token, 1), registerName])
  const stored = await rows(`select runId, token, processNo from ${registerName}`)
  t.strictSame(stored, cells('nightly,1311768467463790321,1', 'nightly,7,1'))
  const known = await askRegister({ session: other, timeoutMs }, 'nightly')
  t.throws(() => checkName(known, theirs, other), { code: 'DDB_LOCKED' }, 'before it claims')
  await claimName(other, namedRun('nightly2', 7n))
})

t.test('a run has its name as long as its ledger exists', async t => {
  const { session, other } = await scene(t)
  await claimName(session, mine)
  await claimName(session, mine, { number: 2 })
  await session.run(`undef("${ledgerName(mine.token, 1)}", SHARED)`)
  await t.rejects(claimName(other, theirs), { code: 'DDB_LOCKED' }, 'the ledger was renewed')
  await session.run(`undef("${ledgerName(mine.token, 2)}", SHARED)`)
  await claimName(other, theirs)
  await t.rejects(claimName(session, mine, { number: 3 }), { code: 'DDB_LOCKED' })
})

t.test('a run that replaced the register, or found none, claims its name again', async t => {
  const { session, other, known } = await scene(t)
  await claimName(session, mine)
  await other.run(`undef("${registerName}", SHARED)`)
  await check(session, mine)
  t.equal((await known(mine)).processNo, 1)
  await other.run(`undef("${registerName}", SHARED)`)
  await claimName(other, theirs)
  await t.rejects(check(session, mine), { code: 'DDB_LOCKED' })
})

t.test('of two processes with one number, the first works on the run', async t => {
  const { session, other, known } = await scene(t)
  const second = { ...mine, processKey: 5n }
  await claimName(session, mine)
  await t.rejects(claimName(other, second), { code: 'DDB_LOCKED', message: /in progress/ })
  await check(session, mine)
  t.equal((await known(mine)).processNo, 1)
  await claimName(other, second, { processNo: 2 })
  t.equal((await known(mine)).processNo, 2)
  t.equal((await known(theirs)).processNo, 0)
})

t.test('a run without a name is in no register', async t => {
  const { session, shared } = await scene(t)
  const unnamed = { ...mine, isRegistered: false }
  await claimName(session, unnamed)
  t.same(shared(), [ledgerName(mine.token, 1)])
  t.notOk(await askMemory({ session, timeoutMs }, unnamed, undefined))
})

t.test('ledger or register show whether a server is the same after a lost connection', async t => {
  const { session, other, rows } = await scene(t)
  const memory = (run: RunName, headRow = '1'): Promise<boolean> =>
    askMemory({ session: other, timeoutMs }, run, ledgerName(run.token, 1), headRow)
  t.notOk(await memory(mine))
  const ledger = await claimName(session, mine)
  t.ok(await memory(mine, headRow(1, 1, '77')))
  t.strictSame(await rows(`select batchNo, attempt, phase, sendNo from ${ledger.name}`), [
    ['1', '0', '8', session.id],
    ['1', '1', '8', '77'],
  ])
  await t.rejects(memory(theirs), { code: 'DDB_LOCKED' })
  await other.run(`undef("${registerName}", SHARED)`)
  t.ok(await memory(mine), 'only the ledger')
  await claimName(session, mine)
  await other.run(`undef("${ledger.name}", SHARED)`)
  t.ok(await memory(mine), 'only the register')
  await other.run(`undef("${registerName}", SHARED)`)
  t.notOk(await memory(mine))
})

t.test('a finished run leaves an entry until it is resumed or given up', async t => {
  const { session, other, known, shared } = await scene(t)
  await claimName(session, mine)
  t.equal((await known(mine)).finished, undefined)
  await finish(session, 1)
  t.strictSame((await known(mine)).finished, finished)
  t.strictSame(
    otherFinished(await askRegister({ session: other, timeoutMs }, 'nightly'), [7n]),
    finished,
  )
  t.equal(
    otherFinished(await askRegister({ session: other, timeoutMs }, 'nightly'), [mine.token]),
    undefined,
  )
  await claimName(session, { ...mine, processKey: 5n }, { processNo: 2 })
  t.match(await known(mine), { finished: undefined, processNo: 2, isKnown: true, ledgerNumber: 1 })
  await finish(session, 2, { ...finished, rowsHad: null })
  t.match((await known(mine)).finished, { rowsHad: null })
  await claimName(session, mine, { number: 4 })
  t.match((await known(mine)).finished, { rowsHad: null }, 'a late request of an earlier process')
  await forgetRun({ session, timeoutMs }, mine.runId, mine.token)
  t.same(shared(), [registerName])
  t.match(await known(mine), { finished: undefined, processNo: 2, ledgers: [] })
  await claimName(other, theirs)
})

t.test('the name of a run that has finished is free', async t => {
  const { session, other, known } = await scene(t)
  await claimName(session, mine)
  await finish(session, 1)
  await claimName(other, theirs)
  t.match(await known(mine), { finished })
  await session.run(ledgerScript(ledgerName(mine.token, 1)))
  await check(other, theirs)
  t.pass('a late request has made the ledger of the finished run again')
})

t.test('a server without shared tables is passed on, and keeps no record', async t => {
  const { session } = await scene(t, {
    before: ({ text }) => (text.includes('share(') ? { error: 'not allowed' } : undefined),
  })
  await t.rejects(claimName(session, mine), { name: 'ServerError', serverMessage: /not allowed/ })
  await t.rejects(finish(session, 1), { name: 'ServerError' })
})

t.test('without a row, nothing is known; a server that says nothing is not believed', async t => {
  const { session, known } = await scene(t)
  t.strictSame(await known(mine), {
    ...{ processNo: 0, ledgerNumber: 0, ledgers: [], finished: undefined },
    ...{ isReplaced: false, isKnown: false },
  })
  await dropLedgers({ session, timeoutMs }, [])
  const silent = { id: '1', run: () => Promise.resolve(undefined) } as unknown as Session
  const none = { rows: [], ledgers: [] }
  const checked = checkClaim({ session: silent, timeoutMs }, none, mine, {
    ledger: 'l',
    processNo: 1,
  })
  await t.rejects(checked, { code: 'DDB_SERVER' })
})

t.test('the error for a taken name says where the run can be resumed', async t => {
  const { session } = await scene(t)
  const said = async (run: RunName): Promise<string> => {
    const known = await askRegister({ session, timeoutMs }, run.runId)
    try {
      checkName(known, run, session)
    } catch (error) {
      return (error as Error).message
    }
    return ''
  }
  await claimName(session, namedRun('a-b', 1n))
  t.match(await said(namedRun('a-b', 2n)), /"a-b".*continue it where it began/)
  const place = { hostName: 'host"-a', folder: '/state of 我/`x`$(y)' }
  await claimName(session, { ...mine, place })
  t.match(await said(theirs), 'on host "host?-a", is in progress or was killed')
  t.match(await said(theirs), 'ddb-ingest resume nightly --state-dir "/state of 我/?x???y?"')
  t.match(await said(theirs), `undef("${ledgerName(mine.token, 1)}", SHARED)`)
})

t.test('a session id is part of a script only as a number', async t => {
  const { session } = await scene(t)
  const forged = Object.create(session, { id: { value: '1l), evil(' } }) as Session
  await t.rejects(claimName(forged, mine), SyntaxError)
})
