/*
  Checks concurrent use of receipts: R5, R14 to R16 (docs/server-semantics.md#what-nobody-could-check).
*/
import { deliverScript } from '../../load/transport/receipts/script.js'
import { parseTarget } from '../../load/target/target.js'
import { formatValue } from '../../protocol/value-text.js'
import { wait } from '../../platform/wait.js'
import {
  columnOf,
  elementsOf,
  numberOf,
  numbersOf,
  refusalOf,
  tableOf,
  textOf,
  Unavailable,
} from '../answers.js'
import { expectText, fail, pass, skipped, type Check } from '../check.js'
import type { CheckContext } from '../context.js'
import { batch, batchColumns } from './batches.js'
import {
  awaitOutcomes,
  defineDelivery,
  ledgerRows,
  openTestLedger,
  outcomesText,
  sendDelivery,
} from './receipt-run.js'

const streamTable = `streamTable(${batchColumns})`

/** R5: the number of sessions, and the number of keys. Every session tries to insert all the keys. */
const claimants = 8
const claims = 500

/** R16 (the cost of receipts): the most batches that the check sends, and their rows. A slow server gets fewer batches. */
const costBatches = 200
const costRows = 100
const costLimitMs = 2_000

/** @returns the number of batches sent without answers, and the ms per batch until all rows were in the table */
async function timeOf(
  { platform, rowsOf }: CheckContext,
  table: string,
  most: number,
  send: (number: number) => void,
): Promise<{ perBatchMs: number; batches: number }> {
  const { clock } = platform
  const beganMs = clock.nowMs()
  let batches = 0
  while (batches < most && clock.nowMs() - beganMs < costLimitMs) {
    for (let i = 0; i < 20; i++) send(++batches)
    // Without this wait, a slow server would get more batches than it can process in the check's time.
    await rowsOf(table, batches * costRows)
  }
  return { perBatchMs: (clock.nowMs() - beganMs) / batches, batches }
}

export const receiptRaceChecks: readonly Check[] = [
  {
    name: 'receipts: R5, a claim is one step',
    does: 'lets eight sessions claim the same 500 keys at once and counts who won',
    dependsOnIt: 'receipts: only one of two copies of a batch may be written',
    limitMs: 15_000,
    async run({ share, open, ask }) {
      const name = await share('claims', 'keyedStreamTable(`k, 1024:0, `k`winner, [LONG, INT])')
      const sessions = await Promise.all(Array.from({ length: claimants }, () => open()))
      const script = (by: number): string => `ddbIngestTestTable = objByName("${name}")
ddbIngestTestWon = array(INT, 0)
for(i in 0:${claims}) { ddbIngestTestWon.append!(tableInsert(ddbIngestTestTable, long(i), ${by})) }
ddbIngestTestWon`
      const answers = await Promise.all(sessions.map((session, by) => ask(script(by), session)))
      const won = answers.map(answer => elementsOf(answer).map(numberOf))
      const rows = tableOf(await ask(`select * from ${name}`))
      const keys = new Set(numbersOf(columnOf(rows, 'k'))).size
      if (rows.rows !== claims || keys !== claims) {
        return fail(`${rows.rows} rows with ${keys} keys were written, not ${claims}`)
      }
      const winners = Array.from({ length: claims }, (_, k) =>
        won.reduce((sum, answered) => sum + answered[k]!, 0),
      )
      const wrong = winners.filter(count => count !== 1).length
      // Some servers count a key that already exists as inserted, and so answer 1 to every session. On such a server, a
      // run reads back which session was first.
      if (winners.every(count => count === claimants)) return pass('known keys are counted')
      return wrong === 0 ? pass() : fail(`${wrong} keys were not answered with 1 exactly once`)
    },
  },
  {
    name: 'receipts: R14, requests of a session that is closed are executed',
    does: 'sends a hundred batches without answers, closes at once, and waits for their outcomes',
    dependsOnIt: 'load --confirm none, which closes after sending everything',
    limitMs: 10_000,
    async run(context) {
      const { share, open, platform, signal } = context
      const target = await share('target', streamTable)
      const ledger = await openTestLedger(context)
      const session = await open()
      await defineDelivery(context, session, ledger, target)
      for (let i = 1; i <= 100; i++) sendDelivery(session, i, i, batch(i, 1))
      await session.close()
      let [seen, still] = [-1, 0]
      for (;;) {
        const outcomes = (await ledgerRows(context, ledger)).filter(({ phase }) => phase === 1)
        if (outcomes.length === 100) return pass()
        still = outcomes.length === seen ? still + 1 : 0
        seen = outcomes.length
        if (still === 20) return fail(`${100 - seen} of 100 were not executed`)
        await wait(platform.clock, 100, signal)
      }
    },
  },
  {
    name: 'receipts: R15, what a cancelled batch leaves',
    does: 'cancels a batch between its claim and its end and looks for its outcome',
    dependsOnIt: 'nothing: a claim without an outcome is reported as uncertain',
    needs: 'cancelConsoleJob',
    async run(context) {
      const { open, ask, prepare, until } = context
      const ledger = await openTestLedger(context)
      const session = await open()
      await ask('def ddbIngestTestSlow(mutable data) { sleep(3000) }', session)
      const target = parseTarget({ function: 'ddbIngestTestSlow', types: 'id:INT' })
      await ask(deliverScript(ledger, target), session)
      sendDelivery(session, 1, 1, batch(0, 1))
      await until(async () => ((await ledgerRows(context, ledger)).length > 0 ? true : undefined))
      const jobs = `exec rootJobId from getConsoleJobs() where sessionId = ${session.id}l`
      const [job] = elementsOf(await prepare(jobs))
      if (job === undefined) return skipped('getConsoleJobs does not list the batch')
      await prepare(`cancelConsoleJob(${jobs})`)
      const ended = await until(async () => {
        const count = `exec count(*) from getConsoleJobs() where sessionId = ${session.id}l`
        return numberOf(await ask(count)) === 0 ? true : undefined
      })
      const outcomes = (await ledgerRows(context, ledger)).filter(({ phase }) => phase === 1)
      return pass(
        ended && outcomes.length > 0
          ? `catch runs: ${outcomes[0]!.errText}`
          : 'a claim stays without an outcome',
      )
    },
  },
  {
    name: 'receipts: R16, what receipts cost',
    does: 'writes batches of 100 rows without answers, with and without receipts, for a few seconds',
    dependsOnIt: 'the speed of load with receipts',
    limitMs: 10_000,
    async run(context) {
      const { share, open } = context
      const plain = await share('plain', streamTable)
      const target = await share('receipted', streamTable)
      const ledger = await openTestLedger(context)
      const session = await open()
      await defineDelivery(context, session, ledger, target)
      const without = await timeOf(context, plain, costBatches, () => {
        session.send(`tableInsert{${plain}}`, [batch(0, costRows)])
      })
      const withReceipts = await timeOf(context, target, without.batches, number =>
        sendDelivery(session, number, number, batch(0, costRows)),
      )
      const outcomes = await awaitOutcomes(context, ledger, withReceipts.batches)
      if (outcomesText(outcomes).includes('refused')) return fail('batches were refused')
      const ratio = withReceipts.perBatchMs / without.perBatchMs
      return pass(
        `${ratio.toFixed(2)} times the time a batch takes without, ${withReceipts.batches} batches`,
      )
    },
  },
  {
    name: 'receipts: the words of a forgotten function',
    does: 'calls the delivering function on a session that has not defined it',
    dependsOnIt: 'receipts: a batch is sent again if the server has forgotten the function',
    async run({ open, call }) {
      const session = await open()
      const words = await refusalOf(call('ddbIngestDeliver', [batch(0, 1)], session))
      if (words === undefined) return fail('it is accepted')
      return /recognize/i.test(words) ? pass(words) : fail(words)
    },
  },
  {
    name: 'receipts: a server tells who is connected',
    does: 'looks for its own session in getSessionMemoryStat()',
    dependsOnIt: 'naming tables that killed runs have left',
    needs: 'getSessionMemoryStat',
    async run({ ask, control }) {
      const asked = ask('exec sessionId from getSessionMemoryStat()')
      const refused = await refusalOf(asked)
      if (refused !== undefined) throw new Unavailable(`the server does not tell: ${refused}`)
      const ids = elementsOf(await asked).map(formatValue)
      return ids.includes(control.id) ? pass() : fail('the session is not among them')
    },
  },
  {
    name: 'receipts: now() is a TIMESTAMP',
    does: 'asks for the type of now()',
    dependsOnIt: 'the ledger, whose rows carry a time',
    async run({ ask }) {
      return expectText('typestr(now())', textOf(await ask('typestr(now())')), 'TIMESTAMP')
    },
  },
]
