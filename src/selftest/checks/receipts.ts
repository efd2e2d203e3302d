/*
  Checks receipts: R1, R2, R4, R8, R11, R12 (docs/server-semantics.md#what-nobody-could-check).
*/
import { deliverFunction, ledgerQuery } from '../../load/transport/receipts/script.js'
import { formatValue } from '../../protocol/value-text.js'
import {
  answerText,
  elementsOf,
  numberOf,
  refusalOf,
  refusalText,
  tableOf,
  textOf,
  Unavailable,
} from '../answers.js'
import { expectText, fail, pass, type Check } from '../check.js'
import { batch, batchColumns, wrongBatch } from './batches.js'
import {
  awaitOutcomes,
  defineDelivery,
  delivery,
  ledgerRows,
  ledgerOutcomes,
  openTestLedger,
  outcomesText,
  receiptOf,
  rowsOfLedger,
  sendDelivery,
} from './receipt-run.js'

const receipts = 'load in asynchronous mode'
const streamTable = `streamTable(${batchColumns})`

export const receiptChecks: readonly Check[] = [
  {
    name: 'receipts: R1, three batches, one of them wrong',
    does: 'delivers three batches without answers through the functions of a run and reads their outcomes',
    dependsOnIt: receipts,
    async run(context) {
      const { share, open, rowsOf } = context
      const target = await share('target', streamTable)
      const ledger = await openTestLedger(context)
      const session = await open()
      await defineDelivery(context, session, ledger, target)
      sendDelivery(session, 1, 1, batch(0, 5))
      sendDelivery(session, 2, 2, wrongBatch(5))
      sendDelivery(session, 3, 3, batch(5, 7))
      const rows = await awaitOutcomes(context, ledger, 3)
      const text = `${outcomesText(rows)}; target ${await rowsOf(target)}`
      return expectText('outcomes', text, '1: 5 rows; 2: refused (rows); 3: 7 rows; target 12')
    },
  },
  {
    name: 'receipts: a batch that is sent twice is written once',
    does: 'delivers one batch from two sessions under one number',
    dependsOnIt: 'receipts: sending again after a lost connection',
    async run(context) {
      const { share, open, call, rowsOf } = context
      const target = await share('target', streamTable)
      const ledger = await openTestLedger(context)
      const answers: number[] = []
      for (const sendNo of [1, 2]) {
        const session = await open()
        await defineDelivery(context, session, ledger, target)
        const args = delivery(1, sendNo, batch(0, 5))
        answers.push(numberOf(await call(deliverFunction, args, session)))
      }
      const claims = (await ledgerRows(context, ledger)).filter(({ phase }) => phase === 0)
      const text = `answers ${answers.join()}; first ${claims[0]?.sendNo}; target ${await rowsOf(target)}`
      return expectText('seen', text, 'answers 5,-2; first 1; target 5')
    },
  },
  {
    name: 'receipts: R2, a function changes the table that comes with a call',
    does: 'calls a function of the session that runs replaceColumn! on its fourth argument',
    dependsOnIt: 'function views as targets of receipts',
    async run({ ask, call, open }) {
      const session = await open()
      await ask(
        'def ddbIngestTestChange(a, b, c, mutable data) {\n    replaceColumn!(data, `id, data[`id] + 1)\n    return exec sum(id) from data\n}',
        session,
      )
      const answer = await call('ddbIngestTestChange', delivery(1, 1, batch(0, 4)), session)
      return expectText('the sum', String(numberOf(answer)), '10')
    },
  },
  {
    name: 'receipts: a transform leaves rows out before they are written',
    does: 'delivers batches through a lambda and through a partial application, one that throws among them, and reads the three numbers of each',
    dependsOnIt: 'load --transform',
    async run(context) {
      const { share, open, rowsOf } = context
      const target = await share('target', streamTable)
      const ledger = await openTestLedger(context)
      const transforms = [
        'def(t){ return select * from t where id > 2 }',
        '(def(least, mutable t){ delete from t where id < least\n return t }){3}',
        'def(t){ return select * from t where id < 0 }',
        'def(t){ throw "not this one" }',
      ]
      for (const [index, transform] of transforms.entries()) {
        const session = await open()
        await defineDelivery(context, session, ledger, target, transform)
        sendDelivery(session, index + 1, index + 1, batch(0, 5))
      }
      await awaitOutcomes(context, ledger, transforms.length)
      const numbers = await ledgerOutcomes(context, ledger)
      const text = `${numbers}; target ${await rowsOf(target)}`
      return expectText(
        'numbers',
        text,
        '1: 5, 2, 2; 2: 5, 2, 2; 3: 5, 0, 0; 4: 5, null, -1; target 4',
      )
    },
  },
  {
    name: 'receipts: defined tells of functions',
    does: 'asks defined(name, DEF) for a function that exists and one that does not',
    dependsOnIt: 'receipts: how a run notices that a server has forgotten its session',
    async run({ ask, open }) {
      const session = await open()
      await ask('def ddbIngestTestHere() { return 1 }', session)
      const answers = [
        numberOf(await ask('defined("ddbIngestTestHere", DEF)', session)),
        numberOf(await ask('defined("ddbIngestTestMissing", DEF)', session)),
      ]
      return expectText('it answers', answers.join(), '1,0')
    },
  },
  {
    name: 'receipts: R4, the first row of a key stays',
    does: 'probes a ledger with two rows of one key as each run does, and reads who was first',
    dependsOnIt: receipts,
    async run(context) {
      const ledger = await openTestLedger(context)
      const { ask } = context
      const row = (sendNo: number): string => receiptOf(ledger, '5l', `${sendNo}l`)
      const answers = [numberOf(await ask(row(1))), numberOf(await ask(row(2)))]
      const rows = await ledgerRows(context, ledger)
      if (rows.length !== 1 || rows[0]!.sendNo !== 1) {
        return fail(`${rows.length} rows of one key; the first has number ${rows[0]?.sendNo}`)
      }
      const known = `a known key is answered with ${answers[1]}`
      return answers[0] === 1 && (answers[1] === 0 || answers[1] === 1) ? pass(known) : fail(known)
    },
  },
  {
    name: 'receipts: R8, a cursor reads each row once while others write',
    does: 'reads a stream table in slices of seven rows while another session writes',
    dependsOnIt: receipts,
    async run(context) {
      const { open, ask, until } = context
      const ledger = await openTestLedger(context)
      const session = await open()
      await ask(`def ddbIngestTestFill(b) { return ${receiptOf(ledger, 'b', 'b')} }`, session)
      const total = 200
      for (let i = 1; i <= total; i++) {
        session.send('ddbIngestTestFill', [{ form: 'scalar', type: 'LONG', value: BigInt(i) }])
      }
      const seen: number[] = []
      let cursor = 0
      await until(async () => {
        for (;;) {
          const overlap = Math.min(cursor, 1)
          const query = ledgerQuery(ledger.name, cursor - overlap, 7 + overlap)
          const slice = rowsOfLedger(tableOf(await ask(query))).slice(overlap)
          cursor += slice.length
          seen.push(...slice.filter(({ batchNo }) => batchNo > 0).map(({ batchNo }) => batchNo))
          if (slice.length === 0) break
        }
        return seen.length >= total ? true : undefined
      })
      const distinct = new Set(seen).size
      return expectText('rows and distinct rows', `${seen.length}, ${distinct}`, '200, 200')
    },
  },
  {
    name: 'receipts: limit at and beyond the end',
    does: 'reads a ledger of one row in slices that begin at its first row, at its end and beyond it',
    dependsOnIt: 'nothing: a run reads the last known row again',
    async run(context) {
      const ledger = await openTestLedger(context)
      const rowsFrom = (first: number): Promise<string> =>
        context
          .ask(ledgerQuery(ledger.name, first, 5))
          .then(answer => `${tableOf(answer).rows} rows`, refusalText)
      const [whole, end, beyond] = [await rowsFrom(0), await rowsFrom(1), await rowsFrom(2)]
      if (whole !== '1 rows') return fail(`a slice that ends after the last row: ${whole}`)
      return pass(`at the end: ${end}; beyond it: ${beyond}`)
    },
  },
  {
    name: 'receipts: a row of the ledger holds 4,000 characters of an error',
    does: 'writes a long text into a ledger and reads it back',
    dependsOnIt: 'the reasons of refused batches',
    async run(context) {
      const ledger = await openTestLedger(context)
      const text = 'e\u00e9'.repeat(2000)
      await context.ask(
        `def ddbIngestTestWhy(why) { return ${receiptOf(ledger, '1l', '1l', 'why')} }`,
      )
      await context.call('ddbIngestTestWhy', [{ form: 'scalar', type: 'STRING', value: text }])
      const [row] = await ledgerRows(context, ledger)
      return row?.errText === text
        ? pass()
        : fail(`${row?.errText.length ?? 0} characters came back`)
    },
  },
  {
    name: 'receipts: R11, undef by the user who shared',
    does: 'removes a shared keyed stream table and asks whether it is gone',
    dependsOnIt: 'removing marker and ledger at the end of a run',
    async run(context) {
      const ledger = await openTestLedger(context)
      await context.ask(`undef("${ledger.name}", SHARED)`)
      const there = numberOf(await context.ask(`defined("${ledger.name}", SHARED)`))
      return there === 0 ? pass() : fail('the table is still there')
    },
  },
  {
    name: 'receipts: R12, this user may run scripts',
    does: 'asks which user it is and runs a script',
    dependsOnIt: receipts,
    async run({ ask, server }) {
      const [, user] = elementsOf(await ask('getCurrentSessionAndUser()'))
      const answer = await ask('1+1')
      if (answerText(answer) !== 'INT scalar 2') return fail(`1+1 is ${answerText(answer)}`)
      const expected = server.user ?? 'guest'
      return textOf(user) === expected
        ? pass(server.user === undefined ? 'as guest' : 'as the user that was given')
        : fail('the session has another user')
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
