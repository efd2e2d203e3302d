/*
  The JSON log, compared with the page that describes it. Every object has a kind and members that the page lists.
*/
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { newFigures } from '../../../src/cli/output/figures.js'
import { progressFields } from '../../../src/cli/output/progress-text.js'
import { startServer } from '../../../src/server/index.js'
import { root } from '../../helpers/checkout.js'
import { runMain } from '../run-cli.js'

const page = await readFile(new URL('docs/log-format.md', root), 'utf8')

/** Heading → the text below the heading. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map(text => [text.slice(0, text.indexOf('\n')), text] as const),
)

/** The members of an object. Members of inner objects have a name with a dot. */
function namesOf(fields: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    ['bytes', 'inputs', 'sent', 'confirmed'].includes(name) && typeof value === 'object'
      ? Object.keys(value!).map(inner => `${name}.${inner}`)
      : [name],
  )
}

/** Members that the section of this event does not list. */
function unknownNames({ event, ...fields }: Readonly<Record<string, unknown>>): string[] {
  const section = sections.get(event as string) ?? ''
  const { time: _, level: __, ...others } = fields
  return namesOf(others).filter(name => !new RegExp(`\`${name}[\`.]`).test(section))
}

t.test('every line of a run is an object that the page describes', async t => {
  const server = await startServer({
    port: 0,
    initScript: 'share streamTable(1:0, `id`price, [INT, DOUBLE]) as prices',
  })
  t.teardown(() => server.close())
  const run = (...argv: string[]) =>
    runMain(['load', '-', '--port', String(server.port), '--log-format', 'json', ...argv], {
      stdin: 'id,price\n1,1\nx,2\n',
    })
  const outcomes = [
    await run('-t', 'prices', '--on-error', 'skip', '-v'),
    await run('-t', 'nothing'),
    await run(),
  ]
  const events = new Set<string>()
  for (const { stderr, stdout } of outcomes) {
    for (const line of stderr.trimEnd().split('\n')) {
      const object = JSON.parse(line) as Record<string, unknown>
      events.add(object['event'] as string)
      t.match(object, { time: /^\d{4}-.*Z$/, level: /^(debug|info|warn|error)$/ })
      t.strictSame(unknownNames(object), [], line)
    }
    t.notMatch(stdout, /^\{/, 'standard output is unchanged')
  }
  t.strictSame([...events].sort(), ['error', 'next', 'note', 'result'])
  const [result] = outcomes[0]!.stderr.split('\n').filter(line => line.includes('"result"'))
  t.match(JSON.parse(result!), {
    status: 'rejects',
    exitCode: 3,
    rows: {
      read: 2,
      confirmed: 1,
      filtered: 0,
      unconfirmed: 0,
      rejected: 1,
      skipped: 0,
      unsent: 0,
    },
    rejects: { byCode: { DDB_INPUT_CELL: 1 }, files: [], unplaced: 0 },
  })
})

t.test('every progress report is an object that the page describes', async t => {
  const rows = {
    read: 1,
    confirmed: 0,
    filtered: 0,
    unconfirmed: 0,
    rejected: 0,
    skipped: 0,
    unsent: 0,
  }
  const fields = progressFields(
    newFigures()({
      ...{ phase: 'loading', rows, sentRows: 1, sentBatches: 1, inFlightBytes: 9, bytesRead: 9 },
      ...{ totalBytes: 18, input: { number: 1, count: 2 }, elapsedMs: 10 },
    }),
  )
  t.strictSame(unknownNames({ event: 'progress', ...fields }), [])
  t.strictSame(unknownNames({ event: 'progress', other: 1 }), ['other'], 'the test itself')
})
