/*
  docs/statements.md contains every statement that the program can send, and no other. UPDATE_DOCS=1 npx tap
  --disable-coverage test/statements/statements.test.ts rewrites the page from the requests of the scenarios. Rights,
  versions and sources come from facts.ts.
*/
import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { root } from '../helpers/checkout.js'
import { deepTest } from '../helpers/runs.js'
import { useTurnClock } from '../helpers/turn-clock.js'
import { facts, variants, type Fact } from './facts.js'
import { demo, scenarios, unsentScripts } from './scenarios.js'
import { sent } from './scene.js'
import { scriptStatements, statementsOf, type Manner } from './statement-text.js'

const page = new URL('docs/statements.md', root)

interface Statement {
  readonly names: Set<string>
  readonly senders: Set<string>
  readonly manners: Set<Manner>
  /** The reason why no scenario sends the statement; undefined if a scenario sends it. */
  readonly whyUnseen?: string
}

/** The statements that scenarios sent, by their text. */
function seenStatements(): Map<string, Statement> {
  const found = new Map<string, Statement>()
  for (const [sender, requests] of sent) {
    for (const { text, names, manner } of requests.flatMap(statementsOf)) {
      const { names: all, senders, manners } = found.get(text) ?? newStatement()
      for (const name of names) all.add(name)
      found.set(text, { names: all, senders: senders.add(sender), manners: manners.add(manner) })
    }
  }
  return found
}

const newStatement = (): Statement => ({ names: new Set(), senders: new Set(), manners: new Set() })

/** The statements that the scenarios send, and those that the program sends only in cases without a scenario. */
async function allStatements(): Promise<Map<string, Statement>> {
  const found = seenStatements()
  for (const { sender, script, why } of await unsentScripts()) {
    for (const { text, names } of scriptStatements(script)) {
      if (found.has(text)) continue
      const statement = { names: new Set(names), senders: new Set([sender]), whyUnseen: why }
      found.set(text, { ...statement, manners: new Set(['answered']) })
    }
  }
  return found
}

const order = 'load|check|runs --clean|exec|bench|demo|ConnectionPool|selftest'.split('|')

const sendersText = (senders: ReadonlySet<string>): string =>
  order.filter(sender => senders.has(sender)).join(', ')

/** Statements of loads come first, statements that only selftest sends come last. */
const rank = ({ senders }: Statement): number => order.findIndex(sender => senders.has(sender))

function factsOf(text: string, names: ReadonlySet<string>): Fact[] {
  return [
    ...[...names]
      .filter(name => Object.hasOwn(facts, name))
      .map(name => ({ source: `M ${name}`, ...facts[name]! })),
    ...variants.filter(({ of }) => of.test(text)),
  ]
}

const numbers = (version: string): number[] => version.split(',')[0]!.split('.').map(Number)

function isLater(version: string, other: string): boolean {
  const [a, b] = [numbers(version), numbers(other)]
  const i = a.findIndex((number, i) => number !== (b[i] ?? 0))
  return i >= 0 && a[i]! > (b[i] ?? 0)
}

function sinceText(all: readonly Fact[]): string {
  const known = all.map(({ since }) => since).filter(since => since !== '?')
  const latest = known.reduce((latest, since) => (isLater(since, latest) ? since : latest), '1.30')
  return latest === '1.30' && known.length < all.length ? '?' : latest
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)]

const codeSpan = (text: string): string => {
  const escaped = text.replaceAll('|', '\\|')
  return escaped.includes('`') ? `\`\` ${escaped} \`\`` : `\`${escaped}\``
}

function mannerText(manners: ReadonlySet<Manner>): string {
  const special = [...manners].filter(manner => manner !== 'answered').sort()
  return special.map(manner => `, ${manners.has('answered') ? 'also ' : ''}${manner}`).join('')
}

/** Writes `M loadTable, M schema, S clients` as M `loadTable`, `schema`; S `clients`. */
function sourcesText(found: readonly Fact[]): string {
  const sources = unique(found.flatMap(({ source = '' }) => source.split(', ')).filter(Boolean))
  return ['M', 'S']
    .map(mark => [mark, sources.filter(source => source.startsWith(`${mark} `))] as const)
    .filter(([, marked]) => marked.length > 0)
    .map(
      ([mark, marked]) => `${mark} ${marked.map(source => codeSpan(source.slice(2))).join(', ')}`,
    )
    .join('; ')
}

function rowText(text: string, { names, senders, manners }: Statement): string {
  const found = factsOf(text, names)
  const all = unique(found.map(({ right = '' }) => right).filter(Boolean))
  // Omits a list of alternative rights if one of these rights is needed anyway.
  const rights = all.filter(
    right => !right.split(/, | or /).some(one => one !== right && all.includes(one)),
  )
  return `| ${[
    `${codeSpan(text)}${mannerText(manners)}`,
    sendersText(senders),
    rights.join('; and ') || '–',
    sinceText(found),
    sourcesText(found) || 'M',
  ].join(' | ')} |`
}

const intro = `# Statements

For administrators who decide which rights to grant: every statement that the program can send. A test (\`test/statements\`) decodes the
bytes that all commands send to the embedded server, and writes this page.

* Each statement of a script has a row. The page omits scripts that the user gives to \`exec\`, and expressions that consist only of
  constants and variables.
* \`NAME\` is a name that depends on the run or the user. \`NAMES\` and \`TYPES\` are names and types of columns. \`N\` is a number,
  \`VALUE\` an argument of the call, \`TABLE\` a batch.
* *asynchronous*: sent in a request without an answer. *urgent*: sent with a flag, so that even a busy server answers.
* **sent by**: \`load\` includes \`resume\` and \`retry\`. \`ConnectionPool\` is part
  of the library.
* **right**: the right that a user needs if the server checks rights. TABLE_READ, TABLE_INSERT and TABLE_UPDATE apply to DFS tables and to
  restricted shared tables; users need no right for their own tables. Servers with \`enableSharedVarCreationControl\` (3.00.4) require
  CREATE_SHARED_VAR. Some servers also require SCRIPT_EXEC to run any script.
* **from**: the first version that has the statement; \`1.30\` means 1.30 or earlier, \`?\` unknown.
* **source**: M is a page of the official manual, named by its function or file. \`M\` alone is a basic function of the
  language. S is a release note or a client of the vendor.

| statement | sent by | right | from | source |
|---|---|---|---|---|
`

function pageText(statements: ReadonlyMap<string, Statement>): string {
  const sorted = [...statements].sort(
    ([a, one], [b, other]) => rank(one) - rank(other) || (a < b ? -1 : 1),
  )
  const rows = sorted.map(([text, statement]) => rowText(text, statement))
  const unseen = sorted
    .filter(([, { whyUnseen }]) => whyUnseen !== undefined)
    .map(([text, { whyUnseen }]) => `| ${codeSpan(text)} | ${whyUnseen} |`)
  return `${intro}${rows.join('\n')}

## Not seen by the test

The program sends these statements only in cases that the test does not produce.

| statement | case |
|---|---|
${unseen.join('\n')}
`
}

t.test(demo.name, demo.play)

deepTest(t, 'scenarios', async t => {
  useTurnClock()
  for (const { name, play } of scenarios) await t.test(name, play)
})

deepTest(t, 'every name in a statement has its facts, and every fact is used', async t => {
  const statements = await allStatements()
  const names = new Set([...statements.values()].flatMap(({ names }) => [...names]))
  t.strictSame(
    [...names].filter(name => !Object.hasOwn(facts, name)),
    [],
    'add them to test/statements/facts.ts, with right, first version and source',
  )
  const unused = Object.keys(facts).filter(name => !names.has(name))
  t.strictSame(unused, [], 'no statement has these any more')
  for (const { of } of variants)
    t.ok(
      [...statements.keys()].some(text => of.test(text)),
      String(of),
    )
})

deepTest(t, 'docs/statements.md contains the sent statements, and nothing else', async t => {
  const expected = pageText(await allStatements())
  if (process.env['UPDATE_DOCS'] !== undefined) await writeFile(page, expected)
  const actual = await readFile(page, 'utf8').catch(() => '')
  const lines = (text: string): string[] => text.split('\n').filter(line => line.startsWith('| '))
  const missing = lines(expected).filter(line => !lines(actual).includes(line))
  t.strictSame(missing, [], 'sent, but missing on the page or different there')
  const unsent = lines(actual).filter(line => !lines(expected).includes(line))
  t.strictSame(unsent, [], 'on the page, but never sent')
  t.equal(actual, expected)
})
