/* A table that another table has replaced: a recreated table, a restarted server, a different server at the same port, and users who fill
   the tables that they recreate. The run must notice the replacement at its end, or when the user calls it again. The tests write the
   results into the second table of docs/delivery.md. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectTyped as connect } from '../../src/client/open-session.js'
import type { DeliveryOptions, LoadOptions } from '../../src/load/options.js'
import { type EmbeddedServer, type Faults } from '../../src/server/index.js'
import { csv } from '../helpers/delivery.js'
import { startServerFor, asAdmin, startLoadServer } from '../helpers/load-server.js'
import { checkTable } from '../helpers/pages.js'
import { deepTest, sampled } from '../helpers/runs.js'
import { confirmations, targets, type TargetKind } from './same-table-targets.js'

const rowCount = 1_000

/** Event → target and confirmation → the report of the run, with the evidence. */
const outcomes = new Map<string, Map<string, string>>()

function note(happened: string, kind: TargetKind, confirmation: string, text: string): void {
  const texts = outcomes.get(happened) ?? new Map<string, string>()
  // Of a function without a table, only the user knows the table.
  const audit = kind.hasEvidence ? '`audit`' : '`audit --confirm-table TABLE`'
  const settled = /^(4|75)\b/.test(text) ? `; ${audit} settles it` : ''
  outcomes.set(happened, texts.set(`${kind.name}/${confirmation}`, `${text}${settled}`))
}

/** Text in the report of a run → the evidence that the text reveals. */
const evidence: readonly (readonly [RegExp, string])[] = [
  [/the server was restarted/, 'no mark of the finished run'],
  [/does not know it/, 'different server, without a mark of the finished run'],
  [/it was dropped and recreated/, 'different chunk'],
  [/it has no rows/, 'empty table'],
  [
    /recreated or emptied|the function was given|and has \d+\.|before \d+ rows? w(as|ere) confirmed/,
    'too few rows',
  ],
  [/rows that (it|this run) wrote/, 'rows missing'],
  [/its rows cannot be looked up/, 'no evidence'],
  [/the target (grew|changed) by/, 'wrong growth'],
]

function evidenceOf(t: Test, text: string): string {
  const [, by] = evidence.find(([words]) => words.test(text)) ?? []
  t.ok(by !== undefined, `the evidence: ${text}`)
  return by ?? '?'
}

/**
 * How a second load determines that its rows are loaded: part of its request, and what the request looks for. The register is asked about
 * every run, and its mark decides only if the table has no chunk.
 */
const questions: readonly (readonly [string, string])[] = [
  ['ddbIngestSchema = schema(loadTable(', 'same chunk'],
  ['(def(ddbIngestFrom', 'rows found'],
  ['ddbIngestRuns2', 'mark found'],
]

type Scene = Awaited<ReturnType<typeof scene>>

async function scene(t: Test, kind: TargetKind, delivery: DeliveryOptions, faults: Faults = {}) {
  const folder = t.testdir({ 'in.csv': csv(rowCount), state: {} })
  /** The first characters of each request since the last load began. */
  const asked: string[] = []
  const first = await startLoadServer(t, kind.script, {
    faults: {
      ...faults,
      before(request) {
        asked.push(request.text)
        return faults.before?.(request)
      },
    },
  })
  let server: EmbeddedServer = first.server
  const notices: string[] = []
  const begin = async (port: number, initScript: string): Promise<void> => {
    const started = await startServerFor(t, { port, initScript })
    server = started
  }
  return {
    notices,
    asked,
    state: join(folder, 'state'),
    load: (change: Partial<LoadOptions> = {}) => {
      asked.length = 0
      return first.load(join(folder, 'in.csv'), {
        target: kind.target,
        runId: 'nightly',
        journal: { folder: join(folder, 'state') },
        onNotice: notice => void notices.push(notice),
        ...change,
        server: asAdmin(server),
        delivery: { batchRows: 100, confirmTimeoutMs: 5_000, ...delivery, ...change.delivery },
      })
    },
    /** Runs a script as another user. */
    other: async (script: string) => {
      const session = await connect(asAdmin(server))
      await session.run(script)
      await session.close()
    },
    /** Replaces the server, like a restart that keeps nothing. */
    restart: async (initScript: string) => {
      const { port } = server
      await server.close()
      await begin(port, initScript)
    },
    /** Starts a second server on its own port; later loads connect to that server. */
    move: (initScript: string) => begin(0, initScript),
  }
}

interface Happening {
  readonly name: string
  /** Whether the event is possible for the target. By default it is always possible. */
  readonly fits?: (kind: TargetKind) => boolean
  readonly happens: (scene: Scene, kind: TargetKind) => Promise<void>
}

/** Events between the end of the run and the next call. */
const between: readonly Happening[] = [
  {
    name: 'the table is recreated, and other users fill it',
    happens: ({ other }, kind) => other(`${kind.remake}\n${kind.foreign(rowCount)}`),
  },
  {
    name: 'the table is recreated, and another user adds one row',
    happens: ({ other }, kind) => other(`${kind.remake}\n${kind.foreign(1)}`),
  },
  {
    name: 'other users empty the table and fill it',
    fits: ({ empty }) => empty !== undefined,
    happens: ({ other }, kind) => other(`${kind.empty}\n${kind.foreign(rowCount)}`),
  },
  {
    name: 'the server restarts, and other users fill the table',
    happens: ({ restart }, kind) => restart(`${kind.script}\n${kind.foreign(rowCount)}`),
  },
  {
    name: 'a different server has a table of that name, filled by other users',
    happens: ({ move }, kind) => move(`${kind.script}\n${kind.foreign(rowCount)}`),
  },
]

for (const kind of sampled(targets)) {
  for (const { name, delivery } of sampled(confirmations)) {
    deepTest(t, `confirmed by ${name}, target: ${kind.name}`, async t => {
      const here = await scene(t, kind, delivery)
      t.match(await here.load(), { exitCode: 0 })
      if (kind.hasEvidence) {
        t.match(await here.load(), { exitCode: 0, error: null }, 'nothing has happened')
        t.equal(here.notices.at(-1), 'already loaded')
        const asked = questions.filter(([text]) => here.asked.some(each => each.includes(text)))
        const by =
          kind.name.includes('DFS') || kind.name.includes('TSDB') ? asked.slice(0, 2) : asked
        note('nothing', kind, name, `0, already loaded: ${by.map(([, what]) => what).join(', ')}`)
      } else {
        const result = await here.load()
        t.match(result, { exitCode: 75, rows: { confirmed: 0, skipped: 0 } })
        note('nothing', kind, name, `75: ${evidenceOf(t, result.error!.message)}`)
      }
      for (const { name: what, happens, fits } of between) {
        if (fits?.(kind) === false) continue
        await t.test(`when ${what}`, async t => {
          const there = await scene(t, kind, delivery)
          t.match(await there.load(), { exitCode: 0 })
          await happens(there, kind)
          const result = await there.load()
          t.match(result, { exitCode: 75, rows: { confirmed: 0, skipped: 0 } })
          note(what, kind, name, `75: ${evidenceOf(t, result.error!.message)}`)
        })
      }
      // For function views, the outcome of the rows is unknown.
      if (!kind.hasEvidence) return
      for (const [what, script] of [
        ['the table is recreated, other users fill it', kind.remake],
        ['other users empty the table and fill it', kind.empty],
      ] as const) {
        if (script === undefined) continue
        await t.test(`when the run was killed, and ${what}`, async t => {
          const leave = new AbortController()
          let batches = 0
          const faults: Faults = {
            before: ({ rows }) => ({
              request: rows > 0 && batches >= 5 ? 'drop' : undefined,
              answer: () => {
                if (rows > 0 && ++batches === 5) setTimeout(() => leave.abort(), 300)
                return undefined
              },
            }),
          }
          const there = await scene(t, kind, { ...delivery, maxInFlightBytes: 500 }, faults)
          const killed = await there.load({ leave: leave.signal })
          t.match(killed, { exitCode: 130 })
          batches = -Infinity
          await there.other(`${script}\n${kind.foreign(rowCount)}`)
          const result = await there.load()
          t.match(result.exitCode === 75 || result.exitCode === 4, true, `code ${result.exitCode}`)
          t.equal(result.rows.confirmed + result.rows.skipped, 0)
          const said = result.error?.message ?? result.confirm.note ?? ''
          const all = `the run is killed, ${what}, and the run is resumed`
          note(all, kind, name, `${result.exitCode}: ${evidenceOf(t, said)}`)
        })
      }
    })
  }
}

for (const kind of sampled(targets)) {
  for (const { name, delivery } of sampled(confirmations)) {
    for (const [what, script, foreign] of [
      ['during the run, the table is recreated', kind.remake, 0],
      ['during the run, the table is recreated and other users fill it', kind.remake, rowCount],
      ['during the run, other users empty the table and fill it', kind.empty, rowCount],
    ] as const) {
      if (script === undefined) continue
      t.test(`confirmed by ${name}, target: ${kind.name}: ${what}`, async t => {
        let batches = 0
        const faults: Faults = {
          before: ({ rows }) => {
            if (rows !== 100 || ++batches !== 6) return undefined
            return { until: here.other(`${script}\n${foreign > 0 ? kind.foreign(foreign) : ''}`) }
          },
        }
        const here = await scene(t, kind, { ...delivery, maxInFlightBytes: 500 }, faults)
        const result = await here.load()
        if (kind.hasEvidence) {
          t.ok([4, 75].includes(result.exitCode), `code ${result.exitCode}`)
          t.ok(result.rows.unconfirmed >= 500, `${result.rows.unconfirmed} rows unconfirmed`)
        }
        const said = `${result.confirm.note} ${result.error?.message}`
        const by = kind.hasEvidence ? evidenceOf(t, said) : ''
        note(what, kind, name, kind.hasEvidence ? `4, unconfirmed: ${by}` : '0, not checked')
        t.match(await here.load(), { exitCode: 75 })
      })
    }
  }
}

const lookBegins = ['ddbIngestRows = 00l', '(def(ddbIngestFrom']

for (const kind of sampled(targets.filter(({ hasEvidence }) => hasEvidence))) {
  for (const { name, delivery } of sampled(confirmations)) {
    deepTest(t, `no answer at the end: confirmed by ${name}, target: ${kind.name}`, async t => {
      let sent = 0
      const faults: Faults = {
        before({ rows, text }) {
          if (rows === 100) sent += rows
          const isLook = lookBegins.some(begin => text.startsWith(begin))
          return sent === rowCount && isLook ? 'close' : undefined
        },
      }
      const here = await scene(t, kind, { ...delivery, retryTimeoutMs: 1_000 }, faults)
      const result = await here.load()
      t.match(result, { exitCode: 4, rows: { confirmed: 0, unconfirmed: rowCount } })
      sent = -Infinity
      const again = await here.load()
      t.equal(again.exitCode, 0, 'found later')
      t.equal(again.rows.skipped, rowCount)
    })
  }
}

deepTest(t, 'if the server keeps no mark, nothing shows a restart', async t => {
  for (const kind of targets.filter(({ name }) => ['stream table', 'keyed table'].includes(name))) {
    const faults: Faults = {
      before: ({ text }) =>
        text.startsWith('if(!defined("ddbIngestRuns2"') ? { error: 'not allowed' } : undefined,
    }
    const here = await scene(t, kind, {}, faults)
    t.match(await here.load(), { exitCode: 0 })
    const refused = await here.load()
    t.match(refused, {
      exitCode: 75,
      error: { code: 'DDB_UNPROVEN', message: /keeps no mark of this run/ },
      rows: { skipped: 0 },
    })
  }
})

deepTest(t, 'a server that restarts after its last answer has lost the rows', async t => {
  const kind = targets.find(({ name }) => name === 'function view with `--confirm-table`')!
  let restarted: Promise<void> | undefined
  let looks = 0
  const faults: Faults = {
    before({ text }) {
      // The first look follows the first batch.
      if (!text.startsWith('(def(ddbIngestFrom') || ++looks !== 2) return undefined
      restarted = here.restart(kind.script)
      return 'close'
    },
  }
  const here = await scene(t, kind, { mode: 'sync' }, faults)
  const result = await here.load()
  await restarted
  t.ok(restarted, 'it was asked once more')
  t.match(result, { exitCode: 4, rows: { confirmed: 0, unconfirmed: rowCount } })
})

/**
 * The report of a run into this kind of target. If the report depends on the kind of confirmation (`--confirm`), the
 * kinds are listed before each report.
 */
function reportOf(texts: ReadonlyMap<string, string>, kind: string): string {
  const namesOf = new Map<string, string[]>()
  for (const name of ['receipts', 'sync']) {
    const text = texts.get(`${kind}/${name}`)
    if (text !== undefined) namesOf.set(text, [...(namesOf.get(text) ?? []), `\`${name}\``])
  }
  if (namesOf.size === 1) return [...namesOf.keys()].join()
  return Array.from(namesOf, ([text, names]) => `${names.join(', ')}: ${text}`).join('; ')
}

deepTest(t, 'docs/delivery.md has the table of these results', async t => {
  const rows: string[][] = [['what happens', 'target', 'what the run reports']]
  for (const [what, texts] of outcomes) {
    const kindsOf = new Map<string, string[]>()
    for (const kind of targets) {
      const report = reportOf(texts, kind.name)
      if (report === '') continue
      // A cell does not name the kinds of confirmation if all reports are equal, so a missing report would not show.
      for (const { name } of confirmations) {
        t.ok(texts.has(`${kind.name}/${name}`), `${what}: ${kind.name}, ${name}`)
      }
      kindsOf.set(report, [...(kindsOf.get(report) ?? []), kind.name])
    }
    for (const [report, kinds] of kindsOf) rows.push([what, kinds.join(', '), report])
  }
  const marks = [
    '<!-- same table: written by test/end-to-end/same-table.test.ts -->\n',
    '<!-- end of same table -->\n',
  ] as const
  checkTable(t, 'docs/delivery.md', marks, rows)
})
