import t from 'tap'
import { receiptRaceChecks } from '../../../src/selftest/checks/receipt-races.js'
import type { Faults } from '../../../src/server/index.js'
import { instead, int32Bytes, type Rewrite } from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const claim = 'receipts: R5, a claim is one step'
const closed = 'receipts: R14, requests of a session that is closed are executed'
const cancelled = 'receipts: R15, what a cancelled batch leaves'
const cost = 'receipts: R16, what receipts cost'
const forgotten = 'receipts: the words of a forgotten function'
const connected = 'receipts: a server tells who is connected'
const time = 'receipts: now() is a TIMESTAMP'

const claims = 500
/** What stands in front of the answers of R5: a vector of INT. */
const claimHead = `OK\n\x04\x01${int32Bytes(claims)}${int32Bytes(1)}`

/** Makes a one of each answer to a claim: of all sessions, or of the first that gets its answers. */
function allWon(sessions: number): Rewrite {
  let left = sessions
  return chunk => {
    const at = chunk.indexOf(claimHead)
    if (at < 0 || left-- <= 0) return chunk
    const from = at + claimHead.length
    const answers = int32Bytes(1).repeat(claims)
    return chunk.slice(0, from) + answers + chunk.slice(from + answers.length)
  }
}

/** Loses deliveries from one of them on. */
function losingFrom(first: number): NonNullable<Faults['beforeExecute']> {
  let seen = 0
  return ({ text }) => (text === 'ddbIngestDeliver' && ++seen >= first ? 'drop' : undefined)
}

testChecks(
  t,
  receiptRaceChecks,
  {
    finds: {
      [cancelled]: /^a claim stays without an outcome$|^catch runs: /,
      [cost]: /^\d+\.\d\d times the time a batch takes without, \d+ batches$/,
      [forgotten]: "Can't recognize function name ddbIngestDeliver: not in the embedded server",
    },
  },
  {
    'keyed stream tables that let every claim in': {
      toServer: instead('keyedStreamTable(`k, ', 'streamTable('),
      fails: { [claim]: '4000 rows with 500 keys were written, not 500' },
    },
    'servers that count known keys': {
      toClient: allWon(8),
      finds: { [claim]: 'known keys are counted' },
    },
    'a claim that two have won': {
      toClient: allWon(2),
      fails: { [claim]: /^\d+ keys were answered with 1 not exactly once$/ },
    },
    'requests of a closed session that are lost': {
      server: { faults: { beforeExecute: losingFrom(61) } },
      fails: { [closed]: '40 of 100 were not executed' },
    },
    'a server that cancels nothing': {
      toServer: instead('cancelConsoleJob(', 'cancelConsoleJab('),
      skips: { [cancelled]: /^the server refuses what it needs: .*cancelConsoleJab/ },
    },
    'a list without the batch': {
      toServer: instead(
        'script\nexec rootJobId from getConsoleJobs() where',
        'script\narray(UUID, 0) //',
      ),
      skips: { [cancelled]: 'getConsoleJobs does not list the batch' },
    },
    'batches that are refused': {
      server: {
        faults: {
          beforeWrite: ({ table }) => (table.endsWith('_receipted') ? { error: 'no' } : undefined),
        },
      },
      fails: { [cost]: 'no result within 10000 ms' },
    },
    'a refusal in other words': {
      toClient: instead("Can't recognize function name", 'Nothing here has the name of'),
      fails: { [forgotten]: /^Nothing here has the name of/ },
    },
    'a function that is there': {
      server: {
        initScript: 'def ddbIngestDeliver(x) { return 1 }\naddFunctionView(ddbIngestDeliver)',
      },
      fails: { [forgotten]: 'it is accepted' },
    },
    'a server that does not tell who is connected': {
      toServer: instead('getSessionMemoryStat()', 'getSessionMemoryStut()'),
      skips: { [connected]: /^the server does not tell: .*getSessionMemoryStut/ },
    },
    'a list without the session': {
      toServer: instead('exec sessionId from getSessionMemoryStat()', 'array(LONG, 0)'),
      fails: { [connected]: 'the session is not among them' },
    },
    'another type of time': {
      toServer: instead('typestr(now())', 'typestr(1)'),
      fails: { [time]: 'typestr(now()): INT, expected TIMESTAMP' },
    },
  },
)
