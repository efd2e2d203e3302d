import t from 'tap'
import { asynchronousChecks } from '../../../src/selftest/checks/asynchronous.js'
import { requestedFaults, type Faults } from '../../../src/server/index.js'
import { instead, int32Bytes, intBytes } from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const arrives = 'asynchronous: a batch arrives'
const silent = 'asynchronous: nothing is answered'
const silentErrors = 'asynchronous: errors are not answered either'
const behind = 'asynchronous: an answer means that what was sent before has been read'
const order = 'asynchronous: R9, the order of requests of one session'
const overlap = 'asynchronous: R9, whether requests of one session overlap'
const bare = 'asynchronous: a session without answers'
const connecting = 'asynchronous: connect is answered though it carries flag 4'
const own = 'asynchronous: a function of the session'
const afterRefusal = 'asynchronous: a refused batch does not stop those behind it'

type BeforeExecute = NonNullable<Faults['beforeExecute']>
const asynchronous =
  (what: ReturnType<BeforeExecute>): BeforeExecute =>
  request =>
    request.asynchronous ? what : undefined

/** Loses requests without answers from one of them on, or a single one. */
function losing(from: number, to: number): BeforeExecute {
  let seen = 0
  return request => {
    if (!request.asynchronous) return undefined
    seen++
    return seen >= from && seen <= to ? 'drop' : undefined
  }
}

const mixed = 'asynchronous: mixed-flags on one session'

testChecks(
  t,
  asynchronousChecks,
  {
    finds: {
      [behind]: 'all were executed by then',
      [order]: 'in order',
      [overlap]: 'one after the other',
    },
    facts: { mixedFlags: true },
  },
  {
    'requests without answers that are dropped': {
      server: { faults: { beforeExecute: asynchronous('drop') } },
      fails: {
        [arrives]: 'no result within 5000 ms',
        [mixed]: 'a question does not see what was sent before it',
        [connecting]: 'no result within 5000 ms',
      },
      finds: { [behind]: '0 of 100 were executed by then' },
      passes: [silent],
      facts: { mixedFlags: false },
    },
    'requests without answers that are executed twice': {
      server: { faults: { beforeExecute: asynchronous('twice') } },
      fails: {
        [arrives]: 'rows: 100, expected 50',
        [mixed]: 'rows: 200, expected 100',
        [bare]: 'rows: 200, expected 100',
        [own]: 'rows: 10, expected 5',
        [afterRefusal]: 'rows: 8, expected 4',
        [order]: '2000 rows arrived, not 1000',
      },
    },
    'one of a thousand that is lost': {
      server: { faults: { beforeExecute: losing(500, 500) } },
      fails: { [order]: 'no result within 10000 ms' },
    },
    'some that are late': {
      server: { faults: { beforeExecute: losing(61, 100) } },
      finds: { [behind]: '60 of 100 were executed by then' },
    },
    'rows that change their places': {
      toClient: instead(int32Bytes(5) + int32Bytes(6), int32Bytes(6) + int32Bytes(5)),
      finds: { [order]: 'not in order: 2 of 1000 moved' },
    },
    'functions that began before the one before them had ended': {
      toServer: instead('began = now()\n    sleep(30)', 'began=now()-10000;sleep(30)'),
      finds: { [overlap]: 'they overlap' },
    },
    'requests without answers that are answered': {
      toServer: instead(' / 36_1_', ' / 32_1_'),
      fails: {
        [silent]: 'the first answer: INT scalar 1111, expected INT scalar 2222',
        [silentErrors]: /^the first answer: throw "ddbIngestTest" => /,
      },
    },
    'answers between that are wrong': {
      toClient: instead(intBytes(98), intBytes(99)),
      fails: { [mixed]: '49 * 2 was answered with 99' },
    },
    'questions that are not answered in time': {
      server: { faults: requestedFaults('mixedStall') },
      fails: { [mixed]: 'no answer came in time' },
      facts: {},
    },
    'a session without an id': {
      toClient: (chunk, sent) =>
        /^API 0 \d+ \/ 36_/.test(sent) ? chunk.replace(/^\d+/, '0000000000') : chunk,
      fails: { [connecting]: 'the session id is "0000000000"' },
    },
    'a login that is refused on the way': {
      toServer: instead('login\nadmin\n123456', 'login\nadmin\n000000'),
      fails: { [connecting]: 'The user name or password is incorrect.' },
    },
    'a session that ends with its first refusal': {
      server: { faults: { beforeExecute: afterMissing() } },
      fails: { [afterRefusal]: 'no result within 5000 ms' },
    },
  },
)

/** Loses everything behind the request for a table that is not there. */
function afterMissing(): BeforeExecute {
  let isOver = false
  return ({ text }) => {
    if (isOver) return text.startsWith('tableInsert{') ? 'drop' : undefined
    isOver = text.includes('ddbIngestTestMissing')
    return undefined
  }
}
