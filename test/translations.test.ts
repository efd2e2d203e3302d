/* Compares the Chinese pages with the English pages, paragraph by paragraph: both must have the same headings, tables, code words, numbers,
   links and code blocks. So the tests find a page that was changed only in English. */
import { posix } from 'node:path'
import t from 'tap'
import {
  anchorsOf,
  codeSpans,
  linksOf,
  originalOf,
  paragraphsOf,
  parsePage,
  readPages,
  type Page,
} from './helpers/pages.js'

const pages = await readPages()
const pageAt = (path: string): Page | undefined => pages.find(page => page.path === path)

/** English path → Chinese path. */
const translations = new Map(
  pages.flatMap(({ path }) => {
    const original = originalOf(path)
    return original === undefined ? [] : [[original, path] as const]
  }),
)

/** The kind, code, numbers and links of each paragraph, except the line that links to the other language. */
function outlineOf(page: Page): string[] {
  return paragraphsOf(page)
    .filter(text => !isLanguageLine(text))
    .map(text =>
      [
        kindOf(text),
        ...[codeSpans(text), numbersOf(text), placesOf(page, text)].map(found =>
          found.sort().join(' '),
        ),
      ].join(' | '),
    )
}

const isLanguageLine = (text: string): boolean => /^\[(English|中文)\]\(\S+\)$/.test(text)

function kindOf(text: string): string {
  const heading = /^#+/.exec(text)?.[0]
  if (heading !== undefined) return heading
  if (text.startsWith('|')) return `row of ${text.split(/(?<!\\)\|/).length - 2}`
  return /^(\*|\d+\.) /.exec(text)?.[1] ?? 'text'
}

function numbersOf(text: string): string[] {
  return text.replace(/`[^`]*`|\]\([^)]*\)/g, '').match(/\d+(?:[.,]\d+)*/g) ?? []
}

/** The targets of links: the English page and its heading. */
function placesOf(from: Page, text: string): string[] {
  return linksOf(parsePage(from.path, text)).map(link => {
    if (/^https?:/.test(link)) return link
    const [file, anchor] = link.split('#') as [string, string?]
    const path = file === '' ? from.path : resolved(from, file)
    const target = pageAt(path)
    const place = originalOf(path) ?? path
    if (anchor === undefined || target === undefined) return place
    return `${place}, heading ${anchorsOf(target).indexOf(anchor) + 1}`
  })
}

const resolved = (from: Page, file: string): string => posix.join(posix.dirname(from.path), file)

/** For each block, the number of headings before it and its code without comments, which are translated. */
function blocksOf({ blocks, prose }: Page): string[] {
  const lines = prose.split('\n')
  return blocks.map(({ language, text, lineNumber }) => {
    const headings = lines.slice(0, lineNumber).filter(line => /^#+ /.test(line)).length
    return `${headings} ${language}\n${text.replace(/(^|\s)#(?! (?:exit|loads|prints) ).*$/gm, '$1#')}`
  })
}

for (const [original, path] of translations) {
  t.test(`${path} has the same structure as ${original}`, async t => {
    const [english, chinese] = [pageAt(original)!, pageAt(path)!]
    t.ok(english, `there is ${original}`)
    t.strictSame(outlineOf(chinese), outlineOf(english))
    t.strictSame(blocksOf(chinese), blocksOf(english))
    for (const [page, other] of [
      [english, path],
      [chinese, original],
    ] as const) {
      const [, line = ''] = paragraphsOf(page)
      t.ok(isLanguageLine(line), `${page.path} begins with a link to the other language`)
      const leadsTo = linksOf(parsePage(page.path, line)).map(file => resolved(page, file))
      t.strictSame(leadsTo, [other])
    }
  })
}

t.test('links of Chinese pages lead to Chinese pages if they exist', async t => {
  const english = pages
    .filter(({ path }) => originalOf(path) !== undefined)
    .flatMap(page =>
      paragraphsOf(page)
        .filter(text => !isLanguageLine(text))
        .flatMap(text => linksOf(parsePage(page.path, text)))
        .filter(link => translations.has(resolved(page, link.split('#')[0]!)))
        .map(link => `${page.path} -> ${link}`),
    )
  t.strictSame(english, [])
})
