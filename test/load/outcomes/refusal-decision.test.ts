import t from 'tap'
import {
  decideRefusal,
  type Decision,
  type RefusedBatch,
  type TargetTraits,
} from '../../../src/load/outcomes/refusal-decision.js'

const batch: RefusedBatch = { rowCount: 10, resends: 0, text: 'a.csv, lines 2 to 11' }
const oneRow: RefusedBatch = { ...batch, rowCount: 1 }
const worn: RefusedBatch = { ...batch, resends: 5 }

const whole: TargetTraits = { kind: 'table', allOrNothing: true, retries: 5 }
const chunks: TargetTraits = { kind: 'table', allOrNothing: false, retries: 5 }
const view: TargetTraits = { kind: 'function', allOrNothing: false, retries: 5 }

const busy = '<ChunkInTransaction>owned by transaction 1 RefId:S00002'
const unknown = 'something new'
const type = 'Incompatible type. Expected: INT, Actual: STRING'
const large = 'Memory size of append transaction 5 exceeds max limit (4) for OLAP.'
const rights = '<NoPrivilege>Not granted to write data to table dfs://db/pt'
const gone = "Can't find the object with name trades"
const leader = '<NotLeader>node2:8902'

const stops: Partial<Decision> = { kind: 'uncertain', stops: true }
const goesOn: Partial<Decision> = { kind: 'uncertain', stops: false }
const notStored = { kind: 'stop', stored: 'no' }
const perhapsStored = { kind: 'stop', stored: 'unknown' }

/** Error text, batch; the decision for an all-or-nothing table, a table with atomic='CHUNK', and a function. */
const table: readonly (readonly [string, RefusedBatch, object, object, object])[] = [
  [busy, batch, { kind: 'again' }, stops, stops],
  [busy, worn, stops, stops, stops],
  [unknown, batch, { kind: 'again' }, stops, stops],
  [unknown, worn, stops, stops, stops],
  [type, batch, { kind: 'divide' }, goesOn, goesOn],
  [type, oneRow, { kind: 'reject' }, goesOn, goesOn],
  [type, worn, { kind: 'divide' }, goesOn, goesOn],
  [large, batch, { kind: 'divide' }, goesOn, goesOn],
  [large, oneRow, { kind: 'reject' }, goesOn, goesOn],
  [rights, batch, notStored, notStored, perhapsStored],
  [gone, batch, notStored, perhapsStored, perhapsStored],
  [
    leader,
    batch,
    { kind: 'follow', to: { host: 'node2', port: 8902 } },
    perhapsStored,
    perhapsStored,
  ],
]

t.test('each refusal leads to its decision', async t => {
  for (const [text, refused, ...expected] of table) {
    for (const [index, traits] of [whole, chunks, view].entries()) {
      const name = `${text}, ${refused.rowCount} rows, sent again ${refused.resends} times, ${JSON.stringify(traits)}`
      t.match(decideRefusal(text, refused, traits), expected[index]!, name)
    }
  }
})

t.test(
  'rows that a transform refuses were never written, and their batch is not divided',
  async t => {
    const again = { kind: 'again' }
    const reject = { kind: 'reject' }
    for (const traits of [whole, chunks]) {
      for (const [text, refused, expected] of [
        [busy, batch, again],
        [busy, worn, { ...notStored, error: { code: 'DDB_UNAVAILABLE', exitCode: 75 } }],
        [unknown, batch, reject],
        [unknown, worn, reject],
        [type, batch, reject],
        [large, batch, reject],
        [rights, batch, { ...notStored, error: { code: 'DDB_PRIVILEGE' } }],
        [
          gone,
          batch,
          { ...notStored, error: { code: 'DDB_TARGET', message: /: in the transform: Can't/ } },
        ],
        [leader, batch, { kind: 'follow', to: { host: 'node2', port: 8902 } }],
      ] as const) {
        t.match(decideRefusal(text, { ...refused, byTransform: true }, traits), expected, text)
      }
    }
  },
)

t.test('without retries nothing is sent again', async t => {
  t.match(decideRefusal(busy, batch, { ...whole, retries: 0 }), stops)
})

t.test('the error that stops a run names the batch and quotes the server', async t => {
  t.match(decideRefusal(rights, batch, whole), {
    error: { code: 'DDB_PRIVILEGE', exitCode: 77, message: /a\.csv, lines 2 to 11: <NoPrivilege>/ },
  })
  t.match(decideRefusal(gone, batch, whole), { error: { code: 'DDB_TARGET', exitCode: 78 } })
  t.match(decideRefusal(leader, batch, view), {
    error: { code: 'DDB_CONNECT', message: /node2:8902/ },
  })
})
