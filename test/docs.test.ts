/* Compares the guide with the code: links have targets, llms.txt lists every page, every error code has its exit code, and every option on
   a page exists. */
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { posix } from 'node:path'
import t from 'tap'
import { optionNames } from './helpers/option-names.js'
import { commands } from '../src/cli/dispatch.js'
import { errorCodes, type ErrorCode } from '../src/errors.js'
import { readSources, root } from './helpers/checkout.js'
import {
  anchorsOf,
  codeSpans,
  commandsOf,
  linksOf,
  paragraphsOf,
  parsePage,
  readPage,
  readPages,
  type Page,
} from './helpers/pages.js'

const pages = await readPages()
const page = (path: string): Page => pages.find(each => each.path === path)!

t.test('every link between pages leads to an existing file and heading', async t => {
  const broken = pages.flatMap(from =>
    linksOf(from)
      .filter(link => !/^https?:/.test(link))
      .filter(link => !resolves(from, link))
      .map(link => `${from.path} -> ${link}`),
  )
  t.strictSame(broken, [])
  t.ok(pages.flatMap(linksOf).length > 20, 'links are found')
})

function resolves(from: Page, link: string): boolean {
  const [file, anchor] = link.split('#') as [string, string?]
  const path = file === '' ? from.path : posix.join(posix.dirname(from.path), file)
  if (!existsSync(new URL(path, root))) return false
  const target = pages.find(each => each.path === path)
  return anchor === undefined || target === undefined || anchorsOf(target).includes(anchor)
}

t.test('llms.txt has a line for every page, and says which are not in the package', async t => {
  const index = parsePage('llms.txt', await readFile(new URL('llms.txt', root), 'utf8'))
  const lines = Array.from(index.text.matchAll(/^- \[[^\]]+\]\(([^)]+)\)/gm), ([, path]) => path!)
  const expected = pages.map(({ path }) => path).filter(path => path !== 'README.md')
  t.strictSame([...lines].sort(), expected.sort())
  const { files } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    files: string[]
  }
  const unpacked = index.text.split(/^## /m).find(part => part.startsWith('Only in')) ?? ''
  t.strictSame(
    Array.from(unpacked.matchAll(/\((.+\.md)\)/g), ([, path]) => `!${path}`).sort(),
    files.filter(path => /^!docs\/.+\.md$/.test(path)).sort(),
  )
})

t.test('pages and decisions stay few enough to be read', async t => {
  const decisions = await readdir(new URL('docs/decisions/', root))
  t.ok(decisions.length <= 25, `${decisions.length} decisions: merge those about one subject`)
  const linesOf = async (path: string): Promise<number> =>
    (await readPage(path)).text.split('\n').length - 1
  const lengths = await Promise.all(decisions.map(name => linesOf(`docs/decisions/${name}`)))
  const long = decisions.filter((_, i) => lengths[i]! > 15)
  t.strictSame(long, [])
  const english = pages.filter(({ path }) => /^docs\/[^/]+$/.test(path))
  t.ok(english.length <= 24, `${english.length} pages: what a page says stands on no other`)
  t.ok((await linesOf('README.md')) <= 120)
  const others = ['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']
  const counted = [...pages.map(({ path }) => path), ...others]
  const total = [...lengths, ...(await Promise.all(counted.map(linesOf)))].reduce((a, b) => a + b)
  t.ok(total <= 6_000, `${total} lines`)
})

t.test('pages for developers name files that exist', async t => {
  for (const path of ['docs/architecture.md', 'CONTRIBUTING.md']) {
    const named = codeSpans((await readPage(path)).prose).filter(span =>
      /^[\w-]+\/[\w/.-]+\.([jt]s|md|json)$/.test(span),
    )
    t.ok(named.length > 10, `${path} names files`)
    const lost = named.filter(
      file => !existsSync(new URL(file, root)) && !existsSync(new URL(`src/${file}`, root)),
    )
    t.strictSame(lost, [], path)
  }
})

t.test('docs/errors.md gives every code the exit code of the program', async t => {
  const rows = page('docs/errors.md').prose.matchAll(/^\| `(DDB_[A-Z_]+)` \| (\d+) \| (.+) \|$/gm)
  const explained = Array.from(rows, ([, code, exitCode]) => [code, Number(exitCode)] as const)
  t.equal(new Set(explained.map(([code]) => code)).size, explained.length, 'each code once')
  t.strictSame(Object.fromEntries(explained), { ...errorCodes })
})

t.test('docs/errors.md marks exactly the codes that do not occur yet', async t => {
  const rows = page('docs/errors.md').prose.matchAll(/^\| `(DDB_[A-Z_]+)` .* Does not occur yet/gm)
  // The classes in errors.ts set these codes by default, so the codes need not occur elsewhere.
  const bySubject = new Map<string, RegExp>([
    ['DDB_SERVER', /new ServerError\(/],
    ['DDB_PROTOCOL', /new ProtocolError\(/],
    ['DDB_TIMEOUT', /new TimeoutError\(/],
  ])
  const modules = (await readSources()).filter(({ path }) => path !== 'errors.ts')
  const occurs = (code: string): boolean => {
    const name = new RegExp(`\\b${code}\\b`)
    return modules.some(({ text }) => name.test(text) || bySubject.get(code)?.test(text))
  }
  const expected = Object.keys(errorCodes)
    .filter(code => !occurs(code))
    .sort()
  t.strictSame(Array.from(rows, ([, code]) => code).sort(), expected)
})

t.test('docs/errors.md lists every exit code of an error', async t => {
  const rows = page('docs/errors.md').prose.matchAll(/^\| (\d+) \| /gm)
  const listed = new Set(Array.from(rows, ([, exitCode]) => Number(exitCode)))
  const used = Object.keys(errorCodes).map(code => errorCodes[code as ErrorCode])
  const missing = [0, 3, 143, ...used].filter(exitCode => !listed.has(exitCode))
  t.strictSame(missing, [])
})

const optionsByCommand = new Map<string, Set<string>>(
  commands.map(command => [command.name, optionNames(command)]),
)
const shortByCommand = new Map<string, Set<string>>(
  commands.map(command => [
    command.name,
    new Set(Object.values(command.options).flatMap(({ short }) => short ?? [])),
  ]),
)
const everyOption = new Set([...optionsByCommand.values()].flatMap(names => [...names]))
const general = new Set(['help-all', 'help', 'version'])

/** The options in a command line that the command does not have. */
function unknownOptions(line: string): string[] {
  // Ignores scripts and other quoted arguments, which may contain anything.
  const words = line.replace(/'[^']*'|"[^"]*"/g, "''").replace(/\\\n/g, ' ')
  return words.split(/\|(?!\|)|&&|;| -- /).flatMap(part => {
    const [, name, rest] = /\bddb-ingest ([a-z]+)\b(.*)$/.exec(part.replace(/\s#.*$/, '')) ?? []
    if (name === undefined) return []
    const long = optionsByCommand.get(name)
    if (long === undefined) return [`the command ${name}`]
    return [
      ...Array.from(rest!.matchAll(/(?<=\s)--([a-z][a-z-]*)/g), match => match[1]!)
        .filter(option => !long.has(option) && !general.has(option))
        .map(option => `${name} --${option}`),
      ...Array.from(rest!.matchAll(/(?<=\s)-([A-Za-z])(?=\s|$)/g), match => match[1]!)
        .filter(option => !shortByCommand.get(name)!.has(option))
        .map(option => `${name} -${option}`),
    ]
  })
}

t.test('no code block uses an option that its command does not have', async t => {
  const unknown = pages.flatMap(each =>
    each.blocks.flatMap(block =>
      commandsOf({ ...block, text: block.text.replace(/<<'?\w+'?/g, '') })
        .flatMap(({ text }) => unknownOptions(text))
        .map(option => `${each.path}: ${option}`),
    ),
  )
  t.strictSame(unknown, [])
})

t.test('prose names options that exist', async t => {
  const wrong = pages.flatMap(each =>
    paragraphsOf(each).flatMap(paragraph =>
      codeSpans(paragraph)
        .filter(isWrong)
        .map(span => `${each.path}: ${span}`),
    ),
  )
  t.strictSame(wrong, [])
})

/** True for `--an-option VALUE` and `ddb-ingest …` if the command line would refuse it. */
function isWrong(span: string): boolean {
  if (span.startsWith('ddb-ingest ')) return unknownOptions(span).length > 0
  const name = /^--([a-z][a-z-]*)(?:[ =].*)?$/.exec(span)?.[1]
  return name !== undefined && !general.has(name) && !everyOption.has(name)
}

t.test('the checks of options can fail', async t => {
  t.strictSame(unknownOptions('zcat a | ddb-ingest load - --table t --tables u -Z -b 5'), [
    'load --tables',
    'load -Z',
  ])
  t.strictSame(unknownOptions('ddb-ingest serve --port 0 -- ddb-ingest bench --rejects'), [
    'bench --rejects',
  ])
  t.strictSame(unknownOptions('ddb-ingest exec -e "--no-option" # --none'), [])
  t.strictSame(unknownOptions('ddb-ingest frobnicate'), ['the command frobnicate'])
  t.ok(isWrong('--no-such-option'))
  t.notOk(isWrong('--table trades'))
  const expected = ['a\nb', '* c', '* d', '| e |', '| f |']
  t.strictSame(paragraphsOf(parsePage('p.md', 'a\nb\n\n* c\n* d\n\n| e |\n| f |')), expected)
})
