/*
  Every built-in function has a user (docs/decisions/0011-the-embedded-server-is-a-stand-in.md): a script that this
  project sends, shows or runs, or a user named in the list below. Calls in tests of the embedded server do not count.
*/
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import ts from 'typescript'
import { builtins } from '../../../src/server/functions/registry.js'
import { operatorNames } from '../../../src/server/operators/operator-names.js'
import { readPages } from '../../helpers/pages.js'

const own = /^(src|test)[\\/]server[\\/]|node_modules/

/** The texts in the sources of a folder. A text may be a script; comments and titles of tests are left out. */
function textsUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(path => `${folder}/${path}`)
    .filter(path => /\.[jt]s$/.test(path) && !own.test(path))
    .flatMap(path => textsOf(ts.createSourceFile(path, readFileSync(path, 'utf8'), 99, true)))
}

function textsOf(node: ts.Node): string[] {
  if (ts.isImportDeclaration(node)) return []
  if (ts.isStringLiteralLike(node)) return isTitle(node) ? [] : [node.text]
  if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) return [node.text]
  const texts: string[] = []
  ts.forEachChild(node, child => {
    texts.push(...textsOf(child))
  })
  return texts
}

function isTitle(node: ts.Node): boolean {
  const call = node.parent
  return (
    ts.isCallExpression(call) &&
    call.arguments[0] === node &&
    /^(t\.)?(test|comment)$/.test(call.expression.getText())
  )
}

/** Blocks of documents that contain scripts, or commands with scripts. */
const shown = (await readPages()).flatMap(({ blocks }) =>
  blocks.filter(({ language }) => !['text', 'python'].includes(language)).map(({ text }) => text),
)

const scripts = readdirSync('fixtures/scripts').map(name =>
  readFileSync(`fixtures/scripts/${name}`, 'utf8'),
)

/** All statements that the loader sends, with their senders. */
const statements = readFileSync('docs/statements.md', 'utf8')

const callers = [
  ...['src', 'test', 'examples'].flatMap(textsUnder),
  ...shown,
  ...scripts,
  statements,
].join('\n')

/** Whether `name` is called. A name with an inner capital is no English word, so its mere use counts, too. */
function isCalled(name: string): boolean {
  const behind = /[a-z][A-Z]/.test(name) ? '(?![\\w!])' : '(\\s?\\(|\\{)'
  return new RegExp(`(?<![\\w$!])${name}${behind}`).test(callers)
}

/** Users of functions that no script calls → the names of these functions. */
const otherwise: Readonly<Record<string, string>> = {
  'types by name, of which the language is made': 'bool char short float minute second datetime timestamp nanotime nanotimestamp',
  'words of the language besides operators': 'between distinct in isValid like neg not',
  // docs/protocol.md#what-clients-call
  'official clients call them by themselves': `clearAllCache fromStdJson getClusterPerf getRequiredAPIVersion
    getStreamTableTimestamp isClientAuth isNodeInitialized logout partial unifiedCall`,
  // Appenders, upserts, BatchTableWriter and MultithreadedTableWriter of the C++ and Python clients.
  'tests of official clients make, fill and check tables with them': `all createDimensionTable deleteUser
    clear! clearTablePersistence dropDB dropStreamTable each exists getStreamingStat rand`,
  // Pages show them outside blocks: docs/security.md; scripts for CI give and take rights.
  'pages and scripts for CI': 'deny',
  // test/server/script/seeds.test.ts contains such a script.
  'scripts that users wrote': 'type',
  'what users do to a table by the way of the manual': 'avg sort truncate',
} // prettier-ignore

t.test('every built-in function has a user', async t => {
  const operators: readonly string[] = Object.values(operatorNames)
  const listed = Object.values(otherwise).flatMap(names => names.split(/\s+/))
  const isNeeded = (name: string): boolean => isCalled(name) || operators.includes(name)
  t.strictSame(
    [...builtins.keys()].filter(name => !isNeeded(name) && !listed.includes(name)),
    [],
    'unused: remove it, or name its user in `otherwise`',
  )
  t.strictSame(
    listed.filter(name => !builtins.has(name) || isNeeded(name)),
    [],
    'removed or called by now: remove it from the list',
  )
})

t.test('functions that change their first argument are distinguished from all others', async t => {
  const changing = [...builtins.values()].filter(({ mutatesFirst }) => mutatesFirst === true)
  for (const { name } of changing) t.match(name, /!$|^(tableInsert|tableUpsert|delete)/, name)
  for (const name of ['append!', 'tableInsert', 'upsert!', 'replaceColumn!']) {
    t.equal(builtins.get(name)?.mutatesFirst, true, name)
  }
})
