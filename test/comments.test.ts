/* Citations in comments. A cited page of docs/ must exist and have the cited heading. Only published standards are cited by paragraph
   numbers, because the sources of all other facts are in this repository. */
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import t from 'tap'
import { root } from './helpers/checkout.js'
import { anchorsOf, parsePage } from './helpers/pages.js'

const folders = ['src/', 'test/', 'bench/', 'scripts/', 'bin/', 'examples/']
/** Folders that are installed or generated. */
const notOurs = new Set(['node_modules', 'dist'])

async function filesUnder(folder: string): Promise<string[]> {
  const files: string[] = []
  for (const entry of await readdir(new URL(folder, root), { withFileTypes: true })) {
    if (notOurs.has(entry.name) || entry.name.startsWith('.')) continue
    if (entry.isDirectory()) files.push(...(await filesUnder(`${folder}${entry.name}/`)))
    else if (/\.[jt]s$/.test(entry.name)) files.push(`${folder}${entry.name}`)
  }
  return files
}

/** The comments of a source, each as one line, because a citation may continue on the next line. */
function commentsOf(source: string): string[] {
  const found = source.match(/\/\*[\s\S]*?\*\/|(?:^\s*\/\/.*\n)+|\s\/\/ .*$/gm) ?? []
  return found.map(text => text.replace(/\n\s*(?:\*|\/\/)?\s*/g, ' '))
}

const citation = /docs\/[\w/-]+\.md(?:#[\w-]+)?/g
/** A section sign without a source. The title of a page in quotes, or the number of an RFC, must precede it. */
const foreign = /(?:notes|semantics|protocol|server|receipts|\()[,:]? ?§|\(design:/i

async function resolves(cited: string): Promise<boolean> {
  const [path, anchor] = cited.split('#') as [string, string?]
  const place = new URL(path, root)
  if (!existsSync(place)) return false
  return (
    anchor === undefined ||
    anchorsOf(parsePage(path, await readFile(place, 'utf8'))).includes(anchor)
  )
}

const paths = (await Promise.all(folders.map(filesUnder))).flat()
const comments = await Promise.all(
  paths.map(async path => ({
    path,
    texts: commentsOf(await readFile(new URL(path, root), 'utf8')),
  })),
)

t.test('every page and heading that a comment cites exists', async t => {
  const cited = comments.flatMap(({ path, texts }) =>
    texts.flatMap(text => text.match(citation) ?? []).map(target => ({ path, target })),
  )
  t.ok(cited.length > 20, 'citations are found')
  const targets = [...new Set(cited.map(({ target }) => target))]
  const known = new Map(
    await Promise.all(targets.map(async each => [each, await resolves(each)] as const)),
  )
  t.strictSame(
    cited
      .filter(({ target }) => !known.get(target))
      .map(({ path, target }) => `${path}: ${target}`),
    [],
  )
})

t.test('no comment cites a paragraph that is not in this repository', async t => {
  const lost = comments.flatMap(({ path, texts }) =>
    texts.filter(text => foreign.test(text)).map(text => `${path}: ${text}`),
  )
  t.strictSame(lost, [])
})

t.test('the checks of comments can fail', async t => {
  const missing = ['docs', 'protocol.md#no-such'].join('/')
  const source = `/** A (server\n * notes \u00a71.6). */\nx() // see ${missing}\n`
  const [first, second] = commentsOf(source) as [string, string]
  t.match(first, foreign)
  t.match('(\u00a74.2)', foreign)
  t.notMatch('(RFC 8017 \u00a77.2.1)', foreign)
  t.strictSame(second.match(citation), [missing])
  t.notOk(await resolves(missing))
  t.notOk(await resolves('docs/no-such.md'))
  t.ok(await resolves('docs/protocol.md#flags'))
})
